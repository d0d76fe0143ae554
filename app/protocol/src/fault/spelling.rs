//! A plan as text, for share links and for the eye: `reply-lost@1,rolled-back;tries=1@2-4`, or with odds
//! `reply-lost@30pc,slow@2.5pc`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::header::{Fault, MalformedFault, parse_attempt};
use super::plan::{Odds, Plan};

/// The longest script: attempts beyond it are left alone, and `@*` reaches so far.
const SCRIPT_MAX_ATTEMPT: u32 = 100;

/// Certainty, in the unit of the odds.
const CERTAIN_PER_MILLE: u16 = 1_000;

/// Why the text is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPlan {
    #[error("{0:?} is not of the form fault@attempt")]
    Form(String),
    #[error("{0:?} does not name attempts from 1 to 100, in rising order")]
    Attempt(String),
    #[error("{0:?} is no chance from 0.1pc to 100pc")]
    Chance(String),
    #[error("{text:?}: {reason}")]
    Fault { text: String, reason: MalformedFault },
    #[error("two faults want attempt {0}")]
    Twice(u32),
    #[error("the chances sum to more than 100pc")]
    Sum,
    #[error("attempts and odds stand in one plan")]
    Mixed,
}

impl Plan {
    /// Reads a plan; empty text is calm weather. `@*` is every attempt, and odds draw from `seed`.
    pub fn parse(text: &str, seed: u64) -> Result<Self, InvalidPlan> {
        let mut script = BTreeMap::new();
        let mut chances = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (fault, when) = entry.rsplit_once('@').ok_or_else(|| InvalidPlan::Form(short(entry)))?;
            let fault =
                Fault::parse(fault).map_err(|reason| InvalidPlan::Fault { text: short(fault), reason })?;
            if let Some(percent) = when.strip_suffix("pc") {
                let chance = per_mille(percent).ok_or_else(|| InvalidPlan::Chance(short(when)))?;
                chances.push((fault, chance));
                continue;
            }
            let (first, last) = attempts(when).ok_or_else(|| InvalidPlan::Attempt(short(when)))?;
            for attempt in first..=last {
                if script.insert(attempt, fault).is_some() {
                    return Err(InvalidPlan::Twice(attempt));
                }
            }
        }
        if chances.iter().map(|(_, chance)| u32::from(*chance)).sum::<u32>() > u32::from(CERTAIN_PER_MILLE) {
            return Err(InvalidPlan::Sum);
        }
        match (script.is_empty(), chances.is_empty()) {
            (true, true) => Ok(Self::Calm),
            (false, true) => Ok(Self::Script(script)),
            (true, false) => Ok(Self::odds(seed, chances)),
            (false, false) => Err(InvalidPlan::Mixed),
        }
    }
}

/// Reads a plan whose odds, if it has any, draw from the seed 0.
impl FromStr for Plan {
    type Err = InvalidPlan;

    fn from_str(text: &str) -> Result<Self, InvalidPlan> {
        Self::parse(text, 0)
    }
}

/// What a complaint quotes, so that a long text cannot fill a page.
fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

/// The first and the last attempt: `3`, `1-3` or `*`.
fn attempts(text: &str) -> Option<(u32, u32)> {
    if text == "*" {
        return Some((1, SCRIPT_MAX_ATTEMPT));
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (parse_attempt(first).ok()?, parse_attempt(last).ok()?);
    (first <= last && last <= SCRIPT_MAX_ATTEMPT).then_some((first, last))
}

/// `30` or `2.5` per cent as a chance per mille.
fn per_mille(percent: &str) -> Option<u16> {
    let (whole, tenth) = percent.split_once('.').unwrap_or((percent, "0"));
    let digits =
        |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole, 3) || !digits(tenth, 1) {
        return None;
    }
    let chance = whole.parse::<u16>().ok()? * 10 + tenth.parse::<u16>().ok()?;
    (1..=CERTAIN_PER_MILLE).contains(&chance).then_some(chance)
}

