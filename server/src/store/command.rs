//! What the store is asked to do, and what became of it.

use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::post::{NewPost, Post};
use protocol::time::Timestamp;
use protocol::user::UserId;
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

    pub fn author(&self) -> UserId {
        match self {
            Self::Create(create) => create.author,
            Self::Delete(delete) => delete.author,
        }
    }

    pub fn write_id(&self) -> Uuid {
        match self {
            Self::Create(create) => create.write_id,
            Self::Delete(delete) => delete.write_id,
        }
    }

    /// When the server took the command.
    pub fn timestamp(&self) -> Timestamp {
        match self {
            Self::Create(create) => create.create_timestamp,
            Self::Delete(delete) => delete.delete_timestamp,
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

impl Create {
    /// The post as it stands once this command has stored it; `name` is its author's display name.
    pub(super) fn stored_as(&self, name: String) -> Post {
        Post {
            id: self.id,
            user_id: self.author,
            author: name,
            image_id: self.post.image_id,
            content: self.post.content.clone(),
            room: self.post.room.clone(),
            create_timestamp: self.create_timestamp,
        }
    }
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

/// A naive row to be stored: no key, one row per call.
#[derive(Clone, Debug)]
pub struct NaiveInsert {
    pub post: NewPost,
    pub run: Option<Uuid>,
    pub create_timestamp: Timestamp,
}
