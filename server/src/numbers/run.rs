//! What the events of one run add to the counts.

use std::collections::{BTreeMap, BTreeSet};

use protocol::fault::{Fault, FaultPoint};
use protocol::trace::{Lane, Seen, TryFailure, Wrote};
use protocol::wire::header::IDEMPOTENCY_KEY;

use super::tally::{Tally, one_more};

/// Rows, intents and arrivals that are told apart within one run; what comes beyond is not counted.
const DISTINCT_MAX: usize = 1_024;

/// What has to be remembered of a run for its events to be counted rightly.
#[derive(Default)]
pub(crate) struct RunTally {
    /// Rows of each lane, as the database names them.
    rows: BTreeSet<(Lane, String)>,
    intents: BTreeMap<Intent, Progress>,
    under_way: BTreeMap<u32, UnderWay>,
}

/// What a client wants once, however often it asks: a lane, and the id or key where the lane has one.
type Intent = (Lane, String);

#[derive(Clone, Copy)]
struct Progress {
    began_us: u64,
    answered: bool,
}

/// An arrival that was not answered yet.
struct UnderWay {
    intent: Intent,
    is_first: bool,
    /// Nobody will hear its answer.
    is_cut: bool,
}

impl RunTally {
    /// Counts one event of the run, recorded `at_us` microseconds after the run began.
    pub(crate) fn see(&mut self, tally: &Tally, arrival: u32, at_us: u64, seen: &Seen) {
        match seen {
            Seen::Arrived { lane, method, path, headers, fault, .. } if creates(method) => {
                one_more(&tally.attempts);
                if self.intents.len() < DISTINCT_MAX && self.under_way.len() < DISTINCT_MAX {
                    let intent = (*lane, name_of(*lane, path, headers));
                    let is_first = !self.intents.contains_key(&intent);
                    if is_first {
                        one_more(&tally.meant);
                        self.intents.insert(intent.clone(), Progress { began_us: at_us, answered: false });
                    }
                    let is_cut = fault.as_deref().is_some_and(cuts);
                    self.under_way.insert(arrival, UnderWay { intent, is_first, is_cut });
                }
            }
            Seen::TryFailed { how: TryFailure::AckLost, row: Some(row), .. } => {
                self.row_appeared(tally, arrival, &row.id, None);
            }
            Seen::Wrote { wrote, row } => self.row_appeared(tally, arrival, &row.id, Some(*wrote)),
            Seen::Answered { status, .. } => self.answered(tally, arrival, at_us, *status),
            Seen::Arrived { .. }
            | Seen::Held { .. }
            | Seen::Attached
            | Seen::Try { .. }
            | Seen::TryFailed { .. }
            | Seen::Looked { .. }
            | Seen::Cut => {}
        }
    }

    /// A row of an arrival's lane. `wrote` is missing where the database has it and the server was not told.
    fn row_appeared(&mut self, tally: &Tally, arrival: u32, id: &str, wrote: Option<Wrote>) {
        if matches!(wrote, Some(Wrote::Deleted | Wrote::Refused)) || self.rows.len() >= DISTINCT_MAX {
            return;
        }
        let Some(UnderWay { intent: (lane, _), .. }) = self.under_way.get(&arrival) else { return };
        let lane = *lane;
        let by_id = !lane.is_museum() && lane != Lane::Naive;
        if by_id && wrote.is_none() {
            // Whether this try or an earlier arrival stored it, is known when the server asks again.
            return;
        }
        let had_rows = self.rows.range((lane, String::new())..).next().is_some_and(|(of, _)| *of == lane);
        let is_new = self.rows.insert((lane, id.to_owned()));
        if is_new {
            one_more(&tally.stored);
        } else if by_id && wrote == Some(Wrote::Inserted) {
            one_more(&tally.stored);
            one_more(&tally.uuid_duplicates);
        }
        if lane == Lane::Naive && is_new {
            one_more(&tally.naive_rows);
            if had_rows {
                one_more(&tally.naive_duplicates);
            }
        }
    }

    /// Only an answer that says that the post is stored ends an intent, and only where somebody hears it.
    fn answered(&mut self, tally: &Tally, arrival: u32, at_us: u64, status: u16) {
        let Some(UnderWay { intent, is_first, is_cut }) = self.under_way.remove(&arrival) else { return };
        if is_cut || !(200..300).contains(&status) {
            return;
        }
        let Some(progress) = self.intents.get_mut(&intent).filter(|progress| !progress.answered) else {
            return;
        };
        progress.answered = true;
        let took = at_us.saturating_sub(progress.began_us);
        let mut kept = tally.kept();
        kept.until_answered.record(took);
        if is_first {
            kept.first_try.record(took);
        }
    }
}

/// What tells one intent of a lane from another: the id in the path, the key, or nothing.
fn name_of(lane: Lane, path: &str, headers: &[(String, String)]) -> String {
    match lane {
        Lane::Uuid => path.to_owned(),
        Lane::Key => {
            let key = headers.iter().find(|(name, _)| name == IDEMPOTENCY_KEY);
            key.map(|(_, key)| key.clone()).unwrap_or_default()
        }
        Lane::Naive
        | Lane::CheckThenInsert
        | Lane::KeyAfterCommit
        | Lane::Cache
        | Lane::RetryWithoutKey
        | Lane::NewKeyPerEdit
        | Lane::ServerMinted => String::new(),
    }
}

