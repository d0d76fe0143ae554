//! The named scenarios: files that a page, a tour step, a browser test and a golden trace share.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::trace::Lane;

use super::Scenario;

/// A file of `scenarios/`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The file's name, without its ending.
    pub name: String,
    pub title: String,
    /// What happens, in one sentence.
    pub says: String,
    /// The canonical query of its link.
    pub query: String,
    /// The lines of a lane that every run gives; a lane that a browser or a race decides has none.
    pub golden: BTreeMap<Lane, Vec<String>>,
}

const FILES: [&str; 19] = [
    include_str!("../../scenarios/a1-request-lost.json"),
    include_str!("../../scenarios/a2-request-late.json"),
    include_str!("../../scenarios/a3-reply-lost.json"),
    include_str!("../../scenarios/b1-connect-refused.json"),
    include_str!("../../scenarios/b1-connect-refused-all.json"),
    include_str!("../../scenarios/b2-rolled-back.json"),
    include_str!("../../scenarios/b2-rolled-back-all.json"),
    include_str!("../../scenarios/b3-commit-ack-lost.json"),
    include_str!("../../scenarios/five-lost-replies.json"),
    include_str!("../../scenarios/browser-resend.json"),
    include_str!("../../scenarios/check-then-insert.json"),
    include_str!("../../scenarios/key-after-commit.json"),
    include_str!("../../scenarios/cache.json"),
    include_str!("../../scenarios/retry-without-key.json"),
    include_str!("../../scenarios/new-key-per-edit.json"),
    include_str!("../../scenarios/server-minted.json"),
    include_str!("../../scenarios/server-minted-ack-lost.json"),
    include_str!("../../scenarios/uuid.json"),
    include_str!("../../scenarios/key.json"),
];

/// All of them, in the order in which they are shown.
pub fn library() -> Vec<Named> {
    // That every file can be read is a test's business; a page does without one that cannot.
    FILES.iter().filter_map(|file| serde_json::from_str(file).ok()).collect()
}

impl Named {
    /// The scenario of this name.
    pub fn find(name: &str) -> Option<Self> {
        library().into_iter().find(|named| named.name == name)
    }

    /// What its query says; a test checks that every file's query is accepted.
    pub fn scenario(&self) -> Option<Scenario> {
        Scenario::parse(&self.query).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_and_every_query_is_canonical() {
        let library = library();
        assert_eq!(library.len(), FILES.len());
        for named in &library {
            let scenario = Scenario::parse(&named.query).unwrap();
            assert_eq!(scenario.to_string(), named.query, "{}", named.name);
            assert!(scenario.compare.iter().all(|lane| scenario.expect.contains_key(lane)), "{}", named.name);
            assert!(named.golden.keys().all(|lane| scenario.compare.contains(lane)), "{}", named.name);
            assert_eq!(named.says.matches(". ").count(), 0, "{} says one sentence", named.name);
            assert_eq!(Named::find(&named.name).as_ref(), Some(named), "a name stands for one file");
        }
    }

    #[test]
    fn every_design_of_the_museum_has_its_scenario() {
        for lane in Lane::ALL.into_iter().filter(|lane| *lane != Lane::Naive) {
            let scenario = Named::find(lane.as_str()).and_then(|named| named.scenario()).unwrap();
            assert!(scenario.compare.contains(&lane), "{lane}");
        }
    }
}
