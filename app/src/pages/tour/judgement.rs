//! What was found at the end of a step's runs, and whether it was predicted.

use std::collections::BTreeMap;

use protocol::trace::{Lane, LanePicture, Picture, Progress};

use super::steps::{Holds, Run, Step};
use crate::components::checked::{Rows, sentence};

/// What came of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) rows: Rows,
    /// The status that each lane's client heard last.
    pub(super) heard: BTreeMap<Lane, u16>,
}

/// What was read after each run.
pub(super) fn facts(step: &Step, outcomes: &[Outcome]) -> Vec<String> {
    let of_run = |(run, outcome): (&Run, &Outcome)| {
        let read = sentence(run.lanes, &outcome.rows);
        let mut statuses = run.lanes.iter().filter_map(|lane| outcome.heard.get(lane));
        let heard = match (step.answers.first(), statuses.next_back()) {
            (Some((_, Holds::LastStatus(..))), Some(status)) => format!(" The last answer was {status}."),
            _ => String::new(),
        };
        match step.runs.len() {
            1 => format!("{read}{heard}"),
            _ => format!("{}. {read}", run.title()),
        }
    };
    step.runs.iter().zip(outcomes).map(of_run).collect()
}

/// How a prediction fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) right: bool,
    pub(super) words: String,
}

/// `None` where nothing was predicted, or not everything has been run.
pub(super) fn verdict(step: &Step, chosen: Option<usize>, outcomes: &[Outcome]) -> Option<Verdict> {
    if outcomes.len() < step.runs.len() {
        return None;
    }
    judge(step, chosen?, |answer| holds(answer, outcomes))
}

/// Holds a prediction against the answers that `holds` finds true; `None` where there is no such answer to choose.
pub(super) fn judge(step: &Step, chosen: usize, holds: impl Fn(Holds) -> bool) -> Option<Verdict> {
    let (said, predicted) = step.answers.get(chosen)?;
    let right = holds(*predicted);
    let truth = step.answers.iter().find(|(_, answer)| holds(*answer));
    let words = match truth {
        _ if right => format!("You said: {said}. Right."),
        Some((truth, _)) => format!("You said: {said}. It is: {truth}."),
        None => format!("You said: {said}. This time none of the answers holds."),
    };
    Some(Verdict { right, words })
}

/// Whether an answer is true of what was found.
fn holds(answer: Holds, outcomes: &[Outcome]) -> bool {
    let last = outcomes.last();
    match answer {
        Holds::Rows(rows) => {
            last.is_some_and(|found| rows.iter().all(|(lane, count)| found.rows.get(lane) == Some(count)))
        }
        Holds::Doubles(run) => {
            outcomes.get(run).and_then(|found| found.rows.get(&Lane::Naive)).is_some_and(|count| *count > 1)
        }
        Holds::LastStatus(lane, status) => last.is_some_and(|found| found.heard.get(&lane) == Some(&status)),
        // Those are asked of what is measured, not of a run.
        Holds::Idempotent(_) | Holds::Again { .. } | Holds::Stored(_) => false,
    }
}

/// The status that each lane's client heard last.
pub(super) fn heard(picture: &Picture) -> BTreeMap<Lane, u16> {
    let of_lane = |lane: &LanePicture| {
        let answered = lane.attempts.iter().rev().find_map(|attempt| match attempt.progress {
            Progress::Answered { status, .. } => Some(status),
            Progress::UnderWay | Progress::NoAnswer { .. } => None,
        })?;
        Some((lane.lane, answered))
    };
    picture.lanes.iter().filter_map(of_lane).collect()
}

#[cfg(test)]
mod tests {
    use super::super::steps::find;
    use super::*;

    fn outcome(rows: &[(Lane, usize)], heard: &[(Lane, u16)]) -> Outcome {
        Outcome { rows: rows.iter().copied().collect(), heard: heard.iter().copied().collect() }
    }

    fn step(number: &str) -> &'static Step {
        find(number).unwrap().1
    }

    #[test]
    fn a_prediction_is_judged_by_what_was_read_and_not_before() {
        let step = step("4");
        assert_eq!(verdict(step, Some(2), &[]), None);
        let six = [outcome(&[(Lane::Naive, 6)], &[])];
        assert_eq!(verdict(step, None, &six), None);
        assert!(verdict(step, Some(2), &six).unwrap().right);
        assert_eq!(verdict(step, Some(0), &six).unwrap().words, "You said: One. It is: Six.");
        let odd = [outcome(&[(Lane::Naive, 3)], &[])];
        assert!(verdict(step, Some(0), &odd).unwrap().words.ends_with("none of the answers holds."));
    }

    #[test]
    fn of_several_runs_the_one_that_doubled_is_named() {
        let single = outcome(&[(Lane::Naive, 1), (Lane::Uuid, 1)], &[]);
        let double = outcome(&[(Lane::Naive, 2), (Lane::Uuid, 1)], &[]);
        let outcomes = [single.clone(), single, double];
        assert!(verdict(step("2"), Some(2), &outcomes).unwrap().right);
        assert!(!verdict(step("2"), Some(0), &outcomes).unwrap().right);
        assert_eq!(facts(step("2"), &outcomes).len(), 3);
    }

    #[test]
    fn the_status_is_the_one_that_was_heard() {
        let outcomes = [outcome(&[(Lane::Uuid, 1)], &[(Lane::Uuid, 200)])];
        assert!(verdict(step("6"), Some(1), &outcomes).unwrap().right);
        assert!(facts(step("6"), &outcomes)[0].ends_with("The last answer was 200."));
    }
}
