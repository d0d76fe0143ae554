//! The counters, the samples of them and the durations.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use protocol::numbers::{Histogram, Numbers, Sample};
use protocol::time::Timestamp;

/// Samples that are kept; beyond it the oldest are forgotten.
const SAMPLES_MAX: usize = 600;

/// Counts since the start of the process.
pub struct Tally {
    since: Timestamp,
    began: Instant,
    pub(super) attempts: AtomicU64,
    pub(super) meant: AtomicU64,
    pub(super) stored: AtomicU64,
    pub(super) naive_rows: AtomicU64,
    pub(super) naive_duplicates: AtomicU64,
    pub(super) uuid_duplicates: AtomicU64,
    // A std mutex: nothing is awaited while it is held.
    kept: Mutex<Kept>,
}

pub(super) struct Kept {
    samples: VecDeque<Sample>,
    pub(super) first_try: Durations,
    pub(super) until_answered: Durations,
}

/// Durations in buckets, and their sum.
#[derive(Clone, Default)]
pub(super) struct Durations {
    pub(super) histogram: Histogram,
    pub(super) sum_us: u64,
}

impl Durations {
    pub(super) fn record(&mut self, us: u64) {
        self.histogram.record(us);
        self.sum_us = self.sum_us.saturating_add(us);
    }
}

impl Tally {
    pub fn new(since: Timestamp) -> Self {
        let kept = Kept {
            samples: VecDeque::from([Sample::default()]),
            first_try: Durations::default(),
            until_answered: Durations::default(),
        };
        Self {
            since,
            began: Instant::now(),
            attempts: AtomicU64::default(),
            meant: AtomicU64::default(),
            stored: AtomicU64::default(),
            naive_rows: AtomicU64::default(),
            naive_duplicates: AtomicU64::default(),
            uuid_duplicates: AtomicU64::default(),
            kept: Mutex::new(kept),
        }
    }

    /// Counts a create that belongs to no run, by whether its answer says that this request stored the post.
    pub fn count_create(&self, stored: bool) {
        one_more(&self.attempts);
        if stored {
            one_more(&self.meant);
            one_more(&self.stored);
        }
    }

    /// The same in the control arm, where every row is known by its answer alone.
    pub fn count_naive(&self, stored: bool) {
        self.count_create(stored);
        if stored {
            one_more(&self.naive_rows);
        }
    }

    /// Keeps the counters as they stand, unless nothing has changed since they were last kept. `queue` is the most
    /// writes that were under way at once since then.
    pub fn sample(&self, queue: usize) {
        let sample = self.current(queue);
        let mut kept = self.kept();
        if kept.is_news(&sample) {
            if kept.samples.len() == SAMPLES_MAX {
                kept.samples.pop_front();
            }
            kept.samples.push_back(sample);
        }
    }

    /// Everything, up to this moment, in which `queue` writes are under way.
    pub fn snapshot(&self, queue: usize) -> Numbers {
        let sample = self.current(queue);
        let kept = self.kept();
        let mut samples: Vec<Sample> = kept.samples.iter().copied().collect();
        if kept.is_news(&sample) {
            samples.push(sample);
        }
        Numbers {
            since: Some(self.since),
            samples,
            first_try: kept.first_try.histogram.clone(),
            until_answered: kept.until_answered.histogram.clone(),
        }
    }

    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self, queue: usize) -> Sample {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Sample {
            at_ms: u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX),
            attempts: read(&self.attempts),
            meant: read(&self.meant),
            stored: read(&self.stored),
            naive_rows: read(&self.naive_rows),
            naive_duplicates: read(&self.naive_duplicates),
            uuid_duplicates: read(&self.uuid_duplicates),
            queue: queue as u64,
        }
    }
}

impl Kept {
    fn is_news(&self, sample: &Sample) -> bool {
        self.samples.back().is_none_or(|last| Sample { at_ms: last.at_ms, ..*sample } != *last)
    }
}

pub(super) fn one_more(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_kept_while_something_changes_and_are_bounded() {
        let tally = Tally::new(Timestamp::from_unix_ms(1));
        tally.sample(0);
        assert_eq!(tally.snapshot(0).samples, [Sample::default()]);
        tally.count_create(true);
        tally.count_naive(true);
        tally.count_create(false);
        let last = *tally.snapshot(3).samples.last().unwrap();
        assert_eq!((last.attempts, last.stored, last.naive_rows, last.queue), (3, 2, 1, 3));
        for _ in 0..2 * SAMPLES_MAX {
            tally.count_create(true);
            tally.sample(0);
            tally.sample(0);
        }
        let samples = tally.snapshot(0).samples;
        assert_eq!(samples.len(), SAMPLES_MAX);
        assert!(samples.is_sorted_by(|a, b| a.attempts < b.attempts && a.at_ms <= b.at_ms));
    }
}
