//! What hangs in the museum: words, a scenario, and where the same was seen outside.

use protocol::scenario::{Named, Scenario};
use protocol::trace::Lane;

/// A thread in public in which the same design, or its failure, was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    pub url: &'static str,
    /// The project and the number, as the link reads.
    pub thread: &'static str,
    /// What is to be read there, in our words.
    pub says: &'static str,
}

/// A design, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhibit {
    pub lane: Lane,
    pub name: &'static str,
    pub does: &'static str,
    /// Why it looks right; of a design that works, why it is.
    pub right: &'static str,
    /// Where it breaks; `None` of a design that works.
    pub breaks: Option<&'static str>,
    pub sighting: Option<Sighting>,
}

impl Exhibit {
    /// The scenario that breaks it, or fails to: the library's file of the lane's name.
    pub fn scenario(&self) -> Option<Scenario> {
        Named::find(self.lane.as_str())?.scenario()
    }
}

/// In the order of the visit: from the first idea to the last mistake, and then what works.
pub const EXHIBITS: [Exhibit; 8] = [
    Exhibit {
        lane: Lane::CheckThenInsert,
        name: "Look first, then insert",
        does: "The server looks for the key. Where it finds none, it does the work and inserts the row.",
        right: "It never writes without having looked, and in every test that sends one request after another it \
                is right.",
        breaks: Some(
            "Two arrivals look before either has written. That is no rare luck: a client that gave up waiting \
             sends its retry exactly while the first request is still at work.",
        ),
        sighting: Some(Sighting {
            url: "https://github.com/c15t/c15t/issues/861",
            thread: "c15t, issue 861",
            says: "Two identical requests pass a duplicate check that runs outside the transaction, and both insert.",
        }),
    },
    Exhibit {
        lane: Lane::KeyAfterCommit,
        name: "Store the key after the commit",
        does: "The server commits the post, and then, in a second transaction, the key that it came with.",
        right: "Every answered request leaves its key behind for good, so the next arrival finds it.",
        breaks: Some(
            "Whatever goes wrong between the two commits leaves a post without a key. Whoever asks again, the \
             browser or the server itself, finds nothing and does the work once more.",
        ),
        sighting: Some(Sighting {
            url: "https://github.com/mastodon/mastodon/pull/21840",
            thread: "Mastodon, pull request 21840",
            says: "The key was stored in Redis some time after the status; while writes were slow, retries came in \
                   between and were posted again.",
        }),
    },
    Exhibit {
        lane: Lane::Cache,
        name: "A cache that forgets",
        does: "The server remembers in memory, for a while, which keys it has seen. Here for 3 seconds, which stand \
               for 30.",
        right: "It is fast, it cleans up after itself, and most retries come soon.",
        breaks: Some(
            "This retry comes later: the phone was in a tunnel, the laptop closed, the server restarted. The row is \
             there, and nothing knows that it answers this key.",
        ),
        sighting: Some(Sighting {
            url: "https://github.com/mattermost/mattermost/pull/10006",
            thread: "Mattermost, pull request 10006",
            says: "A cache of 30 seconds on each app server; it says itself that later duplicates, and those on \
                   another server, are not recognised.",
        }),
    },
    Exhibit {
        lane: Lane::RetryWithoutKey,
        name: "Retry without the key",
        does: "The server honours every key that it is sent, and takes posts without one, too.",
        right: "A request that carries a key is safe to repeat.",
        breaks: Some(
            "The code that retries builds the request anew and forgets the key. An optional key protects only those \
             who never forget it.",
        ),
        sighting: Some(Sighting {
            url: "https://github.com/getodk/pyodk/issues/101",
            thread: "pyODK, issue 101",
            says: "A large upload takes the server longer than the client waits; the library sends the POST again by \
                   itself, without a key, and the whole batch is stored a second time.",
        }),
    },
    Exhibit {
        lane: Lane::NewKeyPerEdit,
        name: "A new key for every edit",
        does: "The server needs a key and honours it. The client mints another one whenever its text changes.",
        right: "No post is stored without a key, and none twice under one.",
        breaks: Some(
            "The first attempt got no answer, so its author takes it for unsent, mends a word and presses again. \
             What was meant once is sent under two keys, and the server cannot know.",
        ),
        sighting: Some(Sighting {
            url: "https://github.com/element-hq/element-ios/issues/512",
            thread: "Element iOS, issue 512",
            says: "The same slip without an edit: a message that got no answer was sent again under another \
                   transaction id, and stood in the room twice.",
        }),
    },
    Exhibit {
        lane: Lane::ServerMinted,
        name: "A UUID minted by the server",
        does: "The app server mints the UUID, and asks the database again with the same one. It is the article's \
               own first step.",
        right: "On the hop to the database it works: a lost answer of the database costs nothing.",
        breaks: Some(
            "One hop earlier the answer to the browser is lost, and the browser's retry is given a new UUID. An id \
             protects the hops behind the place where it was minted, and none before it.",
        ),
        sighting: Some(Sighting {
            url: "https://github.com/parse-community/parse-server/issues/4006",
            thread: "Parse Server, issue 4006",
            says: "One save, two records: the answer that carries the server's id is blocked on its way back.",
        }),
    },
    Exhibit {
        lane: Lane::Uuid,
        name: "A UUID minted by the browser, as primary key",
        does: "The browser names the post before it first sends it, and keeps the name with the exact text. The \
               name is the primary key of the row.",
        right: "The row is the record of what was seen: written in the transaction of the work, kept as long as the \
                row, and one unique index decides every race. Break it as you like.",
        breaks: None,
        sighting: None,
    },
    Exhibit {
        lane: Lane::Key,
        name: "A key, and the stored answer",
        does: "The key and the answer are inserted in the transaction of the post, and the key comes first: only \
               who wins it does the work. A retry is given the first answer, byte for byte.",
        right: "It needs no name for the row, so it serves any POST. Nothing is kept of work that was not \
                committed, and no key is forgotten while its post is there.",
        breaks: None,
        sighting: None,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_museum_lane_hangs_here_once_and_only_half_fixes_break() {
        for lane in Lane::ALL.into_iter().filter(|lane| *lane != Lane::Naive) {
            assert_eq!(EXHIBITS.iter().filter(|exhibit| exhibit.lane == lane).count(), 1, "{lane}");
        }
        for exhibit in EXHIBITS {
            assert_eq!(exhibit.breaks.is_some(), exhibit.lane.is_museum(), "{}", exhibit.name);
            assert_eq!(exhibit.sighting.is_some(), exhibit.lane.is_museum(), "{}", exhibit.name);
        }
    }

    #[test]
    fn every_exhibit_has_a_scenario_that_promises_what_its_words_say() {
        for exhibit in EXHIBITS {
            let promised = exhibit.scenario().unwrap().expect;
            let rows = promised.get(&exhibit.lane).unwrap().rows;
            assert_eq!(rows > 1, exhibit.breaks.is_some(), "{}", exhibit.name);
        }
    }
}
