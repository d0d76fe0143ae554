//! What is in flight, and how often the database was asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Totals since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tries at the database, of batches and of rows of the control arm.
    pub tries: u64,
    /// Batches that were settled, each by one transaction or more.
    pub batches: u64,
    /// Commands that those batches held, after folding.
    pub commands: u64,
    /// Commands that were appended to the log.
    pub queued: u64,
}

#[derive(Default)]
pub(super) struct Counters {
    in_flight: AtomicUsize,
    /// The most at once since it was last asked for.
    peak: AtomicUsize,
    tries: AtomicU64,
    batches: AtomicU64,
    commands: AtomicU64,
    queued: AtomicU64,
}

impl Counters {
    /// Counts one command as in flight for as long as the result lives.
    pub(super) fn enter(self: &Arc<Self>) -> UnderWay {
        let in_flight = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(in_flight, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }

    pub(super) fn try_made(&self) {
        self.tries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn batch_settled(&self, commands: usize) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.commands.fetch_add(commands as u64, Ordering::Relaxed);
    }

    pub(super) fn queued(&self, commands: usize) {
        self.queued.fetch_add(commands as u64, Ordering::Relaxed);
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(super) fn take_peak(&self) -> usize {
        self.peak.swap(self.in_flight(), Ordering::Relaxed)
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            tries: self.tries.load(Ordering::Relaxed),
            batches: self.batches.load(Ordering::Relaxed),
            commands: self.commands.load(Ordering::Relaxed),
            queued: self.queued.load(Ordering::Relaxed),
        }
    }
}

pub(super) struct UnderWay(Arc<Counters>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
