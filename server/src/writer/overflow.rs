//! Commands on their way to the log, because the database is away or their author already waits there.
//!
//! They are appended by a task of its own, in the order in which the writer passed them on: a log that is slow must
//! not hold up the database.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use protocol::problem::Outcome;
use protocol::user::UserId;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::batch::Entry;
use super::counters::Counters;
use super::{Breaker, Queueing, WriteError};
use crate::log::{Log, LogError, Record};
use crate::store::{Target, Verdict};

/// How long a command waits for the rest of its author's to be taken off the log, while the database is there. Without
/// it, who writes one post after the other would stay in the queue for as long as they write.
const CATCH_UP: Duration = Duration::from_millis(100);

/// How often it looks, should nobody say that something was taken off.
const LOOK: Duration = Duration::from_millis(10);

/// The most commands that are appended at once.
const APPEND_MAX: usize = 1_024;

/// A command for the log, and what is known of it should the log be away, too.
struct Passed {
    entry: Entry,
    outcome: Outcome,
}

pub(super) struct Overflow {
    log: Arc<dyn Log>,
    breaker: Arc<Breaker>,
    counters: Arc<Counters>,
    passed: mpsc::UnboundedSender<Passed>,
    /// How many commands of each author were passed on and are not in the log yet.
    // A std mutex: nothing is awaited while it is held.
    in_hand: Mutex<HashMap<UserId, usize>>,
}

/// A batch, split by where it goes.
pub(super) struct Divided {
    pub(super) to_store: Vec<Entry>,
    pub(super) to_log: Vec<Entry>,
    /// Their author's turn comes in a moment.
    pub(super) held: Vec<Entry>,
}

pub(super) struct Receiver(mpsc::UnboundedReceiver<Passed>);

impl Overflow {
    pub(super) fn new(log: Arc<dyn Log>, breaker: Arc<Breaker>, counters: Arc<Counters>) -> (Self, Receiver) {
        let (passed, receiver) = mpsc::unbounded_channel();
        (Self { log, breaker, counters, passed, in_hand: Mutex::default() }, Receiver(receiver))
    }

    /// Decides where each command of a batch goes. Nobody overtakes themselves: while an author has something in the
    /// log that was not applied, what comes later waits for it, or goes there, too.
    pub(super) async fn divide(&self, batch: Vec<Entry>) -> Divided {
        let mut divided = Divided { to_store: Vec::new(), to_log: Vec::new(), held: Vec::new() };
        if self.breaker.is_open() {
            divided.to_log = batch;
            return divided;
        }
        let waiting = self.waiting(&batch).await;
        for entry in batch {
            if entry.queueing.is_asked_for() {
                divided.to_log.push(entry);
            } else if !waiting.contains(&entry.command.author()) {
                divided.to_store.push(entry);
            } else if entry.accepted.elapsed() < CATCH_UP {
                divided.held.push(entry);
            } else {
                divided.to_log.push(entry);
            }
        }
        divided
    }

    /// Which authors of a batch have something in the log, or on its way there.
    async fn waiting(&self, batch: &[Entry]) -> HashSet<UserId> {
        // Looked at first: what leaves it in between is found in the log.
        let mut waiting: HashSet<UserId> = self.hand().keys().copied().collect();
        if self.log.queue().is_empty() {
            return waiting;
        }
        let authors: HashSet<UserId> = batch.iter().map(|entry| entry.command.author()).collect();
        match self.log.queue().waiting(&authors).await {
            Ok(found) => waiting.extend(found),
            Err(error) => {
                // Whoever may wait is taken to wait: an order that was broken cannot be mended.
                tracing::warn!(%error, "the log does not say who waits");
                waiting.extend(authors);
            }
        }
        waiting
    }

    /// Returns when something was taken off the log, or soon.
    pub(super) async fn moved(&self) {
        // In vain is as good.
        let _ = timeout(LOOK, self.log.queue().progress()).await;
    }

    /// Passes commands on; `outcome` is what the database may have made of them.
    pub(super) fn pass(&self, entries: Vec<Entry>, outcome: Outcome) {
        for entry in entries {
            if entry.queueing == Queueing::Never {
                entry.tell(Err(WriteError { outcome, transient: true }));
                continue;
            }
            *self.hand().entry(entry.command.author()).or_default() += 1;
            if let Err(mpsc::error::SendError(passed)) = self.passed.send(Passed { entry, outcome }) {
                self.let_go(passed.entry.command.author());
                passed.entry.tell(Err(WriteError { outcome, transient: true }));
            }
        }
    }

