//! What is done under an opaque key: the key, the work and the answer are written in one transaction.

use std::collections::BTreeMap;

use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::post::{ImageId, Post};
use protocol::time::Timestamp;
use protocol::user::UserId;
use uuid::Uuid;

use super::{Command, Create, Edit, Verdict};

/// The answer that a key keeps: a retry gets the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    pub status: u16,
    /// Beside `Content-Type`, which is always JSON. Names are lower-case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl KeptAnswer {
    /// 201 with the post.
    fn created(post: &Post) -> Result<Self, sqlx::Error> {
        Ok(Self {
            status: 201,
            headers: [("location".to_owned(), format!("/api/posts/{}", post.id))].into(),
            body: json(post)?,
        })
    }

    /// 200 with the post as the edit left it, and the tag of that change.
    fn edited(post: &Post, change: i64) -> Result<Self, sqlx::Error> {
        Ok(Self {
            status: 200,
            headers: [("etag".to_owned(), format!("\"{change}\""))].into(),
            body: json(post)?,
        })
    }
}

pub(super) fn json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// What a key was used for, as far as a refusal needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyState {
    /// The post was deleted since.
    pub gone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Create,
    Edit,
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Edit => "edit",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Create, Self::Edit].into_iter().find(|kind| kind.as_str() == text)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a stored operation is a create or an edit")]
pub(super) struct UnknownKind;

/// A row of `operations` to be written.
pub(super) struct NewOperation<'a> {
    pub author: UserId,
    pub key: &'a str,
    pub kind: Kind,
    pub post: PostId,
    /// Where this picture does not exist, the key is not claimed.
    pub image: Option<ImageId>,
    pub fingerprint: Fingerprint,
    pub answer: KeptAnswer,
    pub write_id: Uuid,
    pub timestamp: Timestamp,
}

impl<'a> NewOperation<'a> {
    /// The claim of a create under a key, with the answer that will be given should it win; `name` is its author's.
    pub(super) fn create(create: &'a Create, key: &'a str, name: String) -> Result<Self, sqlx::Error> {
        Ok(Self {
            author: create.author,
            key,
            kind: Kind::Create,
            post: create.id,
            image: create.post.image_id,
            fingerprint: create.fingerprint,
            answer: KeptAnswer::created(&create.stored_as(name))?,
            write_id: create.write_id,
            timestamp: create.create_timestamp,
        })
    }

    /// The record of an edit that leaves `post` behind.
    pub(super) fn edit(edit: &'a Edit, post: &Post, change: i64) -> Result<Self, sqlx::Error> {
        Ok(Self {
            author: edit.author,
            key: &edit.key,
            kind: Kind::Edit,
            post: edit.id,
            image: None,
            fingerprint: edit.fingerprint,
            answer: KeptAnswer::edited(post, change)?,
            write_id: edit.write_id,
            timestamp: edit.edit_timestamp,
        })
    }
}

/// A key within its author's.
pub(super) type OperationKey = (UserId, String);

/// A row of `operations`.
pub(super) struct StoredOperation {
    pub kind: Kind,
    pub post: PostId,
    pub fingerprint: Fingerprint,
    /// `None` once the post was deleted.
    pub answer: Option<KeptAnswer>,
    pub write_id: Uuid,
}

impl StoredOperation {
    /// Decides a command by what stands under its key. A deletion is told before a difference in content, as under
    /// an id; but only to the same kind of request about the same post.
    pub(super) fn judge(&self, command: &Command, fingerprint: Fingerprint) -> Verdict {
        let same_target = match command {
            Command::Create(_) => self.kind == Kind::Create,
            Command::Edit(edit) => self.kind == Kind::Edit && self.post == edit.id,
            Command::Delete(_) => false,
        };
        match &self.answer {
            _ if !same_target => Verdict::KeyReused,
            None => Verdict::Gone,
            Some(_) if self.fingerprint != fingerprint => Verdict::KeyReused,
            Some(answer) => {
                Verdict::Done { answer: answer.clone(), replayed: self.write_id != command.write_id() }
            }
        }
    }
}
