//! What was appended and is still to be applied, in a SQLite file. Its SQL is in `statements`.
//!
//! Of the embedded log this is the log itself. Of Kafka it is a copy of the part that was not applied yet: it grows
//! on the disk and not in memory, and who has something waiting is a look at an index.

mod authors;
mod statements;

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::time::Duration;

use protocol::key::PostId;
use protocol::time::Timestamp;
use protocol::user::UserId;
use serde::Serialize;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Connection, Row as _, SqliteConnection, SqlitePool};
use tokio::sync::{Mutex, Notify};
use tokio::time::timeout;
use uuid::Uuid;

use super::{Entry, LogError, Offset, Record};
use crate::store::{Command, Target};
use statements::{ADD_RECORDS, ADD_WAITING, END, PAGE, PENDING_KEYS, PENDING_POSTS, READY, REMOVE, WAITING};
#[cfg(feature = "kafka")]
use statements::{FIRST_WAITING, FORGET};

/// For one call, from waiting for the connection to the last row.
const PATIENCE: Duration = Duration::from_secs(2);

const READERS: u32 = 4;

pub use authors::Recent;

pub struct Queue {
    options: SqliteConnectOptions,
    /// The one write connection, while nobody writes. After an error it is not put back.
    writer: Mutex<Option<SqliteConnection>>,
    readers: SqlitePool,
    /// How many records wait. A write looks here first: as long as it is 0 the log costs nothing.
    length: AtomicI64,
    completeness: AtomicU8,
    news: Notify,
    progress: Notify,
    known: Notify,
}

/// How much of what waits the queue knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Completeness {
    /// The log was not reached since the start. Nobody is taken to wait, or a broker that is away at the start would
    /// stop a database that is there.
    Unknown = 0,
    /// The log is being read: everybody is taken to wait.
    Partial = 1,
    Complete = 2,
}

/// A record that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    pub post: PostId,
    meaning: Vec<u8>,
}

impl Pending {
    /// Whether it is what `command` asks for.
    pub fn does(&self, command: &Command) -> bool {
        self.meaning == Record::meaning(command)
    }
}

/// A row of both tables; bytes travel as hexadecimal digits.
#[derive(Serialize)]
struct RowJson<'a> {
    partition: i32,
    position: i64,
    payload: &'a str,
    author: Option<String>,
    post: Option<String>,
    key: Option<String>,
    meaning: Option<String>,
    until: u64,
}

impl<'a> RowJson<'a> {
    fn of(entry: &'a Entry) -> Self {
        let record = entry.record().ok();
        let command = record.as_ref().map(|record| &record.command);
        Self {
            partition: entry.offset.partition,
            position: entry.offset.position,
            payload: &entry.payload,
            author: command.map(|command| hex::encode(command.author().as_uuid())),
            post: command.map(|command| hex::encode(command.id().as_uuid())),
            key: command.and_then(|command| command.key().map(ToOwned::to_owned)),
            meaning: command.map(|command| hex::encode(Record::meaning(command))),
            until: record.as_ref().map_or(0, |record| record.until_ms),
        }
    }
}

