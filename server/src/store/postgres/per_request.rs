//! One transaction for each request, over a pool and without the batches' lock: what most servers do, kept to be
//! compared with. Numbers come from a sequence, so a reader may see 3 before 2.

use std::ops::{Deref, DerefMut};

use sqlx::{PgConnection, PgPool};
use tokio::sync::{MutexGuard, Semaphore, SemaphorePermit};

use super::Slot;
use super::connection::WriteConnection;

/// Connections that write at once.
const WRITERS: usize = 32;

pub(super) struct PerRequest {
    free: Semaphore,
    slots: [Slot; WRITERS],
}

/// A slot that is held, and the right to hold one of many.
pub(super) struct Place<'a> {
    slot: MutexGuard<'a, Option<WriteConnection>>,
    _right: Option<SemaphorePermit<'a>>,
}

impl<'a> Place<'a> {
    pub(super) fn alone(slot: MutexGuard<'a, Option<WriteConnection>>) -> Self {
        Self { slot, _right: None }
    }
}

impl Deref for Place<'_> {
    type Target = Option<WriteConnection>;

    fn deref(&self) -> &Option<WriteConnection> {
        &self.slot
    }
}

impl DerefMut for Place<'_> {
    fn deref_mut(&mut self) -> &mut Option<WriteConnection> {
        &mut self.slot
    }
}

impl PerRequest {
    pub(super) fn new() -> Self {
        Self { free: Semaphore::new(WRITERS), slots: std::array::from_fn(|_| Slot::default()) }
    }

    /// A slot that nobody holds.
    pub(super) async fn place(&self) -> Result<Place<'_>, sqlx::Error> {
        let right = self.free.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let slot = self.slots.iter().find_map(|slot| slot.try_lock().ok());
        // As many may look as there are slots.
        let slot = slot.ok_or(sqlx::Error::PoolTimedOut)?;
        Ok(Place { slot, _right: Some(right) })
    }
}

/// Starts the sequence behind what is there.
pub(super) async fn number_from_here(pool: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query("create sequence if not exists per_request_changes").execute(pool).await?;
    let start = "select setval('per_request_changes', coalesce(max(change), 0) + 1) from posts";
    sqlx::query(start).execute(pool).await?;
    Ok(())
}

/// The number before the one that is drawn.
pub(super) async fn newest(transaction: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select nextval('per_request_changes') - 1").fetch_one(transaction).await
}
