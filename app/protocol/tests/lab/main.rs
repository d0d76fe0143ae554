//! Whole runs of the lab against a model of its server: every scenario keeps its promise, its picture tells of
//! nothing else than what was recorded, and its golden lines are the same whatever the clocks say.
//!
//! | module | what it holds |
//! |---|---|
//! | `world` | the client's hands, the network, the clocks |
//! | `server` | what the server records and stores, design by design |

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod pictures;
mod server;
mod weaving;
mod world;

use std::collections::BTreeMap;

use protocol::scenario::{Named, Scenario, library};
use protocol::trace::{Lane, Picture, golden, sentence};

use world::{Run, run};

/// The scenario of this name, run to its end.
fn run_named(name: &str) -> Run {
    let scenario = Named::find(name).and_then(|named| named.scenario());
    run(&scenario.unwrap_or_else(|| panic!("{name} cannot be read")), 0)
}

#[test]
fn every_scenario_stores_what_it_promises() {
    for named in library() {
        let scenario = Scenario::parse(&named.query).unwrap();
        let run = run(&scenario, 0);
        for (lane, promised) in &scenario.expect {
            let rows = run.rows.get(lane).map_or(0, Vec::len);
            assert!(promised.is_met_by(rows), "{}: {lane} stored {rows} rows", named.name);
        }
    }
}

#[test]
fn golden_lines_are_the_same_in_every_run() {
    let mut differ = BTreeMap::new();
    for named in library() {
        let scenario = Scenario::parse(&named.query).unwrap();
        for lane in named.golden.keys() {
            for offset_us in [0, 123_456_789, 7] {
                let lines = golden(&run(&scenario, offset_us).trace, *lane);
                if lines != named.golden[lane] {
                    differ.insert(format!("{} {lane}", named.name), lines);
                }
            }
        }
    }
    assert!(differ.is_empty(), "{}", serde_json::to_string_pretty(&differ).unwrap());
}

#[test]
fn the_six_cuts_have_golden_lines_for_both_sides() {
    for cut in ["a1", "a2", "a3", "b1", "b2", "b3"] {
        let named: Vec<Named> = library().into_iter().filter(|named| named.name.starts_with(cut)).collect();
        assert!(!named.is_empty());
        for named in named {
            for lane in [Lane::Naive, Lane::Uuid] {
                assert!(named.golden.contains_key(&lane), "{} {lane}", named.name);
            }
        }
    }
}

#[test]
fn the_checker_clears_the_fixes_and_nothing_else() {
    for named in library() {
        let scenario = Scenario::parse(&named.query).unwrap();
        let run = run(&scenario, 0);
        let report = run.trace.history(&run.rows).check();
        assert_eq!(report.intents, scenario.compare.len(), "{}", named.name);
        for (lane, promised) in &scenario.expect {
            assert_eq!(report.clears(*lane), promised.rows == 1, "{}: {:?}", named.name, report.violations);
        }
    }
}

#[test]
fn a_stolen_row_and_a_changed_row_are_found() {
    let mut run = run_named("a3-reply-lost");
    let missing = BTreeMap::from([(Lane::Uuid, Vec::new())]);
    let report = run.trace.history(&missing).check();
    assert_eq!((report.intents, report.violations.len()), (1, 1), "a lane without rows is not judged");
    let row = run.rows.get_mut(&Lane::Uuid).and_then(|rows| rows.first_mut()).unwrap();
    "something else".clone_into(&mut row.content);
    assert!(!run.trace.history(&run.rows).check().clears(Lane::Uuid));
}

#[test]
fn the_sentence_writes_itself() {
    let said = |name: &str| sentence(&Picture::of(&run_named(name).trace.marks()));
    assert_eq!(
        said("a3-reply-lost"),
        "You pressed once. Each side tried 2 times. Left stored 2 rows, right stored 1."
    );
    assert_eq!(
        said("b1-connect-refused"),
        "You pressed once. Each side tried once. Left stored 1 row, right stored 1."
    );
    assert_eq!(
        said("browser-resend"),
        "You pressed once. Each side tried once. The browser sent a request of left again by itself: left arrived \
         2 times. The browser sent a request of right again by itself: right arrived 2 times. Left stored 2 rows, \
         right stored 1."
    );
    assert_eq!(
        said("server-minted-ack-lost"),
        "You pressed once. Each side tried once. Left stored 2 rows, the middle stored 1, right stored 1."
    );
    assert_eq!(sentence(&Picture::default()), "");
    let marks = run_named("a3-reply-lost").trace.marks();
    let at_first = sentence(&Picture::of(&marks[..1]));
    assert_eq!(at_first, "You pressed once. The client tried once so far. It stored nothing.");
}
