//! What waits, gathered into a batch.

use std::collections::{BTreeMap, VecDeque, btree_map};
use std::sync::Arc;

use protocol::key::PostId;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::counters::{Counters, UnderWay};
use super::{Answer, WriteError};
use crate::ledger::Witness;
use crate::store::{Command, Verdict};

/// The most commands in a batch: beyond this a transaction gains nothing and its neighbours wait.
const BATCH_MAX: usize = 1_024;

/// A command and everyone who waits for it.
pub(super) struct Entry {
    pub(super) command: Command,
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
        let replay = match &answer {
            Ok(Verdict::Created(post)) => Ok(Verdict::Replayed(post.clone())),
            other => other.clone(),
        };
        let mut waiters = self.waiters.into_iter();
        if let Some(first) = waiters.next() {
            first.tell(answer.map(|verdict| Answer { verdict, attached: false }));
        }
        for waiter in waiters {
            waiter.tell(replay.clone().map(|verdict| Answer { verdict, attached: true }));
        }
    }
}

/// Takes the next batch from what waits: at most one command per id, sorted by id, so that two instances lock
/// rows in one order. Equal creates are folded into one. Another command on the same id waits for the next
/// batch, in its order: the store answers it once the first one's outcome is known.
pub(super) fn gather(waiting: &mut VecDeque<Entry>) -> Vec<Entry> {
    let mut batch = BTreeMap::<PostId, Entry>::new();
    let mut rest = VecDeque::new();
    let mut behind = std::collections::HashSet::new();
    for entry in waiting.drain(..) {
        let id = entry.command.id();
        let full = batch.len() == BATCH_MAX;
        match batch.entry(id) {
            btree_map::Entry::Vacant(place) if !full => {
                place.insert(entry);
            }
            // Nobody may overtake a different command on the same id.
            btree_map::Entry::Occupied(mut first)
                if !behind.contains(&id) && same(&first.get().command, &entry.command) =>
            {
                let first = first.get_mut();
                first.waiters.extend(entry.waiters);
                first.witnesses.extend(entry.witnesses);
            }
            _ => {
                behind.insert(id);
                rest.push_back(entry);
            }
        }
    }
    *waiting = rest;
    batch.into_values().collect()
}

/// Whether one answer serves both: the same author creates the same post.
fn same(a: &Command, b: &Command) -> bool {
    match (a, b) {
        (Command::Create(a), Command::Create(b)) => a.author == b.author && a.fingerprint == b.fingerprint,
        (Command::Create(_) | Command::Delete(_), _) => false,
    }
}
