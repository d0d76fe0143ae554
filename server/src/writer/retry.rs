//! The loop around one try at the database.

use std::time::Duration;

use protocol::backoff::Backoff;
use protocol::fault::Tries;
use protocol::problem::Outcome;
use protocol::trace::{Row, Seen, TryFailure};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Shared, WriteError};
use crate::ledger::Witness;
use crate::store::{Command, DatabaseFault, Row as StoredRow, StoreError, Verdict};

/// How long a command is tried for, from when it was accepted. One that waited longer still gets one try.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// Short, because a client waits; jittered, because several instances may wait for one database.
const BACKOFF: Backoff = Backoff { base_ms: 10, cap_ms: 200, floor_ms: 5 };

/// A failure that a request asked for at the database hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Injected {
    pub fault: DatabaseFault,
    /// Which of the writer's own tries are hit.
    pub tries: Tries,
}

/// Who notes the tries of a loop, and the statements that each of them sends.
#[derive(Default)]
pub struct Watched {
    pub witnesses: Vec<Witness>,
    pub sql: &'static [&'static str],
}

impl Watched {
    pub fn by(witness: &Witness, sql: &'static [&'static str]) -> Self {
        let witnesses = if witness.is_there() { vec![witness.clone()] } else { Vec::new() };
        Self { witnesses, sql }
    }

    fn is_watched(&self) -> bool {
        !self.witnesses.is_empty()
    }

    /// Nothing is sent over a connection that is refused.
    fn tries(&self, number: u32, fault: Option<DatabaseFault>) {
        let sent = if fault == Some(DatabaseFault::ConnectRefused) { &[] } else { self.sql };
        for witness in &self.witnesses {
            let sql = || sent.iter().map(|statement| statement.trim().to_owned()).collect();
            witness.note(|| Seen::Try { number, sql: sql() });
        }
    }

    fn failed(&self, number: u32, fault: Option<DatabaseFault>, row: Option<&Row>) {
        let how = match fault {
            Some(DatabaseFault::ConnectRefused) => TryFailure::Refused,
            Some(DatabaseFault::RolledBack) => TryFailure::RolledBack,
            Some(DatabaseFault::CommitAckLost) => TryFailure::AckLost,
            None => TryFailure::Other,
        };
        for witness in &self.witnesses {
            witness.try_failed(number, how, row.filter(|_| how == TryFailure::AckLost).cloned());
        }
    }
}

/// What the database holds after a COMMIT whose answer was lost: read, not supposed. Such a command runs alone.
async fn left_behind(shared: &Shared, batch: &[Command]) -> Option<Row> {
    match shared.store.find(batch.first()?.id()).await.ok()?? {
        StoredRow::Post { post, .. } => Some(Row { id: post.id.to_string(), content: post.content }),
        StoredRow::Tombstone { .. } => None,
    }
}

/// The state of one loop: how often it failed, and whether it may have written.
struct Loop {
    deadline: Instant,
    watched: Watched,
    injected: Option<Injected>,
    tries: u32,
    outcome: Outcome,
}

impl Loop {
    fn new(deadline: Instant, watched: Watched, injected: Option<Injected>) -> Self {
        Self { deadline, watched, injected, tries: 0, outcome: Outcome::NotApplied }
    }

    /// The fault that the next try is hit by.
    fn next_try(&mut self, shared: &Shared) -> Option<DatabaseFault> {
        self.tries += 1;
        shared.counters.try_made();
        let fault = self.injected.filter(|injected| injected.tries.hits(self.tries));
        let fault = fault.map(|injected| injected.fault);
        self.watched.tries(self.tries, fault);
        fault
    }

    /// Waits before the next try, or gives up.
    async fn failed(
        &mut self,
        error: &StoreError,
        fault: Option<DatabaseFault>,
        row: Option<Row>,
    ) -> Result<(), WriteError> {
        self.watched.failed(self.tries, fault, row.as_ref());
        // Once a COMMIT may have been carried out, a later try that never began says nothing about it.
        if matches!(error, StoreError::Unknown(_)) {
            self.outcome = Outcome::Unknown;
        }
        let transient = error.is_transient();
        // Where every try will be hit there is nothing to wait for.
        let hopeless = self.injected.is_some_and(|injected| injected.tries == Tries::All);
        let (random, _) = Uuid::new_v4().as_u64_pair();
        let delay = Duration::from_millis(BACKOFF.delay(self.tries - 1, random));
        if !transient || hopeless || Instant::now() + delay > self.deadline {
            tracing::warn!(%error, tries = self.tries, outcome = ?self.outcome, "gave up on a write");
            return Err(WriteError { outcome: self.outcome, transient });
        }
        tracing::debug!(%error, tries = self.tries, ?delay, "a write is tried again");
        tokio::time::sleep(delay).await;
        Ok(())
    }
}

/// Applies `batch` until there is an answer, always with the same commands: one that took effect unnoticed is
/// recognised by its write id.
pub(super) async fn apply(
    shared: &Shared,
    batch: &[Command],
    deadline: Instant,
    injected: Option<Injected>,
    witnesses: Vec<Witness>,
) -> Result<Vec<Verdict>, WriteError> {
    let watched = Watched { witnesses, sql: shared.store.statements().of_batch };
    let mut attempts = Loop::new(deadline, watched, injected);
    loop {
        let fault = attempts.next_try(shared);
        match shared.store.apply(batch, fault).await {
            Ok(verdicts) => return Ok(verdicts),
            Err(error) => {
                let lost = fault == Some(DatabaseFault::CommitAckLost) && attempts.watched.is_watched();
                let row = if lost { left_behind(shared, batch).await } else { None };
                attempts.failed(&error, fault, row).await?;
            }
        }
    }
}

/// The article's loop without the article's cure: does `work` until there is an answer. What a second try makes of
/// a first that took effect unnoticed is up to the work, which is told the fault that the try is hit by.
///
/// `left_behind` reads the row that a COMMIT left whose answer was lost; it is asked only for the ledger's sake.
pub(super) async fn until_answered<T, W, L>(
    shared: &Shared,
    injected: Option<Injected>,
    watched: Watched,
    work: impl Fn(Option<DatabaseFault>) -> W,
    left_behind: impl Fn() -> L,
) -> Result<T, WriteError>
where
    W: Future<Output = Result<T, StoreError>>,
    L: Future<Output = Option<Row>>,
{
    let mut attempts = Loop::new(Instant::now() + PATIENCE, watched, injected);
    loop {
        let fault = attempts.next_try(shared);
        match work(fault).await {
            Ok(answer) => return Ok(answer),
            Err(error) => {
                let lost = fault == Some(DatabaseFault::CommitAckLost) && attempts.watched.is_watched();
                let row = if lost { left_behind().await } else { None };
                attempts.failed(&error, fault, row).await?;
            }
        }
    }
}
