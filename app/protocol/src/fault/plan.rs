//! Plans: which attempt meets which fault.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::header::Fault;
use super::seed::SplitMix64;

/// Which attempts meet which fault. A plan is data: cloned, it gives the same weather to both sides of a
/// comparison and to every replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// Every attempt is left alone.
    #[default]
    Calm,
    /// Faults by the attempt's number, counted from 1 for each post.
    Script(BTreeMap<u32, Fault>),
    /// The next `left` attempts, whichever post they belong to.
    Next { fault: Fault, left: u32 },
    /// Each attempt draws from the same seed.
    Odds(Odds),
}

/// How likely each fault is, and the generator that decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Odds {
    /// Each fault with its chance per mille. They are tried in this order; where they sum to more than 1,000
    /// the last ones lose.
    pub chances: Vec<(Fault, u16)>,
    /// The state of the generator: the seed, until the first draw.
    pub random: SplitMix64,
}

impl Plan {
    pub fn odds(seed: u64, chances: Vec<(Fault, u16)>) -> Self {
        Self::Odds(Odds { chances, random: SplitMix64::new(seed) })
    }

    /// The fault that attempt `attempt` (from 1) meets. Under `Next` and `Odds` each call is one more attempt.
    pub fn fault(&mut self, attempt: u32) -> Option<Fault> {
        match self {
            Self::Calm => None,
            Self::Script(script) => script.get(&attempt).copied(),
            Self::Next { fault, left } => {
                *left = left.checked_sub(1)?;
                Some(*fault)
            }
            Self::Odds(odds) => odds.draw(),
        }
    }
}

impl Odds {
    fn draw(&mut self) -> Option<Fault> {
        let mut drawn = self.random.below(1_000);
        for (fault, chance) in &self.chances {
            match drawn.checked_sub(u64::from(*chance)) {
                None => return Some(*fault),
                Some(rest) => drawn = rest,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultPoint;

    #[test]
    fn the_next_attempts_are_counted_down_across_posts() {
        let mut plan = Plan::Next { fault: Fault::at(FaultPoint::ReplyLost), left: 2 };
        let hurt: Vec<bool> = [1, 1, 2].map(|attempt| plan.fault(attempt).is_some()).into();
        assert_eq!(hurt, [true, true, false]);
    }

    #[test]
    fn the_same_seed_gives_the_same_weather() {
        let chances = vec![(Fault::at(FaultPoint::ReplyLost), 300), (Fault::at(FaultPoint::RolledBack), 100)];
        let weather = |seed| {
            let mut plan = Plan::odds(seed, chances.clone());
            (1..=1_000).map(|attempt| plan.fault(attempt).map(|fault| fault.point)).collect::<Vec<_>>()
        };
        assert_eq!(weather(42), weather(42));
        assert_ne!(weather(42), weather(43));
        let lost = weather(42).iter().filter(|point| **point == Some(FaultPoint::ReplyLost)).count();
        assert!((250..350).contains(&lost), "{lost} of 1,000 replies were lost");
    }

    #[test]
    fn a_plan_survives_storage() {
        let plan = Plan::odds(42, vec![(Fault::at(FaultPoint::Slow).delay(250), 10)]);
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    }
}
