//! Every write goes through here, batched: N waiting commands cost one transaction.
//!
//! There is no timer. While one batch commits, the next gathers; a lone command is written at once. A command
//! that was accepted is carried out whether or not anybody still waits for its answer, so a client that hangs
//! up cancels nothing, and no request ever holds a transaction.
//!
//! A try that fails is repeated with the same commands, for two seconds at most. That is harmless because of
//! the ids: a command that took effect unnoticed finds its own row.
//!
//! | module | what is there |
//! |---|---|
//! | `batch` | what waits, sorted and folded into one command per id |
//! | `settle` | one batch until every command has its answer; splits a batch that one command spoils |
//! | `retry` | the loop around one try, and the faults injected into it |
//! | [`Breaker`] | whether the database is known to be away |
//! | `overflow` | what goes to the log, because the database is away or its author waits there already |
//! | `counters` | what is in flight, and how often the database was asked |

mod batch;
mod breaker;
mod counters;
mod overflow;
mod retry;
mod settle;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use protocol::problem::Outcome;
use protocol::trace::Row;
use protocol::wire::NaivePost;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ledger::Witness;
use crate::log::Log;
use crate::store::{Command, DatabaseFault, NaiveInsert, Store, StoreError, Verdict};

pub use breaker::Breaker;
pub use counters::Counts;
pub use retry::{Injected, PATIENCE, Watched};

use batch::{Entry, Waiter, gather};
use counters::Counters;
use overflow::{Divided, Overflow};
use settle::settle;

/// A handle on the writer, cheap to clone.
#[derive(Clone)]
pub struct Writer {
    commands: mpsc::UnboundedSender<Entry>,
    shared: Arc<Shared>,
    /// Every command runs alone; see [`Writer::without_batches`].
    alone: bool,
}

/// What the writer's tasks have in common.
struct Shared {
    store: Arc<dyn Store>,
    /// The way to the log, where there is one.
    overflow: Option<Overflow>,
    breaker: Arc<Breaker>,
    counters: Arc<Counters>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Whether a command may be left to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Queueing {
    /// It has a condition, which only the database can decide.
    Never,
    /// Where the database is away, or the author has something waiting.
    IfAway,
    /// To this command the database is away until then, in Unix milliseconds.
    Until(u64),
}

impl Queueing {
    const fn is_asked_for(self) -> bool {
        matches!(self, Self::Until(_))
    }

    const fn until_ms(self) -> u64 {
        match self {
            Self::Never | Self::IfAway => 0,
            Self::Until(until) => until,
        }
    }
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub verdict: Verdict,
    /// The same command was waiting already; this one was answered along with it, as its replay.
    pub attached: bool,
}

/// The writer gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the write failed, outcome {outcome:?}")]
pub struct WriteError {
    /// `NotApplied` only where COMMIT was never sent.
    pub outcome: Outcome,
    /// False where the database complains of the command itself: trying again cannot help.
    pub transient: bool,
}

impl Writer {
    /// Starts the writer's tasks on the current Tokio runtime. Without a log, what the database does not take for
    /// two seconds fails; with one it is queued there, and at once while `breaker` is open.
    pub fn start(store: Arc<dyn Store>, log: Option<Arc<dyn Log>>, breaker: Arc<Breaker>) -> Self {
        let (commands, receiver) = mpsc::unbounded_channel();
        let counters = Arc::<Counters>::default();
        let overflow = log.map(|log| Overflow::new(log, Arc::clone(&breaker), Arc::clone(&counters)));
        let (overflow, passed) = overflow.unzip();
        let shared = Arc::new(Shared {
            store,
            overflow,
            breaker,
            counters,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        });
        let written_out = CancellationToken::new();
        let running = run(receiver, Arc::clone(&shared), written_out.clone());
        shared.tasks.spawn(running);
        if let Some(passed) = passed {
            let shared = Arc::clone(&shared);
            shared.tasks.clone().spawn(async move {
                if let Some(overflow) = &shared.overflow {
                    overflow.run(passed, written_out.cancelled()).await;
                }
            });
        }
        Self { commands, shared, alone: false }
    }

    /// One transaction for each command, only to be compared with: what batches gain is measured against it.
    #[must_use]
    pub fn without_batches(self) -> Self {
        Self { alone: true, ..self }
    }

