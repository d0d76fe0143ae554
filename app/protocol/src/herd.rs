//! The herd: what many browsers do to a server that comes back, by how they wait. A simulation, and nothing else.
//!
//! Every browser has one request, made at a moment of its own while the server is away. The server then answers so
//! many a second and turns the others away; whoever is turned away waits as its strategy says, and asks again.

use std::collections::BTreeMap;

use crate::backoff::Backoff;
use crate::fault::SplitMix64;
use crate::time::Millis;

/// For how long the server is away.
pub const AWAY_MS: Millis = 20_000;

/// How many requests the server answers in a second.
pub const CAPACITY: u32 = 25;

/// The simulation ends here, at the latest.
pub const END_MS: Millis = 90_000;

/// What a request that is turned away has cost before the browser knows.
const ROUND_TRIP_MS: Millis = 100;

/// The fixed delay.
const FIXED_MS: Millis = 2_000;

/// How a browser waits before it asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strategy {
    /// At once.
    None,
    /// Always two seconds.
    Fixed,
    /// Twice as long each time, up to thirty seconds.
    Exponential,
    /// Anything from nothing to that: what this site's browsers do.
    FullJitter,
}

impl Strategy {
    pub const ALL: [Self; 4] = [Self::None, Self::Fixed, Self::Exponential, Self::FullJitter];

    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "No delay",
            Self::Fixed => "Fixed, 2 s",
            Self::Exponential => "Exponential",
            Self::FullJitter => "Full jitter",
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Fixed => "fixed",
            Self::Exponential => "exponential",
            Self::FullJitter => "fulljitter",
        }
    }

    fn delay(self, failures: u32, random: u64) -> Millis {
        let backoff = Backoff::default();
        match self {
            Self::None => 0,
            Self::Fixed => FIXED_MS,
            Self::Exponential => backoff.base_ms.saturating_mul(1 << failures.min(16)).min(backoff.cap_ms),
            Self::FullJitter => backoff.delay(failures, random),
        }
    }
}

/// What the simulation counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Herd {
    /// Arrivals in each second.
    pub arrivals: Vec<u32>,
    /// Of those, how many were answered.
    pub answered: Vec<u32>,
    /// When the last browser was answered; `None` where some never were.
    pub done_ms: Option<Millis>,
}

impl Herd {
    pub fn total(&self) -> u32 {
        self.arrivals.iter().sum()
    }

    /// The most arrivals in one second after the server came back.
    pub fn worst(&self) -> u32 {
        let back = usize::try_from(AWAY_MS / 1_000).unwrap_or(usize::MAX);
        self.arrivals.iter().skip(back).copied().max().unwrap_or_default()
    }
}

/// Lets `browsers` of them wait by `strategy`. The same seed gives the same herd.
pub fn herd(browsers: u32, strategy: Strategy, seed: u64) -> Herd {
    let seconds = usize::try_from(END_MS / 1_000).unwrap_or(usize::MAX);
    let mut random = SplitMix64::new(seed);
    let mut counted = Herd { arrivals: vec![0; seconds], answered: vec![0; seconds], done_ms: None };
    // Ordered by time, then by browser, so that nothing depends on how it is stored.
    let mut due: BTreeMap<(Millis, u32), u32> =
        (0..browsers).map(|browser| ((random.below(1_000), browser), 0)).collect();
    let mut last = 0;
    while let Some(((at, browser), failures)) = due.pop_first() {
        let second = usize::try_from(at / 1_000).unwrap_or(usize::MAX);
        let (Some(arrivals), Some(answered)) =
            (counted.arrivals.get_mut(second), counted.answered.get_mut(second))
        else {
            return counted;
        };
        *arrivals += 1;
        if at >= AWAY_MS && *answered < CAPACITY {
            *answered += 1;
            last = at;
        } else {
            let wait = ROUND_TRIP_MS + strategy.delay(failures, random.next_u64());
            due.insert((at + wait, browser), failures + 1);
        }
    }
    counted.done_ms = Some(last);
    counted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CAPACITY, Strategy, herd};

    proptest! {
        #[test]
        fn everybody_is_answered_at_most_once_and_never_beyond_the_capacity(
            browsers in 0_u32..250, seed: u64, which in 0_usize..4
        ) {
            let herd = super::herd(browsers, Strategy::ALL[which], seed);
            let answered: u32 = herd.answered.iter().sum();
            prop_assert!(answered <= browsers);
            prop_assert_eq!(herd.done_ms.is_some(), answered == browsers);
            for (second, (arrivals, answered)) in herd.arrivals.iter().zip(&herd.answered).enumerate() {
                prop_assert!(answered <= arrivals && *answered <= CAPACITY);
                prop_assert!(second >= 20 || *answered == 0, "answered while away");
            }
            prop_assert_eq!(herd, super::herd(browsers, Strategy::ALL[which], seed));
        }
    }

    #[test]
    fn only_chance_breaks_the_herd_up() {
        let [none, fixed, exponential, jitter] = Strategy::ALL.map(|strategy| herd(200, strategy, 42));
        assert!(none.total() > 10 * jitter.total());
        assert!(fixed.worst() > 2 * jitter.worst(), "{} and {}", fixed.worst(), jitter.worst());
        assert!(exponential.worst() > 2 * jitter.worst(), "{} and {}", exponential.worst(), jitter.worst());
        assert!(jitter.done_ms.is_some());
    }
}
