//! The loop around one try at the database.

use std::time::Duration;

use protocol::backoff::Backoff;
use protocol::fault::Tries;
use protocol::problem::Outcome;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Shared, WriteError};
use crate::store::{Command, DatabaseFault, StoreError, Verdict};

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

/// The state of one loop: how often it failed, and whether it may have written.
struct Loop {
    deadline: Instant,
    injected: Option<Injected>,
    tries: u32,
    outcome: Outcome,
}

impl Loop {
    fn new(deadline: Instant, injected: Option<Injected>) -> Self {
        Self { deadline, injected, tries: 0, outcome: Outcome::NotApplied }
    }

    /// The fault that the next try is hit by.
    fn next_try(&mut self, shared: &Shared) -> Option<DatabaseFault> {
        self.tries += 1;
        shared.counters.try_made();
        self.injected.filter(|injected| injected.tries.hits(self.tries)).map(|injected| injected.fault)
    }

    /// Waits before the next try, or gives up.
    async fn failed(&mut self, error: &StoreError) -> Result<(), WriteError> {
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
) -> Result<Vec<Verdict>, WriteError> {
    let mut attempts = Loop::new(deadline, injected);
    loop {
        let fault = attempts.next_try(shared);
        match shared.store.apply(batch, fault).await {
            Ok(verdicts) => return Ok(verdicts),
            Err(error) => attempts.failed(&error).await?,
        }
    }
}

/// The article's loop without the article's cure: does `work` until there is an answer. What a second try makes of
/// a first that took effect unnoticed is up to the work, which is told the fault that the try is hit by.
pub(super) async fn until_answered<T, W>(
    shared: &Shared,
    injected: Option<Injected>,
    work: impl Fn(Option<DatabaseFault>) -> W,
) -> Result<T, WriteError>
where
    W: Future<Output = Result<T, StoreError>>,
{
    let mut attempts = Loop::new(Instant::now() + PATIENCE, injected);
    loop {
        let fault = attempts.next_try(shared);
        match work(fault).await {
            Ok(answer) => return Ok(answer),
            Err(error) => attempts.failed(&error).await?,
        }
    }
}
