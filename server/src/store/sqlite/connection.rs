//! The write connection, with what it knows and a gate before its commits.
//!
//! A batch that goes to SQLite's thread together with its COMMIT cannot be called back, and whoever stops waiting for it
//! has to know whether it may be stored. So every commit passes a gate: either it went through before, and the outcome
//! is unknown, or the gate was closed before, and SQLite rolls back.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

use crate::store::authors::Authors;

pub(super) struct WriteConnection {
    pub(super) connection: SqliteConnection,
    pub(super) gate: Arc<Gate>,
    pub(super) known: Known,
}

impl WriteConnection {
    pub(super) async fn open(options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let mut connection = options.connect().await?;
        let gate = Arc::<Gate>::default();
        let passed = Arc::clone(&gate);
        connection.lock_handle().await?.set_commit_hook(move || passed.lets_through());
        Ok(Self { connection, gate, known: Known::default() })
    }

    pub(super) async fn close(self) -> Result<(), sqlx::Error> {
        sqlx::Connection::close(self.connection).await
    }
}

impl Deref for WriteConnection {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for WriteConnection {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

/// What a connection has seen committed. It goes down with the connection.
#[derive(Default)]
pub(super) struct Known {
    /// The newest change. Another process may have drawn numbers since, so this has to be looked at again.
    pub(super) newest: Option<i64>,
    /// Whether most of the last batch changed nothing.
    pub(super) retries: bool,
    pub(super) authors: Authors,
}

/// Decides between a commit and whoever has given up on it.
#[derive(Default)]
pub(super) struct Gate(AtomicU8);

const OPEN: u8 = 0;
const PASSED: u8 = 1;
const CLOSED: u8 = 2;

impl Gate {
    /// Before a transaction whose commit may be given up on.
    pub(super) fn open(&self) {
        self.0.store(OPEN, Ordering::SeqCst);
    }

    /// Keeps the commit from happening; false where it has begun.
    pub(super) fn close(&self) -> bool {
        let closed = self.0.compare_exchange(OPEN, CLOSED, Ordering::SeqCst, Ordering::SeqCst);
        closed.is_ok()
    }

    /// Asked by SQLite, as the first step of a commit.
    pub(super) fn lets_through(&self) -> bool {
        let passed = self.0.compare_exchange(OPEN, PASSED, Ordering::SeqCst, Ordering::SeqCst);
        passed != Err(CLOSED)
    }
}