impl Queue {
    /// Opens the file, and makes it where there is none. A copy that can be made again need not survive a power cut.
    pub(super) async fn open(file: &Path, durable: bool) -> Result<Self, LogError> {
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            tokio::fs::create_dir_all(folder).await.map_err(LogError::not_appended)?;
        }
        let synchronous = if durable { SqliteSynchronous::Full } else { SqliteSynchronous::Off };
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .busy_timeout(PATIENCE);
        let once = SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options.clone());
        let migrated = crate::store::log_migration().run(&once).await;
        once.close().await;
        migrated.map_err(LogError::not_appended)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(PATIENCE)
            .connect_lazy_with(options.clone().pragma("query_only", "on"));
        let queue = Self {
            options,
            writer: Mutex::new(None),
            readers,
            length: AtomicI64::new(0),
            completeness: AtomicU8::new(Completeness::Unknown as u8),
            news: Notify::new(),
            progress: Notify::new(),
            known: Notify::new(),
        };
        let length: i64 =
            queue.read(sqlx::query_scalar("select count(*) from waiting").fetch_one(&queue.readers)).await?;
        queue.length.store(length, Ordering::Release);
        Ok(queue)
    }

    /// Adds entries that are not there yet; the others are left as they are, be they applied or not.
    pub(super) async fn add(&self, entries: &[Entry]) -> Result<(), LogError> {
        let rows: Vec<RowJson<'_>> = entries.iter().map(RowJson::of).collect();
        let rows = serde_json::to_string(&rows).map_err(LogError::not_appended)?;
        let [added, _] = self.write([ADD_WAITING, ADD_RECORDS], &rows).await?;
        self.length.fetch_add(added, Ordering::AcqRel);
        self.news.notify_one();
        Ok(())
    }

    /// Takes off what was applied.
    pub(super) async fn remove(&self, offsets: &[Offset]) -> Result<(), LogError> {
        let places: Vec<(i32, i64)> = offsets.iter().map(|at| (at.partition, at.position)).collect();
        let places = serde_json::to_string(&places).map_err(LogError::not_appended)?;
        let [removed] = self.write([REMOVE], &places).await?;
        self.length.fetch_sub(removed, Ordering::AcqRel);
        self.progress.notify_waiters();
        Ok(())
    }

    /// Forgets the records of a partition before `position`, all of which were applied.
    #[cfg(feature = "kafka")]
    pub(super) async fn forget(&self, partition: i32, position: i64) -> Result<(), LogError> {
        let place = format!("[{partition}, {position}]");
        self.write([FORGET], &place).await.map(|_| ())
    }

    /// The next position of a partition.
    pub(super) async fn end(&self, partition: i32) -> Result<i64, LogError> {
        self.read(sqlx::query_scalar(END).bind(partition).fetch_one(&self.readers)).await
    }

    /// The first position of a partition that waits, if any does.
    #[cfg(feature = "kafka")]
    pub(super) async fn first_waiting(&self, partition: i32) -> Result<Option<i64>, LogError> {
        self.read(sqlx::query_scalar(FIRST_WAITING).bind(partition).fetch_one(&self.readers)).await
    }

    /// Every record from `offset` on, applied or not.
    pub(super) async fn page(&self, from: Offset, limit: u32) -> Result<Vec<Entry>, LogError> {
        let page = sqlx::query(PAGE).bind(from.partition).bind(from.position).bind(limit);
        self.entries(page.fetch_all(&self.readers)).await
    }

    /// The records whose turn it is at `now`, at most `limit`, each author's in order. A record that is set aside
    /// keeps its author's later ones behind it, and nobody else's.
    pub async fn ready(&self, now: Timestamp, limit: u32) -> Result<Vec<Entry>, LogError> {
        self.entries(sqlx::query(READY).bind(now.unix_ms()).bind(limit).fetch_all(&self.readers)).await
    }

    /// Which of `authors` have records waiting.
    pub async fn waiting(&self, authors: &HashSet<UserId>) -> Result<HashSet<UserId>, LogError> {
        if self.completeness() == Completeness::Partial {
            return Ok(authors.clone());
        }
        if self.is_empty() {
            return Ok(HashSet::new());
        }
        let wanted: Vec<String> = authors.iter().map(|author| hex::encode(author.as_uuid())).collect();
        let wanted = serde_json::to_string(&wanted).map_err(LogError::not_appended)?;
        let found: Vec<Uuid> =
            self.read(sqlx::query_scalar(WAITING).bind(wanted).fetch_all(&self.readers)).await?;
        Ok(found.into_iter().map(UserId).collect())
    }

    /// For each target the newest of its author's records on it that waits.
    pub async fn pending(&self, targets: &[(UserId, Target)]) -> Result<Vec<Option<Pending>>, LogError> {
        let mut found = vec![None; targets.len()];
        if self.length() == 0 {
            return Ok(found);
        }
        let (mut posts, mut keys) = (Vec::new(), Vec::new());
        for (place, (author, target)) in targets.iter().enumerate() {
            let author = hex::encode(author.as_uuid());
            match target {
                Target::Post(id) => posts.push((place, author, hex::encode(id.as_uuid()))),
                Target::Key(_, key) => keys.push((place, author, key.clone())),
            }
        }
        for (query, wanted) in [(PENDING_POSTS, posts), (PENDING_KEYS, keys)] {
            if wanted.is_empty() {
                continue;
            }
            let wanted = serde_json::to_string(&wanted).map_err(LogError::not_appended)?;
            let rows = self.read(sqlx::query(query).bind(wanted).fetch_all(&self.readers)).await?;
            // The newest comes last.
            for row in rows {
                let (place, pending) = pending(&row).map_err(LogError::not_appended)?;
                if let Some(slot) = found.get_mut(place) {
                    *slot = Some(pending);
                }
            }
        }
        Ok(found)
    }

    /// How many records wait, those that are set aside included.
    pub fn length(&self) -> i64 {
        self.length.load(Ordering::Acquire)
    }

    /// Whether it is certain enough that nobody waits.
    pub fn is_empty(&self) -> bool {
        self.length() == 0 && self.completeness() != Completeness::Partial
    }

    pub fn completeness(&self) -> Completeness {
        match self.completeness.load(Ordering::Acquire) {
            0 => Completeness::Unknown,
            1 => Completeness::Partial,
            _ => Completeness::Complete,
        }
    }

    pub(super) fn set_completeness(&self, completeness: Completeness) {
        self.completeness.store(completeness as u8, Ordering::Release);
        self.known.notify_waiters();
    }

    /// Returns once everything is known that waited when the log was opened.
    pub async fn until_known(&self) {
        loop {
            let known = self.known.notified();
            tokio::pin!(known);
            // Before the look, so that no change is missed between the two.
            known.as_mut().enable();
            if self.completeness() == Completeness::Complete {
                return;
            }
            known.await;
        }
    }

    /// Returns when something was added since it returned last.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// Returns when something is taken off.
    pub async fn progress(&self) {
        self.progress.notified().await;
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        if let Some(connection) = self.writer.lock().await.take() {
            // The last connection to close moves the write-ahead log into the file.
            if let Ok(Err(error)) = timeout(PATIENCE, connection.close()).await {
                tracing::warn!(%error, "the log did not close cleanly");
            }
        }
    }

    /// Runs statements in one transaction, each with the same parameter, and returns how many rows each changed.
    async fn write<const N: usize>(
        &self,
        statements: [&'static str; N],
        parameter: &str,
    ) -> Result<[i64; N], LogError> {
        let work = async {
            let mut slot = self.writer.lock().await;
            let mut connection = match slot.take() {
                Some(connection) => connection,
                None => {
                    SqliteConnection::connect_with(&self.options).await.map_err(LogError::not_appended)?
                }
            };
            let mut transaction =
                connection.begin_with("begin immediate").await.map_err(LogError::not_appended)?;
            let mut changed = [0; N];
            for (statement, count) in statements.into_iter().zip(&mut changed) {
                let done = sqlx::query(statement).bind(parameter).execute(&mut *transaction).await;
                *count = i64::try_from(done.map_err(LogError::not_appended)?.rows_affected()).unwrap_or(0);
            }
            transaction.commit().await.map_err(LogError::unknown)?;
            *slot = Some(connection);
            Ok(changed)
        };
        timeout(PATIENCE, work).await.unwrap_or_else(|late| Err(LogError::unknown(late)))
    }

    async fn read<T>(&self, query: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, LogError> {
        let answer = timeout(PATIENCE, query).await.map_err(LogError::not_appended)?;
        answer.map_err(LogError::not_appended)
    }

    async fn entries(
        &self,
        query: impl Future<Output = Result<Vec<SqliteRow>, sqlx::Error>>,
    ) -> Result<Vec<Entry>, LogError> {
        let rows = self.read(query).await?;
        let entry = |row: SqliteRow| {
            let offset = Offset { partition: row.try_get(0)?, position: row.try_get(1)? };
            Ok(Entry { offset, payload: row.try_get(2)? })
        };
        rows.into_iter().map(entry).collect::<Result<_, sqlx::Error>>().map_err(LogError::not_appended)
    }
}

/// The place of the wanted target, and what waits there.
fn pending(row: &SqliteRow) -> Result<(usize, Pending), sqlx::Error> {
    let place: i64 = row.try_get(0)?;
    let post = PostId::from_uuid(row.try_get(1)?).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let place = usize::try_from(place).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok((place, Pending { post, meaning: row.try_get(2)? }))
}
