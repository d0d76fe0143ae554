//! What the server counts of the experiments it takes part in: the series behind `/numbers` and `/metrics`.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Counts since the server started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbers {
    /// When counting began; `None` where this server counts nothing.
    pub since: Option<Timestamp>,
    /// Oldest first, at most one a second and only while something changes.
    pub samples: Vec<Sample>,
    /// How long the first attempt of an intent took, where it was answered.
    pub first_try: Histogram,
    /// From the first arrival of an intent to its first answer that was not cut.
    pub until_answered: Histogram,
}

/// The counters at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Milliseconds since counting began.
    pub at_ms: u64,
    /// Creates that arrived.
    pub attempts: u64,
    /// Posts that were meant: what a run asked for once counts once, however often it was asked for.
    pub meant: u64,
    /// Rows that they became.
    pub stored: u64,
    /// Rows of the side without a key.
    pub naive_rows: u64,
    /// Of these, those beyond the first of each run.
    pub naive_duplicates: u64,
    /// Rows beyond one per id, on the side with a UUID.
    pub uuid_duplicates: u64,
    /// Writes under way.
    pub queue: u64,
}

/// The first bucket ends here; each further one ends at twice as much.
const FIRST_US: u64 = 250;
const BUCKETS: usize = 18;

/// Durations in buckets that double: from a quarter of a millisecond to half a minute, and one for what is longer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    /// Counts by bucket; missing ones at the end are zero.
    counts: Vec<u64>,
}

impl Histogram {
    /// How many buckets there are, the one without an end included.
    pub const LEN: usize = BUCKETS + 1;

    /// Where bucket `at` ends, in microseconds; `None` for the last, which has no end.
    pub fn end_us(at: usize) -> Option<u64> {
        (at < BUCKETS).then(|| FIRST_US << at)
    }

    pub fn record(&mut self, us: u64) {
        let at = (0..BUCKETS).find(|at| us <= FIRST_US << at).unwrap_or(BUCKETS);
        if self.counts.len() <= at {
            self.counts.resize(at + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(at) {
            *count = count.saturating_add(1);
        }
    }

    /// How many durations lie in bucket `at`.
    pub fn count(&self, at: usize) -> u64 {
        self.counts.get(at).copied().unwrap_or_default()
    }

    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The end of the bucket that the given share of durations lies within, in microseconds: an upper bound of the
    /// quantile, exact to a factor of two. `None` where nothing was recorded or the bucket has no end.
    pub fn quantile_us(&self, per_cent: u64) -> Option<u64> {
        let rank = (self.total() * per_cent.min(100)).div_ceil(100).max(1);
        let mut below = 0;
        let at = (0..Self::LEN).find(|at| {
            below += self.count(*at);
            below >= rank
        })?;
        Self::end_us(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_lies_in_the_bucket_that_ends_at_or_after_it() {
        let mut histogram = Histogram::default();
        for us in [0, 250, 251, 500, 501, u64::MAX] {
            histogram.record(us);
        }
        assert_eq!((histogram.count(0), histogram.count(1), histogram.count(2)), (2, 2, 1));
        assert_eq!((histogram.count(Histogram::LEN - 1), histogram.total()), (1, 6));
        assert_eq!(Histogram::end_us(Histogram::LEN - 1), None);
    }

    #[test]
    fn quantiles_are_bounds_from_above() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile_us(50), None);
        for _ in 0..94 {
            histogram.record(900);
        }
        for _ in 0..6 {
            histogram.record(3_900);
        }
        assert_eq!(histogram.quantile_us(50), Some(1_000));
        assert_eq!(histogram.quantile_us(94), Some(1_000));
        assert_eq!(histogram.quantile_us(95), Some(4_000));
        assert_eq!(histogram.quantile_us(99), Some(4_000));
    }
}
