//! The write connection, with what it knows and a gate before its commits.
//!
//! A batch that goes to SQLite's thread together with its COMMIT cannot be called back, and whoever stops waiting for it
//! has to know whether it may be stored. So every commit passes a gate: either it went through before, and the outcome
//! is unknown, or the gate was closed before, and SQLite rolls back.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use protocol::user::{UserId, display_name};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

/// How many authors a connection remembers, which is a megabyte; it begins anew beyond.
const AUTHORS_MAX: usize = 16_384;

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
    /// Authors who have a row, which is never changed or deleted; with their name, where it is another than an id
    /// alone would say.
    authors: HashMap<UserId, Option<String>>,
}

impl Known {
    /// Whether the author is known to have a row.
    pub(super) fn has(&self, author: UserId) -> bool {
        self.authors.contains_key(&author)
    }

    /// Forgets all authors where so many more would be too many. In the middle of a batch nothing may be forgotten.
    pub(super) fn make_room(&mut self, more: usize) {
        if self.authors.len() + more > AUTHORS_MAX {
            self.authors.clear();
        }
    }

    pub(super) fn learn(&mut self, author: UserId, name: String) {
        self.authors.insert(author, Some(name).filter(|name| *name != display_name(author)));
    }

    /// The name of an author who is known.
    pub(super) fn name(&self, author: UserId) -> String {
        self.authors.get(&author).cloned().flatten().unwrap_or_else(|| display_name(author))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_remembers_only_so_many_authors_and_their_own_names() {
        let author = |number: usize| UserId(uuid::Uuid::from_u128(number as u128));
        let mut known = Known::default();
        for number in 0..AUTHORS_MAX {
            known.make_room(1);
            known.learn(
                author(number),
                if number == 1 { "raw".to_owned() } else { display_name(author(number)) },
            );
        }
        assert_eq!(
            (known.name(author(1)), known.name(author(2))),
            ("raw".to_owned(), display_name(author(2)))
        );
        known.make_room(1);
        assert!(!known.has(author(1)));
    }
}
