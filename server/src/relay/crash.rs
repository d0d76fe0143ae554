//! A consumer that stops after it has applied an author's records and before it has saved their offset. Whoever asks
//! for it sees their own records applied twice, and nobody else's.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use protocol::outage::Crash;
use protocol::user::UserId;
use uuid::Uuid;

use super::batch::Batch;
use super::replay::changed_something;
use crate::log::Offset;
use crate::store::{Command, Verdict};

/// Authors that are remembered; beyond it all are forgotten, and see their records applied once.
const AUTHORS_MAX: usize = 1_000;

#[derive(Default)]
struct Consumer {
    report: Crash,
    /// What was applied while its offset was not saved.
    unsaved: HashSet<Offset>,
}

/// The crashes that were asked for, and what came of them.
#[derive(Default)]
pub struct Crashes {
    // A std mutex: nothing is awaited while it is held.
    consumers: Mutex<HashMap<UserId, Consumer>>,
}

impl Crashes {
    /// The next records of this author are applied, and their offset is not saved.
    pub fn arm(&self, author: UserId) {
        let mut consumers = self.consumers();
        if consumers.len() >= AUTHORS_MAX {
            consumers.clear();
        }
        let consumer = consumers.entry(author).or_default();
        consumer.report = Crash { armed: true, ..Crash::default() };
    }

    /// What came of the last one that this author asked for.
    pub fn report(&self, author: UserId) -> Option<Crash> {
        self.consumers().get(&author).map(|consumer| consumer.report)
    }

    /// The batch's commands. What is applied a second time comes under a new write id, or it would take its own row
    /// for one that it has just written.
    pub(super) fn commands(&self, batch: &Batch) -> Vec<Command> {
        let consumers = self.consumers();
        let again = |command: &Command, offset: &Offset| {
            consumers.get(&command.author()).is_some_and(|consumer| consumer.unsaved.contains(offset))
        };
        let commands = batch.commands.iter().zip(&batch.offsets).map(|(command, offset)| {
            let command = command.clone();
            if again(&command, offset) { command.with_write_id(Uuid::new_v4()) } else { command }
        });
        commands.collect()
    }

    /// The offsets to be saved once the batch was applied: all, but for those that a crash comes before.
    pub(super) fn saved(&self, batch: &Batch, verdicts: &[Option<Verdict>]) -> Vec<Offset> {
        let mut consumers = self.consumers();
        let mut lost = HashSet::new();
        let mut crashed = HashSet::new();
        for ((command, offset), verdict) in batch.commands.iter().zip(&batch.offsets).zip(verdicts) {
            let Some(consumer) = consumers.get_mut(&command.author()) else { continue };
            if consumer.unsaved.remove(offset) {
                consumer.report.again += 1;
                consumer.report.changed += u32::from(verdict.as_ref().is_some_and(changed_something));
            } else if consumer.report.armed {
                consumer.report.unsaved += 1;
                consumer.unsaved.insert(*offset);
                lost.insert(*offset);
                crashed.insert(command.author());
            }
        }
        for author in crashed {
            if let Some(consumer) = consumers.get_mut(&author) {
                consumer.report.armed = false;
            }
        }
        batch.all_offsets().into_iter().filter(|offset| !lost.contains(offset)).collect()
    }

    fn consumers(&self) -> std::sync::MutexGuard<'_, HashMap<UserId, Consumer>> {
        self.consumers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
