//! What waits, gathered into a batch.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::counters::{Counters, UnderWay};
use super::{Answer, Queueing, WriteError};
use crate::ledger::Witness;
use crate::store::{Command, Target, Verdict};

/// The most commands in a batch: beyond this a transaction gains nothing and its neighbours wait.
const BATCH_MAX: usize = 1_024;

/// A command and everyone who waits for it.
pub(super) struct Entry {
    pub(super) command: Command,
    pub(super) queueing: Queueing,
    pub(super) waiters: Vec<Waiter>,
    /// Whose tries these are, in experiments alone.
    pub(super) witnesses: Vec<Witness>,
    pub(super) accepted: Instant,
}

pub(super) struct Waiter {
    answer: oneshot::Sender<Result<Answer, WriteError>>,
    under_way: UnderWay,
}

impl Waiter {
    pub(super) fn new(counters: &Arc<Counters>) -> (Self, oneshot::Receiver<Result<Answer, WriteError>>) {
        let (answer, receiver) = oneshot::channel();
        (Self { answer, under_way: counters.enter() }, receiver)
    }

    fn tell(self, answer: Result<Answer, WriteError>) {
        drop(self.under_way);
        // Whoever asked may have gone.
        let _ = self.answer.send(answer);
    }
}

impl Entry {
    /// Tells everyone: the first gets the verdict itself, the others theirs as a replay.
    pub(super) fn tell(self, answer: Result<Verdict, WriteError>) {
        let mut waiters = self.waiters.into_iter();
        let Some(first) = waiters.next() else { return };
        for waiter in waiters {
            let replay = answer.clone().map(Verdict::as_replay);
            waiter.tell(replay.map(|verdict| Answer { verdict, attached: true }));
        }
        first.tell(answer.map(|verdict| Answer { verdict, attached: false }));
    }
}

/// Takes the next batch from what waits: at most one command per target, sorted by id, so that two instances lock
/// rows in one order. Equal commands are folded into one. Another command on the same target waits for the next
/// batch, in its order: the store answers it once the first one's outcome is known.
pub(super) fn gather(waiting: &mut VecDeque<Entry>) -> Vec<Entry> {
    let mut batch = Vec::<Entry>::with_capacity(waiting.len().min(BATCH_MAX));
    let mut rest = VecDeque::new();
    let mut taken = HashMap::<Target, usize>::with_capacity(waiting.len());
    let mut behind = HashSet::<Target>::new();
    for entry in waiting.drain(..) {
        // Nobody may overtake a different command on the same target.
        let overtakes = entry.command.targets().any(|target| behind.contains(&target));
        let place = entry.command.targets().find_map(|target| taken.get(&target).copied());
        match place {
            Some(first) if !overtakes && same(&batch[first], &entry) => {
                // Of two that are the same, one without a condition may wait in the log; the other one's sender is
                // told that nothing is certain.
                batch[first].queueing = batch[first].queueing.max(entry.queueing);
                batch[first].waiters.extend(entry.waiters);
                batch[first].witnesses.extend(entry.witnesses);
            }
            None if !overtakes && batch.len() < BATCH_MAX => {
                taken.extend(entry.command.targets().map(|target| (target, batch.len())));
                batch.push(entry);
            }
            _ => {
                behind.extend(entry.command.targets());
                rest.push_back(entry);
            }
        }
    }
    *waiting = rest;
    batch.sort_by_key(|entry| entry.command.id());
    batch
}

/// Whether one answer serves both, which have a target in common: the same author does the same.
fn same(a: &Entry, b: &Entry) -> bool {
    if a.queueing.until_ms() != b.queueing.until_ms() {
        return false;
    }
    match (&a.command, &b.command) {
        (Command::Create(a), Command::Create(b)) => a.author == b.author && a.fingerprint == b.fingerprint,
        (Command::Edit(a), Command::Edit(b)) => {
            a.key == b.key && a.fingerprint == b.fingerprint && a.if_match == b.if_match
        }
        (Command::Create(_) | Command::Edit(_) | Command::Delete(_), _) => false,
    }
}
