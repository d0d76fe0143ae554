//! The runs and their events.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use protocol::trace::{Lane, LedgerEvent, Seen};
use tokio::sync::watch;
use uuid::Uuid;

use crate::numbers::{RunTally, Tally};

/// How long a run is kept.
const KEPT: Duration = Duration::from_secs(3_600);

/// What all runs together may weigh, in bytes; beyond it the oldest are forgotten.
const BYTES_MAX: usize = 32 * 1024 * 1024;

/// What one run may weigh, in bytes; beyond it nothing more of it is recorded, and its list says so.
const RUN_BYTES_MAX: usize = 512 * 1024;

/// A handle on the ledger, cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    book: Arc<Mutex<Book>>,
    kept: Duration,
    /// Names this instance: a ledger knows only what arrived here.
    pub instance: Uuid,
}

struct Book {
    /// Where events are counted.
    tally: Arc<Tally>,
    runs: HashMap<Uuid, Run>,
    /// Oldest first.
    order: VecDeque<(Instant, Uuid)>,
    bytes: usize,
}

struct Run {
    began: Option<Instant>,
    arrivals: u32,
    counted: RunTally,
    /// Arrivals of each attempt of each lane.
    seen: HashMap<(Lane, u32), u32>,
    events: Vec<LedgerEvent>,
    bytes: usize,
    truncated: bool,
    /// How many events there are; dropped with the run, which ends every stream of it.
    length: watch::Sender<usize>,
}

/// A run as it stands.
pub(super) struct Account {
    pub events: Vec<LedgerEvent>,
    pub truncated: bool,
}

impl Ledger {
    /// An empty ledger that counts what it sees in `tally`.
    pub fn new(tally: Arc<Tally>) -> Self {
        Self::keeping(KEPT, tally)
    }

    /// A ledger that forgets a run so long after it was first heard of.
    pub(super) fn keeping(kept: Duration, tally: Arc<Tally>) -> Self {
        let book = Book { tally, runs: HashMap::new(), order: VecDeque::new(), bytes: 0 };
        Self { book: Arc::new(Mutex::new(book)), kept, instance: Uuid::new_v4() }
    }

    /// Enters an arrival: `make` gets its number within its attempt. Returns its number within the run.
    pub(super) fn arrive(&self, run: Uuid, lane: Lane, attempt: u32, make: impl FnOnce(u32) -> Seen) -> u32 {
        let mut book = self.open(Instant::now());
        let entry = book.run(run);
        entry.arrivals += 1;
        let arrival = entry.arrivals;
        // A run that is full counts nothing more: the counts are part of what it weighs.
        if !entry.truncated {
            let nth = entry.seen.entry((lane, attempt)).or_insert(0);
            *nth += 1;
            let nth = *nth;
            book.note(run, arrival, make(nth));
        }
        arrival
    }

    /// Notes what happened to an arrival. A run that was forgotten meanwhile stays forgotten.
    pub(super) fn note(&self, run: Uuid, arrival: u32, seen: Seen) {
        let mut book = self.open(Instant::now());
        if book.runs.contains_key(&run) {
            book.note(run, arrival, seen);
        }
    }

    /// Everything that was recorded of a run; `None` where nothing has arrived.
    pub(super) fn account(&self, run: Uuid) -> Option<Account> {
        let book = self.open(Instant::now());
        let run = book.runs.get(&run).filter(|run| run.arrivals > 0)?;
        Some(Account { events: run.events.clone(), truncated: run.truncated })
    }

    /// The events of a run from number `from` on, `None` where it was forgotten.
    pub(super) fn events_from(&self, run: Uuid, from: usize) -> Option<Vec<LedgerEvent>> {
        let book = self.open(Instant::now());
        Some(book.runs.get(&run)?.events.get(from..).unwrap_or_default().to_vec())
    }

    /// Tells how many events a run has, from before its first arrival until it is forgotten.
    pub(super) fn follow(&self, run: Uuid) -> watch::Receiver<usize> {
        self.open(Instant::now()).run(run).length.subscribe()
    }

    fn open(&self, now: Instant) -> MutexGuard<'_, Book> {
        // A std mutex: nothing is awaited while it is held.
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((first, run)) = book.order.front().copied()
            && (now.saturating_duration_since(first) >= self.kept || book.bytes > BYTES_MAX)
        {
            book.order.pop_front();
            if let Some(gone) = book.runs.remove(&run) {
                book.bytes -= gone.bytes;
            }
        }
        book
    }
}

impl Book {
    fn run(&mut self, run: Uuid) -> &mut Run {
        self.runs.entry(run).or_insert_with(|| {
            self.order.push_back((Instant::now(), run));
            self.bytes += Run::WEIGHT;
            Run::new()
        })
    }

