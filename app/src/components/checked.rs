//! How many rows each side has, as the database itself was asked at the end of a run.

use std::collections::BTreeMap;

use leptos::prelude::*;
use protocol::scenario::Scenario;
use protocol::trace::{Lane, Row};

use crate::lab::playback::Playback;
use crate::lab::words::title;
use crate::lab_handle::{LabHandle, RunState};

/// Rows by lane; a lane whose rows could not be read is missing.
pub type Rows = BTreeMap<Lane, usize>;

/// The rows at the end of the run that is on screen, once all of it has been seen.
pub fn rows_at_end(handle: LabHandle, playback: Playback) -> Option<Rows> {
    let over = handle.state.get() == RunState::Done && playback.is_at_end();
    let count =
        |rows: &BTreeMap<Lane, Vec<Row>>| rows.iter().map(|(lane, rows)| (*lane, rows.len())).collect();
    over.then(|| handle.rows.with(count))
}

/// The rows of the compared lanes, in a sentence.
pub fn sentence(lanes: &[Lane], rows: &Rows) -> String {
    let parts: Vec<String> = lanes
        .iter()
        .map(|lane| match rows.get(lane) {
            Some(1) => format!("{}: 1 row", title(*lane)),
            Some(count) => format!("{}: {count} rows", title(*lane)),
            None => format!("{}: could not be read", title(*lane)),
        })
        .collect();
    format!("Read from the database. {}.", parts.join(". "))
}

/// Whether the run came out as its scenario promises.
pub fn is_as_promised(scenario: &Scenario, rows: &Rows) -> bool {
    scenario
        .expect
        .iter()
        .all(|(lane, promised)| rows.get(lane).is_some_and(|rows| promised.is_met_by(*rows)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_that_could_not_be_read_is_not_called_empty() {
        let rows = Rows::from([(Lane::Naive, 2), (Lane::Uuid, 1)]);
        assert_eq!(
            sentence(&[Lane::Naive, Lane::Uuid, Lane::Key], &rows),
            "Read from the database. Without a key: 2 rows. With a UUID: 1 row. With an Idempotency-Key: could not \
             be read."
        );
    }

    #[test]
    fn a_promise_is_kept_by_what_was_read_alone() {
        let scenario = Scenario::parse("expect=naive:2,uuid:1").unwrap();
        assert!(is_as_promised(&scenario, &Rows::from([(Lane::Naive, 2), (Lane::Uuid, 1)])));
        assert!(!is_as_promised(&scenario, &Rows::from([(Lane::Naive, 1), (Lane::Uuid, 1)])));
        assert!(!is_as_promised(&scenario, &Rows::from([(Lane::Naive, 2)])));
    }
}
