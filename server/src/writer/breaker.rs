//! Whether the database is known to be away.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Open while the database is known to be away: nobody waits for it then. Whoever gives up on the database opens it,
/// and whoever gets an answer from it closes it.
#[derive(Default)]
pub struct Breaker {
    open: AtomicBool,
    opened: Notify,
}

impl Breaker {
    /// Open until somebody closes it, for a database that has no tables yet.
    pub fn new_open() -> Self {
        Self { open: AtomicBool::new(true), opened: Notify::new() }
    }

    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    pub fn open(&self) {
        if !self.open.swap(true, Ordering::AcqRel) {
            tracing::warn!("the database is away");
            self.opened.notify_one();
        }
    }

    pub fn close(&self) {
        if self.open.swap(false, Ordering::AcqRel) {
            tracing::info!("the database answers");
        }
    }

    /// Returns when it was opened since this returned last: somebody has to look after the database.
    pub async fn opened(&self) {
        self.opened.notified().await;
    }
}
