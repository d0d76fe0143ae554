//! What the store is asked to do, and what became of it.

use std::sync::Arc;

use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::post::{NewPost, Post, Revision};
use protocol::time::Timestamp;
use protocol::user::UserId;
use protocol::wire::NaivePost;
use uuid::Uuid;

use super::KeptAnswer;

/// One write. It can be applied any number of times; it changes something once.
#[derive(Clone, Debug)]
pub enum Command {
    /// Shared, because it is handed on from one to the next and kept for a retry.
    Create(Arc<Create>),
    Edit(Edit),
    Delete(Delete),
}

/// What a command is decided by: no two commands of a batch have one in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    Post(PostId),
    /// An opaque key of its author's.
    Key(UserId, String),
}

impl From<Create> for Command {
    fn from(create: Create) -> Self {
        Self::Create(Arc::new(create))
    }
}

impl Command {
    pub fn as_create(&self) -> Option<&Create> {
        if let Self::Create(create) = self { Some(create) } else { None }
    }

    pub fn id(&self) -> PostId {
        match self {
            Self::Create(create) => create.id,
            Self::Edit(edit) => edit.id,
            Self::Delete(delete) => delete.id,
        }
    }

    pub fn author(&self) -> UserId {
        match self {
            Self::Create(create) => create.author,
            Self::Edit(edit) => edit.author,
            Self::Delete(delete) => delete.author,
        }
    }

    pub fn write_id(&self) -> Uuid {
        match self {
            Self::Create(create) => create.write_id,
            Self::Edit(edit) => edit.write_id,
            Self::Delete(delete) => delete.write_id,
        }
    }

    /// The same command as if it came anew: it does not recognise what was done before as its own.
    pub fn with_write_id(mut self, new: Uuid) -> Self {
        match &mut self {
            Self::Create(create) => Arc::make_mut(create).write_id = new,
            Self::Edit(edit) => edit.write_id = new,
            Self::Delete(delete) => delete.write_id = new,
        }
        self
    }

    /// When the server took the command.
    pub fn timestamp(&self) -> Timestamp {
        match self {
            Self::Create(create) => create.create_timestamp,
            Self::Edit(edit) => edit.edit_timestamp,
            Self::Delete(delete) => delete.delete_timestamp,
        }
    }

    /// The opaque key that the command is remembered under, if it is.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Create(create) => create.key.as_deref(),
            Self::Edit(edit) => Some(&edit.key),
            Self::Delete(_) => None,
        }
    }

    /// The key first: it is what a retry has in common with the first. The id of a create under a key is nobody
    /// else's, since the server has just minted it.
    pub fn targets(&self) -> impl Iterator<Item = Target> {
        let key = self.key().map(|key| Target::Key(self.author(), key.to_owned()));
        let minted_here = matches!(self, Self::Create(create) if create.key.is_some());
        key.into_iter().chain((!minted_here).then(|| Target::Post(self.id())))
    }
}

#[derive(Clone, Debug)]
pub struct Create {
    pub id: PostId,
    pub author: UserId,
    /// The opaque key that decides whether the post is new; `None` where its id does.
    pub key: Option<String>,
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

/// A change of a post's content, done once per key.
#[derive(Clone, Debug)]
pub struct Edit {
    pub id: PostId,
    pub author: UserId,
    pub key: String,
    pub revision: Revision,
    pub if_match: Option<IfMatch>,
    /// Of the edit: its target and its text, not the condition.
    pub fingerprint: Fingerprint,
    pub write_id: Uuid,
    pub edit_timestamp: Timestamp,
}

/// What an edit asks the post to be before it is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: any post.
    Any,
    /// The post whose last change is one of these. Empty where no tag was one of ours.
    Changes(Vec<i64>),
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
    Created(Arc<Post>),
    /// The same author's same post was there already; this is how it stands.
    Replayed(Arc<Post>),
    /// The key's work is done, by this very command or by an earlier one; this is the answer that it keeps.
    Done {
        answer: KeptAnswer,
        replayed: bool,
    },
    /// The same author used this id or key for something else.
    KeyReused,
    /// The id belongs to someone else, be it a post or a tombstone.
    IdUnavailable,
    /// The caller's own tombstone stands at this id.
    Gone,
    ImageMissing,
    /// There is no post of the caller's to edit.
    NotFound,
    /// The post changed since the caller read it.
    Stale,
    /// With what was to be appended, the content would be too long.
    TooLong,
    /// This very command erased the caller's post.
    Deleted,
    /// There was no post of the caller's to erase. An id that had never been seen carries the caller's
    /// tombstone now, so that a create which arrives late finds it, and counts as a new id. One that is somebody
    /// else's counts, too: the rate would tell it from an unseen one.
    NothingToDelete {
        counts_as_new: bool,
    },
    /// The log holds the command, which is about this post, and it will be applied. No store says so: the writer does
    /// in place of one that is away.
    Queued(PostId),
}

impl Verdict {
    /// What the same command is told when another one did the work.
    pub fn as_replay(self) -> Self {
        match self {
            Self::Created(post) => Self::Replayed(post),
            Self::Done { answer, .. } => Self::Done { answer, replayed: true },
            other => other,
        }
    }
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

/// A text to be added to a naive row: no key, added once per call.
#[derive(Clone, Debug)]
pub struct NaiveAppend {
    pub id: i64,
    /// The experiment that the row must belong to, so that nobody writes into somebody else's.
    pub run: Option<Uuid>,
    pub text: String,
}

/// What became of a [`NaiveAppend`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NaiveAppended {
    Done(NaivePost),
    Missing,
    TooLong,
}

/// A naive row to be stored: no key, one row per call.
#[derive(Clone, Debug)]
pub struct NaiveInsert {
    pub post: NewPost,
    pub run: Option<Uuid>,
    pub create_timestamp: Timestamp,
}