    /// Appends what is passed on, until `ended`.
    pub(super) async fn run(&self, receiver: Receiver, ended: impl Future<Output = ()>) {
        let Receiver(mut receiver) = receiver;
        tokio::pin!(ended);
        loop {
            let first = tokio::select! {
                first = receiver.recv() => first,
                () = &mut ended, if !receiver.is_closed() => {
                    // What was passed before is still received.
                    receiver.close();
                    continue;
                }
            };
            let Some(first) = first else { return };
            let mut batch = vec![first];
            while batch.len() < APPEND_MAX {
                let Ok(next) = receiver.try_recv() else { break };
                batch.push(next);
            }
            while !batch.is_empty() {
                let later = set_apart(&mut batch);
                self.append(std::mem::replace(&mut batch, later)).await;
            }
        }
    }

    async fn append(&self, batch: Vec<Passed>) {
        let targets: Vec<(UserId, Target)> = batch
            .iter()
            .filter_map(|Passed { entry, .. }| {
                Some((entry.command.author(), entry.command.targets().next()?))
            })
            .collect();
        let pending = match self.log.queue().pending(&targets).await {
            Ok(pending) => pending,
            Err(error) => return self.refuse(batch, &error),
        };
        let mut fresh = Vec::with_capacity(batch.len());
        for (passed, pending) in batch.into_iter().zip(pending) {
            match pending.filter(|pending| pending.does(&passed.entry.command)) {
                // A retry of what waits already: it is in the log.
                Some(pending) => self.tell(passed.entry, Ok(Verdict::Queued(pending.post))),
                None => fresh.push(passed),
            }
        }
        if fresh.is_empty() {
            return;
        }
        let records: Vec<Record> = fresh
            .iter()
            .map(|Passed { entry, .. }| Record {
                command: entry.command.clone(),
                until_ms: entry.queueing.until_ms(),
            })
            .collect();
        match self.log.append(&records).await {
            Ok(_) => {
                self.counters.queued(fresh.len());
                for Passed { entry, .. } in fresh {
                    let id = entry.command.id();
                    self.tell(entry, Ok(Verdict::Queued(id)));
                }
            }
            Err(error) => self.refuse(fresh, &error),
        }
    }

    /// Database and log are away. Where either may have taken a command, nothing can be said about it.
    fn refuse(&self, batch: Vec<Passed>, error: &LogError) {
        tracing::warn!(%error, commands = batch.len(), "neither the database nor the log takes what is written");
        for Passed { entry, outcome } in batch {
            let outcome = match (outcome, error.outcome()) {
                (Outcome::NotApplied, Outcome::NotApplied) => Outcome::NotApplied,
                _ => Outcome::Unknown,
            };
            self.tell(entry, Err(WriteError { outcome, transient: true }));
        }
    }

    fn tell(&self, entry: Entry, answer: Result<Verdict, WriteError>) {
        // Before the answer: whoever writes after it has to find the log ahead of it, or nothing.
        self.let_go(entry.command.author());
        entry.tell(answer);
    }

    fn let_go(&self, author: UserId) {
        let mut in_hand = self.hand();
        if let Some(count) = in_hand.get_mut(&author) {
            *count -= 1;
            if *count == 0 {
                in_hand.remove(&author);
            }
        }
    }

    fn hand(&self) -> std::sync::MutexGuard<'_, HashMap<UserId, usize>> {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes out of a batch what has to be compared with something in it: a second command on one target, and what its
/// author sent after it.
fn set_apart(batch: &mut Vec<Passed>) -> Vec<Passed> {
    let (mut targets, mut behind) = (HashSet::new(), HashSet::new());
    let mut later = Vec::new();
    let mut first = Vec::with_capacity(batch.len());
    for passed in batch.drain(..) {
        let command = &passed.entry.command;
        if behind.contains(&command.author()) || command.targets().any(|target| targets.contains(&target)) {
            behind.insert(command.author());
            later.push(passed);
        } else {
            targets.extend(command.targets());
            first.push(passed);
        }
    }
    *batch = first;
    later
}
