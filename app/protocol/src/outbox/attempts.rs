//! A record of the last attempts, so that pictures of them survive a reload.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::time::Millis;

use super::item::Try;

/// How many records are kept.
const KEPT: usize = 500;

/// One attempt that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRecord {
    pub of: Try,
    /// When it was sent, in Unix milliseconds.
    pub started_at: Millis,
    pub duration_ms: Millis,
    pub outcome: AttemptOutcome,
    /// The answer's status, where there was an answer.
    pub status: Option<u16>,
    /// The fault that was asked for.
    pub fault: Option<Fault>,
}

/// How an attempt ended, as far as the client can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptOutcome {
    Created,
    Replayed,
    QueuedOnServer,
    Removed,
    /// A poll was answered.
    Told,
    /// Nobody knows: no answer, or none that counts.
    Unknown,
    /// Not applied, and worth another try.
    TryAgain,
    NotSignedIn,
    Refused,
    Deleted,
}

/// The last 500 attempts, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attempts(VecDeque<AttemptRecord>);

impl Attempts {
    pub fn push(&mut self, record: AttemptRecord) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(record);
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &AttemptRecord> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::PostId;
    use crate::outbox::Operation;

    #[test]
    fn o28_the_last_five_hundred_attempts_are_kept() {
        let mut attempts = Attempts::default();
        for number in 1..=600 {
            attempts.push(AttemptRecord {
                of: Try { id: PostId::mint(1, [0; 10]), operation: Operation::Create, number },
                started_at: 0,
                duration_ms: 0,
                outcome: AttemptOutcome::Unknown,
                status: None,
                fault: None,
            });
        }
        let numbers: Vec<u32> = attempts.iter().map(|record| record.of.number).collect();
        assert_eq!((numbers.len(), numbers[0], numbers[499]), (500, 101, 600));
    }
}
