//! Applies the log to the database, in order, once it is back.
//!
//! At least once: a record is committed after it was applied, and whatever happens in between, it is applied again.
//! That changes nothing, because it carries the primary key of what it stores.
//!
//! | module | what is there |
//! |---|---|
//! | `batch` | records that one transaction can take |
//! | `apply` | the transaction, split where one record spoils it |
//! | [`crash`] | a consumer that stops before it has saved its offset, on request |
//! | `letters` | the reason of a record that is not applied |
//! | [`replay`] | the whole log once more, and the proof that nothing changes |

mod apply;
mod batch;
pub mod crash;
mod letters;
pub mod replay;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use protocol::backoff::Backoff;
use protocol::outage::Replayed;
use protocol::user::UserId;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::log::Log;
use crate::services::now;
use crate::store::Store;
use crate::writer::Breaker;

use batch::Batch;
use crash::Crashes;

/// The most records in a transaction, as in the writer's batches.
const BATCH_MAX: u32 = 1_024;

/// Between two looks at a database that is away, from the start of one to the start of the next. Together with the
/// two seconds that a look may take, it is looked for at least every two seconds.
const BACKOFF: Backoff = Backoff { base_ms: 50, cap_ms: 1_000, floor_ms: 25 };

/// How often a record is looked at that is set aside for a while.
const SET_ASIDE: Duration = Duration::from_millis(100);

pub struct Relay {
    store: Arc<dyn Store>,
    log: Arc<dyn Log>,
    breaker: Arc<Breaker>,
    applied: AtomicU64,
    refused: AtomicU64,
    blocked: AtomicU64,
    pub crashes: Crashes,
    /// Held by a replay: one at a time, or visitors could load the machine.
    replaying: tokio::sync::Mutex<()>,
}

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many records were applied and committed.
    Applied(usize),
    /// Nothing's turn has come.
    Empty,
    /// The database or the log is away. What was not committed is tried again.
    Blocked,
}

/// Totals since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Records that were applied, those that were refused included.
    pub applied: u64,
    pub refused: u64,
    /// Steps that found the database or the log away.
    pub blocked: u64,
}

impl Relay {
    pub fn new(store: Arc<dyn Store>, log: Arc<dyn Log>, breaker: Arc<Breaker>) -> Self {
        let count = AtomicU64::default;
        let (crashes, replaying) = Default::default();
        Self { store, log, breaker, applied: count(), refused: count(), blocked: count(), crashes, replaying }
    }

    /// Applies the next batch.
    pub async fn step(&self) -> Step {
        let step = self.try_step().await;
        match step {
            Step::Applied(records) => {
                self.applied.fetch_add(records as u64, Ordering::Relaxed);
                self.breaker.close();
            }
            Step::Blocked => {
                self.blocked.fetch_add(1, Ordering::Relaxed);
            }
            Step::Empty => {}
        }
        step
    }

    async fn try_step(&self) -> Step {
        let entries = match self.log.queue().ready(now(), BATCH_MAX).await {
            Ok(entries) => entries,
            Err(error) => {
                tracing::warn!(%error, "the log cannot be read");
                return Step::Blocked;
            }
        };
        let batch = Batch::of(entries);
        if batch.len() == 0 {
            return Step::Empty;
        }
        let buried = async {
            let verdicts = apply::apply(&*self.store, &self.crashes.commands(&batch)).await?;
            let letters = letters::letters(&batch, &verdicts, now());
            if !letters.is_empty() {
                self.store.dead_letters().bury(&letters).await?;
            }
            Ok::<_, crate::store::StoreError>((letters.len(), self.crashes.saved(&batch, &verdicts)))
        };
        let saved = match buried.await {
            Ok((letters, saved)) => {
                self.refused.fetch_add(letters as u64, Ordering::Relaxed);
                saved
            }
            Err(error) => {
                tracing::debug!(%error, records = batch.len(), "the log cannot be applied yet");
                self.breaker.open();
                return Step::Blocked;
            }
        };
        if saved.is_empty() {
            return Step::Blocked;
        }
        if let Err(error) = self.log.commit(&saved).await {
            tracing::warn!(%error, "what was applied cannot be committed, and is applied again");
            return Step::Blocked;
        }
        Step::Applied(saved.len())
    }

    /// Applies what comes, until `stop`. A step that has begun is finished.
    pub async fn run(&self, stop: &CancellationToken) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            let began = Instant::now();
            let step = match self.step().await {
                // A log with nothing to apply does not tell whether the database is back.
                Step::Empty if self.breaker.is_open() => self.probe().await,
                step => step,
            };
            let pause = async {
                match step {
                    Step::Applied(_) => failures = 0,
                    Step::Empty => {
                        failures = 0;
                        self.something_to_do().await;
                    }
                    Step::Blocked => {
                        let (random, _) = Uuid::new_v4().as_u64_pair();
                        sleep_until(began + Duration::from_millis(BACKOFF.delay(failures, random))).await;
                        failures = failures.saturating_add(1);
                    }
                }
            };
            tokio::select! {
                () = pause => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Applies an author's last records again; `None` while another replay is under way.
    pub async fn replay_of(&self, author: UserId) -> Option<anyhow::Result<Replayed>> {
        let _alone = self.replaying.try_lock().ok()?;
        Some(replay::replay_of(&*self.store, &*self.log, author).await)
    }

    async fn probe(&self) -> Step {
        match self.store.ping().await {
            Ok(()) => {
                self.breaker.close();
                Step::Empty
            }
            Err(_) => Step::Blocked,
        }
    }

    async fn something_to_do(&self) {
        let set_aside = async {
            if self.log.queue().length() == 0 {
                std::future::pending::<()>().await;
            }
            sleep(SET_ASIDE).await;
        };
        tokio::select! {
            () = self.log.queue().news() => {}
            () = self.breaker.opened() => {}
            () = set_aside => {}
        }
    }

    pub fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts { applied: read(&self.applied), refused: read(&self.refused), blocked: read(&self.blocked) }
    }
}
