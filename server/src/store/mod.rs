//! Where posts live. One trait, two implementations, one conformance suite.
//!
//! The row is the deduplication record: `posts.id` is the primary key, permanent, written in the transaction of
//! the work, with no cache in front and no expiry. A tombstone is a row too, so the unique index decides every
//! race between a create and a deletion.

use async_trait::async_trait;
use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::post::{NewPost, Post, Room};
use protocol::time::Timestamp;
use protocol::user::UserId;
use protocol::wire::NaivePost;
use tokio::sync::broadcast;
use uuid::Uuid;

/// One write. It can be applied any number of times; it changes something once.
#[derive(Clone, Debug)]
pub enum Command {
    Create(Create),
    Delete(Delete),
}

impl Command {
    pub fn id(&self) -> PostId {
        match self {
            Self::Create(create) => create.id,
            Self::Delete(delete) => delete.id,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Create {
    pub id: PostId,
    pub author: UserId,
    pub post: NewPost,
    pub fingerprint: Fingerprint,
    /// Names this command, not the post: after a COMMIT whose answer was lost, the row that carries it is ours.
    pub write_id: Uuid,
    /// Decided before the first try and kept over retries, so that the answer is the same whichever try won.
    pub create_timestamp: Timestamp,
}

#[derive(Clone, Debug)]
pub struct Delete {
    pub id: PostId,
    pub author: UserId,
    pub write_id: Uuid,
    pub delete_timestamp: Timestamp,
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This very command stored the post, be it on this try or on an earlier one whose answer was lost.
    Created(Post),
    /// The same author's same post was there already; this is how it stands.
    Replayed(Post),
    /// The same author used this id for other content, another picture or another room.
    KeyReused,
    /// The id belongs to someone else, be it a post or a tombstone.
    IdUnavailable,
    /// The caller's own tombstone stands at this id.
    Gone,
    ImageMissing,
    /// This very command erased the caller's post.
    Deleted,
    /// There was no post of the caller's to erase. `tombstone_left` says that the id had never been seen and now
    /// carries the caller's tombstone, so that a create which arrives late finds it.
    NothingToDelete {
        tombstone_left: bool,
    },
}

/// A row, as the rules see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    Post {
        post: Post,
        change: i64,
    },
    /// `was_stored` is false for a deletion that came before its create.
    Tombstone {
        author: UserId,
        was_stored: bool,
    },
}

/// A change of the feed, in commit order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The change sequence: drawn anew by a create, an edit and a deletion.
    pub change: i64,
    pub room: Room,
    pub what: Changed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    Post(Post),
    Deleted(PostId),
}

/// Rows `from..=to` of the change sequence touched `room`; listeners read the rows themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeNotice {
    pub room: Room,
    pub from: i64,
    pub to: i64,
}

/// A failure to be carried out at the database hop, for a command that runs alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatabaseFault {
    /// The connection to the database fails.
    ConnectRefused,
    /// The insert is executed and the connection lost before COMMIT.
    RolledBack,
    /// COMMIT succeeds and the database's answer is lost.
    CommitAckLost,
}

/// Why the store gave no verdict.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// COMMIT was never sent: nothing was applied.
    #[error("not applied: {0}")]
    NotApplied(#[source] sqlx::Error),
    /// COMMIT was sent and its answer never came: ask again with the same command.
    #[error("outcome unknown: {0}")]
    Unknown(#[source] sqlx::Error),
}

/// A naive row to be stored: no key, one row per call.
#[derive(Clone, Debug)]
pub struct NaiveInsert {
    pub post: NewPost,
    pub run: Option<Uuid>,
    pub create_timestamp: Timestamp,
}

/// The posts database.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Applies a batch in one transaction and returns one verdict per command, in order. A batch holds at most
    /// one command per id. `fault` is carried out on this very call.
    async fn apply(
        &self,
        batch: &[Command],
        fault: Option<DatabaseFault>,
    ) -> Result<Vec<Verdict>, StoreError>;

    async fn find(&self, id: PostId) -> Result<Option<Row>, StoreError>;

    /// Posts of a room, newest first by the server's sequence, older than `before`; each with its sequence.
    async fn feed(
        &self,
        room: &Room,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<(i64, Post)>, StoreError>;

    /// Changes of a room after a change sequence, oldest first.
    async fn changes(&self, room: &Room, after: i64, limit: u32) -> Result<Vec<Change>, StoreError>;

    /// The newest change sequence drawn; 0 where there is none.
    async fn latest_change(&self) -> Result<i64, StoreError>;

    /// Says which changes were committed, by this instance or by another.
    fn notices(&self) -> broadcast::Receiver<ChangeNotice>;

    /// The control arm: stores a row per call, whatever was stored before.
    async fn insert_naive(
        &self,
        row: &NaiveInsert,
        fault: Option<DatabaseFault>,
    ) -> Result<NaivePost, StoreError>;

    /// The control arm's rows, newest first, older than `before`.
    async fn naive_feed(
        &self,
        room: Option<&Room>,
        run: Option<Uuid>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<NaivePost>, StoreError>;

    /// Whether the database answers.
    async fn ping(&self) -> Result<(), StoreError>;
}