/// Writes a plan as it is read, without a space. The next few attempts are written as the first few, which is
/// the same where the plan is used for one post.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = match self {
            Self::Calm | Self::Next { left: 0, .. } => Vec::new(),
            Self::Script(script) => {
                runs(script).into_iter().map(|(fault, first, last)| entry(&fault, first, last)).collect()
            }
            Self::Next { fault, left } => vec![entry(fault, 1, (*left).min(SCRIPT_MAX_ATTEMPT))],
            Self::Odds(Odds { chances, .. }) => chances
                .iter()
                .map(|(fault, chance)| format!("{}@{}pc", compact(fault), percent(*chance)))
                .collect(),
        };
        f.write_str(&entries.join(","))
    }
}

/// Neighbouring attempts that meet the same fault, as (fault, first, last).
fn runs(script: &BTreeMap<u32, Fault>) -> Vec<(Fault, u32, u32)> {
    let mut runs: Vec<(Fault, u32, u32)> = Vec::new();
    for (attempt, fault) in script {
        match runs.last_mut() {
            Some((same, _, last)) if same == fault && *last + 1 == *attempt => *last = *attempt,
            _ => runs.push((*fault, *attempt, *attempt)),
        }
    }
    runs
}

fn entry(fault: &Fault, first: u32, last: u32) -> String {
    let fault = compact(fault);
    match (first, last) {
        (1, SCRIPT_MAX_ATTEMPT) => format!("{fault}@*"),
        (first, last) if first == last => format!("{fault}@{first}"),
        (first, last) => format!("{fault}@{first}-{last}"),
    }
}

fn compact(fault: &Fault) -> String {
    fault.to_string().replace("; ", ";")
}

/// 125 becomes `12.5`.
fn percent(per_mille: u16) -> String {
    match (per_mille / 10, per_mille % 10) {
        (whole, 0) => whole.to_string(),
        (whole, tenth) => format!("{whole}.{tenth}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultPoint;

    #[test]
    fn a_script_names_the_attempts_it_hurts() {
        let mut plan: Plan = "reply-lost@1,rolled-back; tries=1@2-3".parse().unwrap();
        let points: Vec<_> = (1..=4).map(|attempt| plan.fault(attempt).map(|fault| fault.point)).collect();
        let rolled_back = Some(FaultPoint::RolledBack);
        assert_eq!(points, [Some(FaultPoint::ReplyLost), rolled_back, rolled_back, None]);
    }

    #[test]
    fn every_spelling_is_written_as_it_is_read() {
        for text in [
            "",
            "reply-lost@1",
            "reply-lost@1,rolled-back;tries=1@2-3",
            "request-late;delay=6000@1",
            "reply-lost;bare@*",
            "reply-lost@30pc,slow;delay=5@2.5pc",
        ] {
            assert_eq!(Plan::parse(text, 7).unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_next_few_are_the_first_few() {
        let next = Plan::Next { fault: Fault::at(FaultPoint::ReplyLost), left: 2 };
        assert_eq!(next.to_string(), "reply-lost@1-2");
        assert_eq!(Plan::Next { fault: Fault::at(FaultPoint::ReplyLost), left: 0 }.to_string(), "");
    }

    #[test]
    fn odds_draw_from_the_given_seed() {
        let chances = vec![(Fault::at(FaultPoint::ReplyLost), 300)];
        assert_eq!(Plan::parse("reply-lost@30pc", 42), Ok(Plan::odds(42, chances)));
    }

    #[test]
    fn text_that_is_no_plan_is_refused_by_its_part() {
        assert_eq!("".parse(), Ok(Plan::Calm));
        for text in [
            "reply-lost",
            "reply-lost@0",
            "reply-lost@x",
            "lost@1",
            "slow;delay=1@101",
            "slow@1-",
            "slow@3-2",
            "slow@1,reply-lost@1",
            "slow@0pc",
            "slow@101pc",
            "slow@1.25pc",
            "slow@pc",
            "slow@60pc,reply-lost@60pc",
            "slow@1,reply-lost@5pc",
        ] {
            assert!(text.parse::<Plan>().is_err(), "{text}");
        }
    }
}