    fn note(&mut self, run: Uuid, arrival: u32, seen: Seen) {
        let tally = Arc::clone(&self.tally);
        self.bytes += self.run(run).note(&tally, arrival, seen);
    }
}

impl Run {
    /// What a run weighs before its first event, roughly.
    const WEIGHT: usize = 512;

    fn new() -> Self {
        Self {
            began: None,
            arrivals: 0,
            counted: RunTally::default(),
            seen: HashMap::new(),
            events: Vec::new(),
            bytes: Self::WEIGHT,
            truncated: false,
            length: watch::Sender::new(0),
        }
    }

    /// Adds an event and returns what it weighs.
    fn note(&mut self, tally: &Tally, arrival: u32, seen: Seen) -> usize {
        let began = *self.began.get_or_insert_with(Instant::now);
        let at_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.counted.see(tally, arrival, at_us, &seen);
        let weight = size_of::<LedgerEvent>() + texts(&seen);
        if self.bytes + weight > RUN_BYTES_MAX {
            self.truncated = true;
            return 0;
        }
        let number = u32::try_from(self.events.len()).unwrap_or(u32::MAX);
        self.events.push(LedgerEvent { number, arrival, at_us, seen });
        self.bytes += weight;
        self.length.send_replace(self.events.len());
        weight
    }
}

/// The bytes of an event's texts.
fn texts(seen: &Seen) -> usize {
    match seen {
        Seen::Arrived { method, path, headers, body, fault, .. } => {
            let headers: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
            method.len() + path.len() + headers + body.len() + fault.as_ref().map_or(0, String::len)
        }
        Seen::Try { sql, .. } => sql.iter().map(String::len).sum(),
        Seen::Looked { sql, .. } => sql.len(),
        Seen::TryFailed { row: Some(row), .. } | Seen::Wrote { row, .. } => row.id.len() + row.content.len(),
        Seen::Answered { body, .. } => body.len(),
        Seen::Held { .. } | Seen::Attached | Seen::TryFailed { row: None, .. } | Seen::Cut => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use protocol::time::Timestamp;

    fn tally() -> Arc<Tally> {
        Arc::new(Tally::new(Timestamp::from_unix_ms(0)))
    }

    fn arrive(ledger: &Ledger, run: u128, attempt: u32, body: &str) -> u32 {
        ledger.arrive(Uuid::from_u128(run), Lane::Naive, attempt, |nth| Seen::Answered {
            status: u16::try_from(nth).unwrap(),
            replayed: false,
            body: body.to_owned(),
        })
    }

    #[test]
    fn arrivals_are_counted_by_run_and_by_attempt() {
        let ledger = Ledger::new(tally());
        assert_eq!(
            (arrive(&ledger, 1, 1, ""), arrive(&ledger, 1, 1, ""), arrive(&ledger, 2, 1, "")),
            (1, 2, 1)
        );
        let events = ledger.account(Uuid::from_u128(1)).unwrap().events;
        assert_eq!(events.iter().map(|event| event.number).collect::<Vec<_>>(), [0, 1]);
        assert!(matches!(events[1].seen, Seen::Answered { status: 2, .. }));
        assert!(ledger.account(Uuid::from_u128(3)).is_none());
    }

    #[test]
    fn a_run_that_is_too_long_is_cut_short_and_says_so() {
        let ledger = Ledger::new(tally());
        let body = "x".repeat(2_048);
        for attempt in 0..1_000 {
            arrive(&ledger, 1, attempt, &body);
        }
        let account = ledger.account(Uuid::from_u128(1)).unwrap();
        assert!(account.truncated);
        assert!(account.events.len() < 300, "{}", account.events.len());
    }

    #[test]
    fn all_runs_together_stay_within_their_bytes() {
        let ledger = Ledger::new(tally());
        let body = "x".repeat(400_000);
        for run in 0..200 {
            arrive(&ledger, run, 1, &body);
        }
        assert!(ledger.account(Uuid::from_u128(0)).is_none());
        assert!(ledger.account(Uuid::from_u128(199)).is_some());
        assert!(ledger.open(Instant::now()).bytes <= BYTES_MAX);
    }

    #[test]
    fn a_run_is_gone_when_its_time_is_over() {
        let ledger = Ledger::keeping(Duration::ZERO, tally());
        let following = ledger.follow(Uuid::from_u128(1));
        assert!(ledger.account(Uuid::from_u128(1)).is_none(), "being followed is no arrival");
        arrive(&ledger, 2, 1, "");
        assert!(ledger.account(Uuid::from_u128(2)).is_none());
        assert!(following.has_changed().is_err(), "its streams end");
    }
}
