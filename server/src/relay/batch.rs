//! Records taken together, as one transaction can take them.

use std::collections::HashSet;

use crate::log::{Entry, Offset, Record, Unreadable};
use crate::store::{Command, Target};

/// The next records, in order, that have no target in common.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) commands: Vec<Command>,
    /// Where each command stands in the log.
    pub(super) offsets: Vec<Offset>,
    /// Between them, what cannot be read.
    pub(super) unreadable: Vec<(Entry, Unreadable)>,
    targets: HashSet<Target>,
}

impl Batch {
    /// Takes the entry, or gives back what has to wait for the next batch: a second command on a target is decided
    /// by what the first one left.
    pub(super) fn take(&mut self, entry: Entry) -> Result<(), Entry> {
        match entry.record() {
            Ok(Record { command, .. }) => {
                if command.targets().any(|target| self.targets.contains(&target)) {
                    return Err(entry);
                }
                self.targets.extend(command.targets());
                self.commands.push(command);
                self.offsets.push(entry.offset);
            }
            Err(error) => self.unreadable.push((entry, error)),
        }
        Ok(())
    }

    /// The longest beginning of `entries` that is one batch.
    pub(super) fn of(entries: Vec<Entry>) -> Self {
        let mut batch = Self::default();
        for entry in entries {
            if batch.take(entry).is_err() {
                break;
            }
        }
        batch
    }

    pub(super) fn len(&self) -> usize {
        self.commands.len() + self.unreadable.len()
    }

    pub(super) fn all_offsets(&self) -> Vec<Offset> {
        let unreadable = self.unreadable.iter().map(|(entry, _)| entry.offset);
        self.offsets.iter().copied().chain(unreadable).collect()
    }
}
