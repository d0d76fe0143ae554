//! What a tab must not send yet, told apart from its machine: from what it heard and what it sent.

use protocol::key::PostId;
use protocol::outbox::{AttemptOutcome, Command, Event, Item, Operation, State, Try};
use protocol::time::{Millis, Now};

/// The least pause before a retry that the budget does not cover.
const SLOWEST_MS: Millis = 15_000;

/// The budget, in tenths of a retry.
const BUDGET: u32 = 100;
const RETRY: u32 = 10;

#[derive(Clone, Debug)]
pub(crate) struct Restraint {
    tenths: u32,
    /// When the last attempt failed.
    failed_at: Option<Millis>,
    /// Whether nothing needs to wait: the user would not, or the server took something.
    free: bool,
    /// Whether the next request may be one that stands in for another.
    may_stand_in: bool,
    /// Until when the server wants none of this item.
    wait: Option<(PostId, Millis)>,
}

impl Default for Restraint {
    fn default() -> Self {
        Self { tenths: BUDGET, failed_at: None, free: true, may_stand_in: false, wait: None }
    }
}

/// Whether the user will not wait, or whose items these are has changed.
pub(crate) const fn is_wish(event: &Event) -> bool {
    matches!(
        event,
        Event::TryNow(_)
            | Event::Cancel(_)
            | Event::Retry(_)
            | Event::PostAsNew { .. }
            | Event::Discard(_)
            | Event::Identity(_)
    )
}

impl Restraint {
    /// Nothing needs to wait.
    pub(crate) const fn lift(&mut self) {
        self.free = true;
        self.wait = None;
    }

    /// The machine heard `event`, and decided.
    pub(crate) fn heard(&mut self, event: &Event, commands: &[Command], now: Now) {
        let hurried = |row: &Item| matches!(row.state, State::Waiting { next_at, not_before: None } if next_at <= now.wall_ms);
        let lifts = match event {
            Event::Loaded(rows) | Event::StorageBack(rows) => rows.iter().any(hurried),
            Event::Conflict { stored, .. } | Event::NotSent { stored, .. } => {
                stored.as_ref().is_some_and(hurried)
            }
            _ => false,
        };
        if lifts {
            self.lift();
        }
        let record = commands.iter().find_map(|command| match command {
            Command::Record(record) => Some(record),
            _ => None,
        });
        match (record.map(|record| record.outcome), event) {
            (Some(AttemptOutcome::Unknown | AttemptOutcome::TryAgain | AttemptOutcome::NotSignedIn), _) => {
                self.free = false;
                self.failed_at = Some(now.monotonic_ms);
                self.may_stand_in = matches!(event, Event::Answered { .. });
                // A late answer, heard as another attempt is given up, asks for nothing.
                if let Event::Answered { of, answer } = event
                    && record.is_some_and(|record| record.of == *of)
                    && let Some(wait) = asked_wait(&answer.body)
                {
                    self.wait = Some((of.id, now.monotonic_ms + wait));
                }
            }
            (Some(AttemptOutcome::Told | AttemptOutcome::Refused | AttemptOutcome::Deleted), _) => {
                self.lift()
            }
            // A late answer says so as well.
            (Some(_), _) | (None, Event::Answered { .. }) => {
                self.lift();
                self.tenths = (self.tenths + 1).min(BUDGET);
            }
            (None, _) => {}
        }
    }

    /// A request goes out.
    pub(crate) fn sends(&mut self, of: Try, now: Now) -> Result<(), String> {
        if of.operation == Operation::Status {
            return Ok(());
        }
        if self.wait.is_some_and(|(id, until)| id == of.id && now.monotonic_ms < until) {
            return Err(format!("attempt {} of {} was sent before its server wants it", of.number, of.id));
        }
        if of.number > 1 && !std::mem::take(&mut self.may_stand_in) {
            let paused = self.failed_at.is_none_or(|at| at + SLOWEST_MS <= now.monotonic_ms);
            if self.tenths >= RETRY {
                self.tenths -= RETRY;
            } else if !self.free && !paused {
                return Err(format!("attempt {} of {} is one more than the budget allows", of.number, of.id));
            }
        }
        Ok(())
    }
}

/// The wait that a problem document asks for.
fn asked_wait(body: &str) -> Option<Millis> {
    serde_json::from_str::<serde_json::Value>(body).ok()?.get("retry_after_ms")?.as_u64()
}
