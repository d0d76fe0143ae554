//! The embedded store: one file, one writer, many readers.
//!
//! SQLite has one writer at a time, so there is one write connection, and whoever waits for it gathers in a
//! batch. Every row that was acknowledged survives a power cut (`synchronous = full`).
//!
//! A write takes its connection out of the slot and puts it back only after COMMIT was answered. Whatever else
//! happens, an error, a deadline, a future that is dropped half-way, the connection goes down with it, and a
//! half-done transaction with the connection: none is ever handed to the next write.

mod apply;
mod connection;
mod create;
mod dead_letters;
mod insert;
mod museum;
mod naive;
mod operations;
mod read;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use protocol::key::PostId;
use protocol::post::{Post, Room};
use protocol::user::UserId;
use protocol::wire::NaivePost;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqlitePool};
use tokio::sync::{Mutex, MutexGuard, broadcast};
use tokio::time::Instant;
use uuid::Uuid;

use connection::WriteConnection;

use super::deadline::within;
use super::museum::MuseumStore;
use super::{
    Change, ChangeNotice, Command, DatabaseFault, DeadLetters, KeyState, NaiveAppend, NaiveAppended,
    NaiveInsert, Row, Statements, Store, StoreError, Verdict, deadline, migration,
};

/// Feed pages are short; more readers would only compete for the same cores.
const READERS: u32 = 4;

/// How many notices a listener may be behind before it has to look at everything.
const NOTICES: usize = 1_024;

pub(super) struct SqliteStore {
    options: SqliteConnectOptions,
    /// The one write connection, while nobody writes.
    writer: Mutex<Option<WriteConnection>>,
    readers: SqlitePool,
    notices: broadcast::Sender<ChangeNotice>,
}

impl SqliteStore {
    pub(super) fn open(url: &str) -> Result<Self, sqlx::Error> {
        let options = url
            .parse::<SqliteConnectOptions>()?
            .foreign_keys(true)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(deadline::WRITE);
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(deadline::READ)
            .idle_timeout(Duration::from_secs(600))
            .connect_lazy_with(options.clone().pragma("query_only", "on"));
        let (notices, _) = broadcast::channel(NOTICES);
        Ok(Self { options, writer: Mutex::new(None), readers, notices })
    }

    /// The slot of the write connection, locked, and the connection that was in it or a new one.
    async fn writer(
        &self,
        fault: Option<DatabaseFault>,
    ) -> Result<(MutexGuard<'_, Option<WriteConnection>>, WriteConnection), sqlx::Error> {
        if fault == Some(DatabaseFault::ConnectRefused) {
            return Err(self.refused().await);
        }
        let mut slot = self.writer.lock().await;
        let connection = match slot.take() {
            Some(connection) => connection,
            None => {
                let options = self.options.clone().statement_cache_capacity(insert::STATEMENTS);
                // SQLite keeps a copy of what a statement of many rows changes, and would put a long one into a file.
                let options = options.pragma("temp_store", "memory");
                WriteConnection::open(&options.journal_mode(SqliteJournalMode::Wal)).await?
            }
        };
        Ok((slot, connection))
    }

    /// Opens a file that cannot be: one beneath the database's own, as if that were a folder.
    async fn refused(&self) -> sqlx::Error {
        let path = self.options.get_filename().join("refused");
        match self.options.clone().filename(path).connect().await {
            Ok(_) => super::error::connection_lost(),
            Err(error) => error,
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn migrate(&self) -> Result<(), StoreError> {
        let folder = self.options.get_filename().parent().map(ToOwned::to_owned).unwrap_or_default();
        if !folder.as_os_str().is_empty() {
            tokio::fs::create_dir_all(folder)
                .await
                .map_err(|error| StoreError::NotApplied(sqlx::Error::Io(error)))?;
        }
        let options = self.options.clone().create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let once = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(deadline::WRITE)
            .connect_lazy_with(options);
        let migrated = migration::sqlite().run(&once).await;
        once.close().await;
        migrated.map_err(|error| StoreError::NotApplied(error.into()))
    }

    async fn apply(
        &self,
        batch: &[Command],
        fault: Option<DatabaseFault>,
    ) -> Result<Vec<Verdict>, StoreError> {
        self.apply_batch(batch, fault).await
    }

    async fn find(&self, id: PostId) -> Result<Option<Row>, StoreError> {
        self.find_row(id).await
    }

    async fn find_key(&self, author: UserId, key: &str) -> Result<Option<KeyState>, StoreError> {
        self.find_key_state(author, key).await
    }

    async fn feed(
        &self,
        room: &Room,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<(i64, Post)>, StoreError> {
        self.feed_page(room, before, limit).await
    }

    async fn changes(&self, room: &Room, after: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
        self.changes_page(room, after, limit).await
    }

    async fn all_changes(&self, after: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
        self.all_changes_page(after, limit).await
    }

    async fn latest_change(&self) -> Result<i64, StoreError> {
        self.read_latest_change().await
    }

    fn notices(&self) -> broadcast::Receiver<ChangeNotice> {
        self.notices.subscribe()
    }

    async fn insert_naive(
        &self,
        row: &NaiveInsert,
        fault: Option<DatabaseFault>,
    ) -> Result<NaivePost, StoreError> {
        self.insert_naive_row(row, fault).await
    }

    async fn append_naive(
        &self,
        append: &NaiveAppend,
        fault: Option<DatabaseFault>,
    ) -> Result<NaiveAppended, StoreError> {
        self.append_to_naive_row(append, fault).await
    }

    async fn naive_feed(
        &self,
        room: Option<&Room>,
        run: Option<Uuid>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<NaivePost>, StoreError> {
        self.naive_page(room, run, before, limit).await
    }

    fn statements(&self) -> Statements {
        Statements { of_batch: &[insert::INSERT_POST, apply::FIND_POSTS], of_naive: &[naive::INSERT] }
    }

    fn dead_letters(&self) -> &dyn DeadLetters {
        self
    }

    fn museum(&self) -> &dyn MuseumStore {
        self
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.read_latest_change().await.map(|_| ())
    }

    async fn close(&self) {
        self.readers.close().await;
        if let Some(connection) = self.writer.lock().await.take() {
            // The last connection to close moves the write-ahead log into the database file.
            let closing = connection.close();
            if let Err(error) = within(Instant::now() + deadline::WRITE, closing).await {
                tracing::warn!(%error, "the database did not close cleanly");
            }
        }
    }
}