/// Edits and deletions are not counted: they make no rows.
fn creates(method: &str) -> bool {
    method == "POST" || method == "PUT"
}

fn cuts(fault: &str) -> bool {
    Fault::parse(fault).is_ok_and(|fault| fault.point == FaultPoint::ReplyLost)
}

#[cfg(test)]
mod tests {
    use super::*;

    use protocol::time::Timestamp;
    use protocol::trace::Row;

    /// A run whose events are counted in a tally of its own.
    struct Bench {
        tally: Tally,
        run: RunTally,
        at_us: u64,
    }

    impl Bench {
        fn new() -> Self {
            Self { tally: Tally::new(Timestamp::from_unix_ms(0)), run: RunTally::default(), at_us: 0 }
        }

        /// Sees the events of one arrival, a millisecond apart.
        fn arrives(&mut self, arrival: u32, lane: Lane, fault: Option<&str>, then: &[Seen]) {
            let first = Seen::Arrived {
                lane,
                attempt: arrival,
                nth: 1,
                method: "POST".to_owned(),
                path: "/".to_owned(),
                headers: Vec::new(),
                body: String::new(),
                fault: fault.map(ToOwned::to_owned),
            };
            for seen in std::iter::once(&first).chain(then) {
                self.run.see(&self.tally, arrival, self.at_us, seen);
                self.at_us += 1_000;
            }
        }

        /// Attempts, rows, naive rows, naive duplicates, UUID duplicates.
        fn counts(&self) -> [u64; 5] {
            let last = *self.tally.snapshot(0).samples.last().unwrap();
            [last.attempts, last.stored, last.naive_rows, last.naive_duplicates, last.uuid_duplicates]
        }
    }

    fn row(id: &str) -> Row {
        Row { id: id.to_owned(), content: String::new() }
    }

    fn wrote(wrote: Wrote, id: &str) -> Seen {
        Seen::Wrote { wrote, row: row(id) }
    }

    fn unheard(id: &str) -> Seen {
        Seen::TryFailed { number: 1, how: TryFailure::AckLost, row: Some(row(id)) }
    }

    fn answered(status: u16) -> Seen {
        Seen::Answered { status, replayed: false, body: String::new() }
    }

    #[test]
    fn both_rows_of_an_unheard_commit_count_on_the_naive_side() {
        let mut bench = Bench::new();
        bench.arrives(1, Lane::Naive, None, &[unheard("1"), wrote(Wrote::Inserted, "2"), answered(201)]);
        assert_eq!(bench.counts(), [1, 2, 2, 1, 0]);
    }

    #[test]
    fn a_retry_that_is_recognised_is_an_attempt_and_no_row() {
        let mut bench = Bench::new();
        bench.arrives(1, Lane::Uuid, Some("reply-lost"), &[wrote(Wrote::Inserted, "a"), answered(201)]);
        let again = [unheard("a"), wrote(Wrote::Recognised, "a"), answered(200)];
        bench.arrives(2, Lane::Uuid, Some("commit-ack-lost"), &again);
        assert_eq!(bench.counts(), [2, 1, 0, 0, 0]);
        let numbers = bench.tally.snapshot(0);
        assert_eq!((numbers.first_try.total(), numbers.until_answered.total()), (0, 1));
        assert_eq!(bench.tally.kept().until_answered.sum_us, 6_000, "from the first arrival");
    }

    #[test]
    fn a_row_that_only_a_retry_hears_of_counts_once() {
        let mut bench = Bench::new();
        bench.arrives(1, Lane::Key, None, &[unheard("a"), answered(503)]);
        bench.arrives(2, Lane::Key, None, &[wrote(Wrote::Recognised, "a"), answered(201)]);
        assert_eq!(bench.counts(), [2, 1, 0, 0, 0]);
        bench.arrives(3, Lane::Key, None, &[wrote(Wrote::Recognised, "a"), answered(201)]);
        assert_eq!(bench.counts(), [3, 1, 0, 0, 0]);
    }

    #[test]
    fn a_second_row_under_one_id_would_be_counted() {
        let mut bench = Bench::new();
        for arrival in 1..=2 {
            bench.arrives(arrival, Lane::Uuid, None, &[wrote(Wrote::Inserted, "a"), answered(201)]);
        }
        assert_eq!(bench.counts(), [2, 2, 0, 0, 1]);
        assert_eq!(bench.tally.snapshot(0).first_try.total(), 1);
    }

    #[test]
    fn a_run_without_end_costs_bounded_memory() {
        let mut bench = Bench::new();
        for arrival in 0..3 * DISTINCT_MAX as u32 {
            bench.arrives(arrival, Lane::Naive, None, &[wrote(Wrote::Inserted, &arrival.to_string())]);
        }
        let RunTally { rows, intents, under_way } = &bench.run;
        assert!(rows.len().max(intents.len()).max(under_way.len()) <= DISTINCT_MAX);
    }
}
