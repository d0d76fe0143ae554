//! What becomes of a record that is not applied.

use protocol::problem::{Outcome, Problem, ProblemName};
use protocol::time::Timestamp;

use super::batch::Batch;
use crate::error::ApiError;
use crate::log::{Entry, Record};
use crate::posting::refusal;
use crate::store::dead_letter::About;
use crate::store::{Command, DeadLetter, Verdict};
use crate::writer::WriteError;

/// A letter for each record of the batch that was refused, could not be read or spoiled its transaction.
pub(super) fn letters(batch: &Batch, verdicts: &[Option<Verdict>], now: Timestamp) -> Vec<DeadLetter> {
    let refused = batch.commands.iter().zip(verdicts).filter_map(|(command, verdict)| {
        let problem = match verdict {
            Some(verdict) if !is_refusal(verdict) => return None,
            Some(verdict) => *refusal(verdict).0,
            None => *ApiError::from(WriteError { outcome: Outcome::NotApplied, transient: false }).0,
        };
        Some(of_command(command, problem, now))
    });
    let unreadable = batch.unreadable.iter().map(|(entry, error)| of_entry(entry, &error.to_string(), now));
    refused.chain(unreadable).collect()
}

/// Whether the author is owed a reason. A create that meets its own tombstone is not refused: it, or one like it, may
/// have been applied before the post was deleted, and `deleted` is all there is to tell. Nor is a deletion of nothing.
fn is_refusal(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::KeyReused
        | Verdict::IdUnavailable
        | Verdict::ImageMissing
        | Verdict::NotFound
        | Verdict::Stale
        | Verdict::TooLong => true,
        Verdict::Created(_)
        | Verdict::Replayed(_)
        | Verdict::Done { .. }
        | Verdict::Gone
        | Verdict::Deleted
        | Verdict::NothingToDelete { .. }
        | Verdict::Queued(_) => false,
    }
}

fn of_command(command: &Command, problem: Problem, time: Timestamp) -> DeadLetter {
    let record = Record { command: command.clone(), until_ms: 0 };
    DeadLetter {
        record: command.write_id().to_string(),
        about: Some(About::command(command)),
        problem,
        payload: record.encode().unwrap_or_default(),
        time,
    }
}

fn of_entry(entry: &Entry, reason: &str, time: Timestamp) -> DeadLetter {
    DeadLetter {
        record: format!("{}:{}", entry.offset.partition, entry.offset.position),
        about: None,
        problem: Problem::new(ProblemName::MalformedBody, reason),
        payload: entry.payload.clone(),
        time,
    }
}