    /// Has `command` carried out and waits for what became of it. Dropping the future cancels nothing. A command
    /// with a fault runs alone, so that no neighbour is touched, and is never left to the log.
    pub async fn submit(
        &self,
        command: Command,
        queueing: Queueing,
        fault: Option<Injected>,
        witness: &Witness,
    ) -> Result<Answer, WriteError> {
        let (waiter, answer) = Waiter::new(&self.shared.counters);
        let witnesses = Watched::by(witness, &[]).witnesses;
        let entry = Entry { command, queueing, waiters: vec![waiter], witnesses, accepted: Instant::now() };
        if fault.is_some() || self.alone {
            let alone = settle(Arc::clone(&self.shared), vec![entry], fault);
            self.shared.tasks.spawn(alone);
        } else if self.commands.send(entry).is_err() {
            return Err(WriteError { outcome: Outcome::NotApplied, transient: true });
        }
        answer_of(answer).await
    }

    /// Stores a row of the control arm, with the same retries as [`Writer::submit`] and nothing to make them
    /// harmless: when the answer to a COMMIT is lost, the retry is a second row.
    pub async fn submit_naive(
        &self,
        row: NaiveInsert,
        fault: Option<Injected>,
        witness: &Witness,
    ) -> Result<NaivePost, WriteError> {
        let (sender, answer) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        let under_way = self.shared.counters.enter();
        let watched = Watched::by(witness, shared.store.statements().of_naive);
        self.shared.tasks.spawn(async move {
            let insert = |fault| shared.store.insert_naive(&row, fault);
            let newest = async || {
                let rows = shared.store.naive_feed(None, row.run, None, 1).await.ok()?;
                rows.into_iter().next().map(|row| Row { id: row.id.to_string(), content: row.content })
            };
            let stored = retry::until_answered(&shared, fault, watched, insert, newest).await;
            drop(under_way);
            // Whoever asked may have gone.
            let _ = sender.send(stored);
        });
        answer_of(answer).await
    }

    /// Does `work` on the database with the retries of [`Writer::submit`], in the caller's own task; each try is
    /// told the fault that it is hit by.
    pub async fn until_answered<T, W, L>(
        &self,
        fault: Option<Injected>,
        watched: Watched,
        work: impl Fn(Option<DatabaseFault>) -> W,
        left_behind: impl Fn() -> L,
    ) -> Result<T, WriteError>
    where
        W: Future<Output = Result<T, StoreError>>,
        L: Future<Output = Option<Row>>,
    {
        let _under_way = self.shared.counters.enter();
        retry::until_answered(&self.shared, fault, watched, work, left_behind).await
    }

    /// Commands that were accepted and not answered yet; 0 when idle.
    pub fn in_flight(&self) -> usize {
        self.shared.counters.in_flight()
    }

    /// The most commands that were in flight at once since this was last asked.
    pub fn take_peak(&self) -> usize {
        self.shared.counters.take_peak()
    }

    pub fn counts(&self) -> Counts {
        self.shared.counters.counts()
    }

    /// Accepts nothing more, and returns once everything that was accepted has its answer.
    pub async fn shutdown(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

/// An answer that never comes means that the task which owed it broke off: whether it wrote is unknown.
async fn answer_of<T>(answer: oneshot::Receiver<Result<T, WriteError>>) -> Result<T, WriteError> {
    answer.await.unwrap_or(Err(WriteError { outcome: Outcome::Unknown, transient: true }))
}

async fn run(
    mut commands: mpsc::UnboundedReceiver<Entry>,
    shared: Arc<Shared>,
    written_out: CancellationToken,
) {
    // Nothing is passed on to the log once this task is gone.
    let _written_out = written_out.drop_guard();
    let mut waiting = VecDeque::new();
    loop {
        let first = tokio::select! {
            first = commands.recv() => first,
            () = shared.stop.cancelled(), if !commands.is_closed() => {
                // What was sent before is still received.
                commands.close();
                continue;
            }
        };
        let Some(first) = first else { return };
        waiting.push_back(first);
        while !waiting.is_empty() {
            while let Ok(next) = commands.try_recv() {
                waiting.push_back(next);
            }
            let mut batch = gather(&mut waiting);
            if let Some(overflow) = &shared.overflow {
                let Divided { to_store, to_log, held } = overflow.divide(batch).await;
                overflow.pass(to_log, Outcome::NotApplied);
                if to_store.is_empty() && !held.is_empty() {
                    overflow.moved().await;
                }
                held.into_iter().rev().for_each(|entry| waiting.push_front(entry));
                batch = to_store;
            }
            if batch.is_empty() {
                continue;
            }
            // A task of its own, so that a panic costs the batch and not the writer.
            let settled = tokio::spawn(settle(Arc::clone(&shared), batch, None));
            if let Err(error) = settled.await {
                tracing::error!(%error, "a batch broke off");
            }
        }
    }
}
