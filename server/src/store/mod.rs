//! Where posts live. One trait, two implementations, one conformance suite.
//!
//! The row is the deduplication record: `posts.id` is the primary key, permanent, written in the transaction of
//! the work, with no cache in front and no expiry. A tombstone is a row too, so the unique index decides every
//! race between a create and a deletion.
//!
//! | module | what is there |
//! |---|---|
//! | [`command`] | what the store is asked to do, and its verdicts |
//! | [`row`] | what is stored, as readers see it |
//! | [`error`] | why there is no verdict, and whether asking again may help |
//! | [`operation`] | what is done under an opaque key, and the answer that the key keeps |
//! | [`dead_letter`] | records of the log that a rule refused, with their reason |
//! | [`museum`] | the rows of designs that are kept only to be looked at |
//! | `authors` | the authors of whom a write connection knows that they have a row |
//! | `judgement` | the rules for an id that is taken, the same on every database |
//! | `migration` | the schema's steps, carried in the binary |
//! | `deadline` | how long a call may take |
//! | `sqlite`, `postgres` | the implementations |

mod authors;
mod command;
#[cfg(test)]
mod conformance;
pub mod dead_letter;
mod deadline;
mod error;
mod judgement;
mod migration;
pub mod museum;
mod operation;
mod postgres;
mod row;
mod sqlite;
#[cfg(test)]
pub(crate) mod testing;

use std::sync::Arc;

use async_trait::async_trait;
use protocol::key::PostId;
use protocol::post::{Post, Room};
use protocol::user::UserId;
use protocol::wire::NaivePost;
use tokio::sync::broadcast;
use uuid::Uuid;

pub use command::{
    Command, Create, DatabaseFault, Delete, Edit, IfMatch, NaiveAppend, NaiveAppended, NaiveInsert, Target,
    Verdict,
};
pub use dead_letter::{DeadLetter, DeadLetters};
pub use error::StoreError;
pub use operation::{KeptAnswer, KeyState};
pub use row::{Change, ChangeNotice, Changed, Row};

/// The posts database. What the museum needs of it stands apart, in [`museum::MuseumStore`].
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Brings the schema up to date, and makes the database's file where there is none. Until it has succeeded
    /// once, every other call fails; calling it again changes nothing.
    async fn migrate(&self) -> Result<(), StoreError>;

    /// Applies a batch in one transaction and returns one verdict per command, in order. A batch holds at most
    /// one command per target. `fault` is carried out on this very call.
    async fn apply(
        &self,
        batch: &[Command],
        fault: Option<DatabaseFault>,
    ) -> Result<Vec<Verdict>, StoreError>;

    async fn find(&self, id: PostId) -> Result<Option<Row>, StoreError>;

    /// What the author's opaque key was used for, if it was.
    async fn find_key(&self, author: UserId, key: &str) -> Result<Option<KeyState>, StoreError>;

    /// Posts of a room, newest first by the server's sequence, older than `before`; each with its sequence.
    async fn feed(
        &self,
        room: &Room,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<(i64, Post)>, StoreError>;

    /// Changes of a room after a change sequence, oldest first.
    async fn changes(&self, room: &Room, after: i64, limit: u32) -> Result<Vec<Change>, StoreError>;

    /// Changes of every room after a change sequence, oldest first.
    async fn all_changes(&self, after: i64, limit: u32) -> Result<Vec<Change>, StoreError>;

    /// The newest change sequence that was committed; 0 where there is none.
    async fn latest_change(&self) -> Result<i64, StoreError>;

    /// Says which changes were committed, by this instance or by another. A receiver that lags has missed some.
    fn notices(&self) -> broadcast::Receiver<ChangeNotice>;

    /// The control arm: stores a row per call, whatever was stored before.
    async fn insert_naive(
        &self,
        row: &NaiveInsert,
        fault: Option<DatabaseFault>,
    ) -> Result<NaivePost, StoreError>;

    /// The control arm: adds a text to a row, however often it was added before.
    async fn append_naive(
        &self,
        append: &NaiveAppend,
        fault: Option<DatabaseFault>,
    ) -> Result<NaiveAppended, StoreError>;

    /// The control arm's rows, newest first, older than `before`.
    async fn naive_feed(
        &self,
        room: Option<&Room>,
        run: Option<Uuid>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<NaivePost>, StoreError>;

    /// The statements behind the writes, as they are sent.
    fn statements(&self) -> Statements;

    /// Records of the log that were refused.
    fn dead_letters(&self) -> &dyn DeadLetters;

    /// The museum's rows.
    fn museum(&self) -> &dyn museum::MuseumStore;

    /// Whether the database answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Closes every connection; calls that come later fail. Nothing that was answered is lost without it.
    async fn close(&self);
}

/// The schema of the log's own file.
pub(crate) fn log_migration() -> sqlx::migrate::Migrator {
    migration::log()
}

/// The statements behind the writes, for whoever wants to look at what was sent.
#[derive(Clone, Copy, Debug)]
pub struct Statements {
    /// Of a create: the insert, and the statement that reads what was there where the insert did nothing.
    pub of_batch: &'static [&'static str],
    pub of_naive: &'static [&'static str],
}

/// The URL names no database that posts can live in.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("a database URL begins with sqlite:// or postgres://")]
    Scheme,
    #[error("the database URL cannot be read: {0}")]
    Url(#[source] sqlx::Error),
}

/// Opens the store as [`open`] does, for a writer that gives it one command at a time. Postgres then writes over many
/// connections at once.
pub fn open_per_request(url: &str) -> Result<Arc<dyn Store>, OpenError> {
    if url.starts_with("sqlite:") {
        return open(url);
    }
    let store = postgres::PostgresStore::open(url).map_err(OpenError::Url)?;
    Ok(Arc::new(store.per_request()))
}

/// Opens the store that `url` names, without touching the database: it may be away. Call it inside a Tokio
/// runtime, and [`Store::migrate`] before anything else.
pub fn open(url: &str) -> Result<Arc<dyn Store>, OpenError> {
    match url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => Ok(Arc::new(sqlite::SqliteStore::open(url).map_err(OpenError::Url)?)),
        Some("postgres" | "postgresql") => {
            Ok(Arc::new(postgres::PostgresStore::open(url).map_err(OpenError::Url)?))
        }
        _ => Err(OpenError::Scheme),
    }
}
