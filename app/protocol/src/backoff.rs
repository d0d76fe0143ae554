//! When to ask again: exponential back-off with full jitter, the server's `Retry-After`, and a budget.
//!
//! Random bits are arguments: whoever calls owns the source.

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc2822;

use crate::time::Millis;

/// How long to wait between tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The ceiling of the first delay.
    pub base_ms: Millis,
    /// The ceiling of every delay.
    pub cap_ms: Millis,
    /// The shortest delay.
    pub floor_ms: Millis,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { base_ms: 500, cap_ms: 30_000, floor_ms: 100 }
    }
}

impl Backoff {
    /// `random(0, min(cap, base · 2^failures))`, at least the floor, where `failures` counts those before this
    /// one. Full jitter spreads clients evenly; a fixed delay would bring them back together.
    pub fn delay(&self, failures: u32, random: u64) -> Millis {
        let doubled = self.base_ms.saturating_mul(1_u64.checked_shl(failures).unwrap_or(u64::MAX));
        scale(random, doubled.min(self.cap_ms).saturating_add(1)).max(self.floor_ms)
    }
}

/// The longest wait that a `Retry-After` is obeyed for.
pub const RETRY_AFTER_MAX_MS: Millis = 10 * 60_000;

/// The jitter on top of a `Retry-After`, and of a wake: 0 to 1 s.
pub const JITTER_MS: Millis = 1_000;

/// 0 to 1 s, from random bits.
pub fn jitter(random: u64) -> Millis {
    scale(random, JITTER_MS + 1)
}

/// The wait that `Retry-After` asks for, clamped to 0–10 min. A date is compared with the answer's own `Date`,
/// since the local clock may be wrong by years. `None` where it cannot be read: the header says nothing then.
pub fn retry_after(value: &str, date: Option<&str>) -> Option<Millis> {
    let value = value.trim();
    let unsigned = value.strip_prefix('-').unwrap_or(value);
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        if unsigned.len() < value.len() {
            return Some(0);
        }
        // More digits than fit are more than ten minutes.
        let seconds: Millis = value.parse().unwrap_or(Millis::MAX);
        return Some(seconds.saturating_mul(1_000).min(RETRY_AFTER_MAX_MS));
    }
    let until = http_date(value)?;
    let wait = until.saturating_sub(http_date(date?)?);
    Some(Millis::try_from(wait).unwrap_or(0).saturating_mul(1_000).min(RETRY_AFTER_MAX_MS))
}

/// Seconds since the Unix epoch of an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text.trim(), &Rfc2822).ok().map(OffsetDateTime::unix_timestamp)
}

/// Maps 64 random bits onto `0..bound`.
fn scale(random: u64, bound: u64) -> u64 {
    let product = u128::from(random) * u128::from(bound);
    u64::try_from(product >> 64).unwrap_or(0)
}

/// How many retries may still be made early. Retries multiply the load on a server that is already in trouble;
/// so each takes a token and each success gives a tenth back. Without a token only the slowest probe is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryBudget {
    tenths: u32,
}

impl RetryBudget {
    const FULL: u32 = 100;
    const RETRY: u32 = 10;

    pub const fn full() -> Self {
        Self { tenths: Self::FULL }
    }

    /// Whether a retry may be made early.
    pub const fn has_token(&self) -> bool {
        self.tenths >= Self::RETRY
    }

    /// Takes a token for a retry, where one is left.
    pub const fn spend(&mut self) {
        if self.has_token() {
            self.tenths -= Self::RETRY;
        }
    }

    /// Gives back a tenth for a success.
    pub const fn earn(&mut self) {
        if self.tenths < Self::FULL {
            self.tenths += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn o6_delays_grow_to_the_cap_and_never_fall_below_the_floor() {
        let backoff = Backoff::default();
        let longest: Vec<Millis> = (0..8).map(|failures| backoff.delay(failures, u64::MAX)).collect();
        assert_eq!(longest, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(backoff.delay(0, 0), 100);
        assert_eq!(backoff.delay(u32::MAX, u64::MAX), 30_000);
    }

    #[test]
    fn o6_jitter_is_full() {
        let backoff = Backoff::default();
        assert_eq!(backoff.delay(6, u64::MAX / 2), 15_000);
        assert_eq!((jitter(0), jitter(u64::MAX)), (0, 1_000));
    }

    #[test]
    fn case_35_retry_after_is_seconds_or_a_date_against_the_answers_own_date() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(retry_after("5", None), Some(5_000));
        assert_eq!(retry_after(" 5 ", date), Some(5_000));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:50:07 GMT", date), Some(30_000));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:07 GMT", date), Some(0));
    }

    #[test]
    fn case_35_negative_absurd_and_unreadable_values_are_harmless() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(retry_after("-5", date), Some(0));
        assert_eq!(retry_after("99999999999999999999999", date), Some(RETRY_AFTER_MAX_MS));
        assert_eq!(retry_after("Sun, 06 Nov 2094 08:49:37 GMT", date), Some(RETRY_AFTER_MAX_MS));
        for (value, date) in
            [("", date), ("soon", date), ("1.5", date), ("Sun, 06 Nov 1994 08:49:37 GMT", None)]
        {
            assert_eq!(retry_after(value, date), None, "{value}");
        }
    }

    #[test]
    fn o8_ten_retries_empty_the_budget_and_ten_successes_refill_one() {
        let mut budget = RetryBudget::full();
        for _ in 0..10 {
            assert!(budget.has_token());
            budget.spend();
        }
        assert!(!budget.has_token());
        for _ in 0..10 {
            budget.earn();
        }
        assert!(budget.has_token());
    }

    proptest! {
        #[test]
        fn every_delay_is_within_its_bounds(failures: u32, random: u64) {
            let delay = Backoff::default().delay(failures, random);
            prop_assert!((100..=30_000).contains(&delay));
        }

        #[test]
        fn no_header_makes_the_reader_panic(value in ".{0,40}", date in ".{0,40}") {
            if let Some(wait) = retry_after(&value, Some(&date)) {
                prop_assert!(wait <= RETRY_AFTER_MAX_MS);
            }
        }
    }
}
