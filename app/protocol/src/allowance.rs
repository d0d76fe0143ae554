//! How often something may be asked for.
//!
//! A browser may answer at once and in vain, as a lock does that resolves to nothing. Whoever asks again at once then asks
//! for ever, and takes the whole tab with it. So whatever is asked for in answer to an answer is drawn from an allowance.

use crate::time::Millis;

/// A bucket of permits: full at first, refilled by one every `refill_ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    size: u32,
    refill_ms: Millis,
    left: u32,
    /// Up to when refills are counted, on the monotonic clock.
    counted_to: Millis,
}

impl Allowance {
    pub const fn new(size: u32, refill_ms: Millis) -> Self {
        Self { size, refill_ms, left: size, counted_to: 0 }
    }

    /// Takes a permit, if one is left.
    pub fn take(&mut self, now: Millis) -> bool {
        let refills = now.saturating_sub(self.counted_to) / self.refill_ms.max(1);
        self.counted_to += refills * self.refill_ms.max(1);
        let refills = u32::try_from(refills).unwrap_or(u32::MAX);
        self.left = self.left.saturating_add(refills).min(self.size);
        let may = self.left > 0;
        self.left -= u32::from(may);
        may
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_burst_is_allowed_and_then_one_for_each_refill() {
        let mut allowance = Allowance::new(3, 1_000);
        let taken: Vec<bool> = [0, 0, 0, 0, 999, 1_000, 1_000, 2_500].map(|now| allowance.take(now)).into();
        assert_eq!(taken, [true, true, true, false, false, true, false, true]);
    }

    proptest! {
        #[test]
        fn no_schedule_gets_more_than_the_bucket_and_its_refills(mut moments in prop::collection::vec(0_u64..100_000, 1..400)) {
            moments.sort_unstable();
            let mut allowance = Allowance::new(5, 1_000);
            let taken = moments.iter().filter(|now| allowance.take(**now)).count() as u64;
            prop_assert!(taken <= 5 + moments.last().unwrap() / 1_000);
        }
    }
}
