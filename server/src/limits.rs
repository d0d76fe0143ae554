//! How fast one identity may bring new ids: a token bucket for each.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use protocol::user::UserId;

/// A bucket holds this many seconds' worth of tokens.
const BURST_SECONDS: f64 = 10.0;

/// Buckets kept at once. Beyond it full ones are forgotten, since a full bucket says the same as none, and all of
/// them where that is not enough: memory is bounded before fairness is.
const BUCKETS_MAX: usize = 100_000;

/// Tokens for new ids. A token is taken before a write and given back where the write brought no new id, so that
/// replays are never limited.
pub struct WriteLimits {
    /// Tokens per second; 0 is unlimited.
    rate: f64,
    // A std mutex: nothing is awaited while it is held.
    buckets: Mutex<HashMap<UserId, Bucket>>,
}

struct Bucket {
    tokens: f64,
    counted: Instant,
}

impl WriteLimits {
    pub fn new(rate: u32) -> Self {
        Self { rate: f64::from(rate), buckets: Mutex::default() }
    }

    /// Takes a token; where there is none, says how long until there is one.
    pub fn take(&self, user: UserId, now: Instant) -> Result<(), Duration> {
        if self.rate == 0.0 {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS_MAX && !buckets.contains_key(&user) {
            buckets.retain(|_, bucket| self.tokens(bucket, now) < self.capacity());
            // Half must be free afterwards, so that the sweep is rare however many identities a flood brings.
            if buckets.len() > BUCKETS_MAX / 2 {
                buckets.clear();
            }
        }
        let full = Bucket { tokens: self.capacity(), counted: now };
        let bucket = buckets.entry(user).or_insert(full);
        let tokens = self.tokens(bucket, now);
        let taken = tokens >= 1.0;
        *bucket = Bucket { tokens: if taken { tokens - 1.0 } else { tokens }, counted: now };
        if taken { Ok(()) } else { Err(Duration::from_secs_f64((1.0 - tokens) / self.rate)) }
    }

    /// Gives back a token that was taken for an id which was not new.
    pub fn give_back(&self, user: UserId) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(&user) {
            bucket.tokens = (bucket.tokens + 1.0).min(self.capacity());
        }
    }

    fn capacity(&self) -> f64 {
        self.rate * BURST_SECONDS
    }

    fn tokens(&self, bucket: &Bucket, now: Instant) -> f64 {
        let refilled = now.saturating_duration_since(bucket.counted).as_secs_f64() * self.rate;
        (bucket.tokens + refilled).min(self.capacity())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn user(n: u128) -> UserId {
        UserId(Uuid::from_u128(n))
    }

    #[test]
    fn a_burst_is_ten_seconds_worth_and_refills_at_the_rate() {
        let (limits, start) = (WriteLimits::new(2), Instant::now());
        for _ in 0..20 {
            assert_eq!(limits.take(user(1), start), Ok(()));
        }
        assert_eq!(limits.take(user(1), start), Err(Duration::from_millis(500)));
        assert_eq!(limits.take(user(2), start), Ok(()));
        assert_eq!(limits.take(user(1), start + Duration::from_millis(500)), Ok(()));
        assert!(limits.take(user(1), start + Duration::from_millis(500)).is_err());
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let (limits, now) = (WriteLimits::new(1), Instant::now());
        for _ in 0..10 {
            assert_eq!(limits.take(user(1), now), Ok(()));
        }
        limits.give_back(user(1));
        assert_eq!(limits.take(user(1), now), Ok(()));
        assert!(limits.take(user(1), now).is_err());
    }

    #[test]
    fn zero_is_unlimited() {
        let (limits, now) = (WriteLimits::new(0), Instant::now());
        assert!((0..10_000).all(|_| limits.take(user(1), now).is_ok()));
    }

    #[test]
    fn many_identities_cost_bounded_memory() {
        let (limits, start) = (WriteLimits::new(1), Instant::now());
        for n in 0..BUCKETS_MAX as u128 + 10 {
            let later = start + Duration::from_millis(n as u64);
            assert_eq!(limits.take(user(n), later), Ok(()));
        }
        assert!(limits.buckets.lock().unwrap().len() <= 10_010);
    }
}
