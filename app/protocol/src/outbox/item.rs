//! One intent of the user, as it is kept until the server has answered.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::key::PostId;
use crate::post::LOBBY;
use crate::time::Millis;
use crate::user::UserId;
use crate::wire::CreateBody;

/// One page load of one tab: whoever marks an item as being sent signs with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub Uuid);

/// One intent: a row of the browser's storage, keyed by `id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The shape of the row. A tab that meets a newer shape leaves the row alone.
    pub version: u16,
    pub id: PostId,
    /// Whose intent it is; another identity never sends it.
    pub owner: UserId,
    /// What is sent, at every attempt alike. Nothing here changes after the item is saved.
    pub body: CreateBody,
    /// The order in which items are sent; drawn when the item is saved.
    pub seq: u64,
    pub wish: Wish,
    pub state: State,
    /// Attempts begun, which is also the number of the last one.
    pub attempts: u32,
    /// Retriable failures since the last answer that settled something.
    pub failures: u32,
    /// An attempt was made of which nobody knows whether it was applied. It stays true until an answer
    /// settles the item, since a request can arrive long after it was given up.
    pub uncertain: bool,
    /// When it was saved, in Unix milliseconds.
    pub created_at: Millis,
    /// When trying began, in Unix milliseconds. Only earlier versions of this page read it: a release that is
    /// rolled back must find what it needs.
    pub trying_since: Millis,
    /// How long it has been tried while a page was open, in milliseconds, since it was saved or the user's last
    /// *Retry*. It is added up over page loads from monotonic clocks, since a wall clock can be set by a year.
    #[serde(default)]
    pub tried_ms: Millis,
    /// What stands in its way, as far as the last attempts tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<Obstacle>,
    /// Counts the writes of this row. A write is valid only over the revision before it, so two tabs cannot
    /// undo each other's work.
    pub revision: u64,
}

/// What the user wants of the item. It only ever goes from `Post` to `Remove`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    Post,
    /// *Stop, and make sure it is gone*: a deletion is sent in place of the post, since a late packet could
    /// bring the post back.
    Remove,
}

/// What keeps an item from being answered by the server, where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Obstacle {
    /// Something between this browser and the server answered in the server's place, this many times.
    Intercepted { answers: u32 },
    /// The server takes the request for one of another site's pages: a proxy replaces the `Host` header.
    CrossSite,
}

/// Where an item stands. Moments are Unix milliseconds, since they are read again after a reload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum State {
    /// Saved; not sent yet, or to be sent again at once.
    Queued,
    /// An attempt is under way. After `lease_until` its sender is presumed dead.
    Sending { attempt: u32, owner: SessionId, lease_until: Millis },
    /// The last attempt settled nothing. The next is due at `next_at`; the server asked for none before
    /// `not_before`.
    Waiting {
        next_at: Millis,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_before: Option<Millis>,
    },
    /// The server did not accept the identity; the whole queue rests until there is one.
    PausedAuth,
    /// Only the user can decide.
    NeedsUser { reason: Reason },
    /// The server has it.
    Acked { how: Acked, at: Millis },
    /// Nothing is left to do, and nothing stands in the feed.
    Gone { why: Gone, at: Millis },
}

/// How the server has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Acked {
    Created,
    /// It was stored by an earlier attempt whose answer never came.
    Replayed,
    /// Durable, but not in the database yet: its status is asked for until it is.
    QueuedOnServer {
        polls: u32,
        next_at: Millis,
    },
}

/// Why nothing is left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// Cancelled by the user, and made sure of.
    Cancelled,
    /// Given up by the user.
    Discarded,
    /// The server says that its author deleted it.
    Deleted,
}

/// Why only the user can decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub kind: ReasonKind,
    /// The status of the answer, where it came from one.
    pub status: Option<u16>,
    /// The server's own words, where it gave any.
    pub detail: Option<String>,
}

/// Kinds of reasons, by what the user can do about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// The id holds other content of the same author: show both texts, offer a new id.
    KeyReused,
    /// The id cannot be used by this author.
    IdUnavailable,
    /// The content cannot be stored.
    InvalidContent,
    /// The server refused it for another reason.
    Refused,
    /// It was tried for seven days.
    TooOld,
    /// Something between this browser and the server answers in the server's place, to this item alone.
    Intercepted,
    /// It belongs to another identity of this browser.
    OtherIdentity,
}

impl Reason {
    pub const fn of(kind: ReasonKind) -> Self {
        Self { kind, status: None, detail: None }
    }
}

/// What an attempt asks of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    Create,
    Delete,
    /// Ask where a post stands that the server had only queued.
    Status,
}

/// Names one request: an answer that comes late is told from the one awaited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Try {
    pub id: PostId,
    pub operation: Operation,
    /// The attempt, or for a `Status` the poll of this page, counted from 1.
    pub number: u32,
}

impl Item {
    /// The shape that this code writes.
    pub const VERSION: u16 = 1;

    /// A new intent to post, ready to be saved. `seq` is drawn in the transaction that saves it.
    pub fn new(id: PostId, owner: UserId, body: CreateBody, seq: u64, wall_ms: Millis) -> Self {
        Self {
            version: Self::VERSION,
            id,
            owner,
            body,
            seq,
            wish: Wish::Post,
            state: State::Queued,
            attempts: 0,
            failures: 0,
            uncertain: false,
            created_at: wall_ms,
            trying_since: wall_ms,
            tried_ms: 0,
            obstacle: None,
            revision: 1,
        }
    }

    /// The room whose order it keeps.
    pub fn room(&self) -> &str {
        self.body.room.as_deref().unwrap_or(LOBBY)
    }

    /// Whether a create or a deletion is still to be sent, or under way.
    pub const fn is_unsent(&self) -> bool {
        matches!(self.state, State::Queued | State::Sending { .. } | State::Waiting { .. })
    }

    /// Whether this very attempt of this page is the one under way, as far as the row tells.
    pub(super) fn is_sent_by(&self, session: SessionId, of: Try) -> bool {
        matches!(self.state, State::Sending { attempt, owner, .. } if owner == session && attempt == of.number)
    }

    /// Whether the server holds it in a queue of its own, so that its status is asked for.
    pub const fn is_queued_on_server(&self) -> bool {
        matches!(self.state, State::Acked { how: Acked::QueuedOnServer { .. }, .. })
    }

    /// Whether it is a mere receipt: nothing will be sent for it any more.
    pub const fn is_receipt(&self) -> bool {
        matches!(self.state, State::Acked { how: Acked::Created | Acked::Replayed, .. } | State::Gone { .. })
    }

    /// When it became a receipt.
    pub const fn receipt_at(&self) -> Option<Millis> {
        match self.state {
            State::Acked { how: Acked::Created | Acked::Replayed, at } | State::Gone { at, .. } => Some(at),
            State::Acked { how: Acked::QueuedOnServer { .. }, .. }
            | State::Queued
            | State::Sending { .. }
            | State::Waiting { .. }
            | State::PausedAuth
            | State::NeedsUser { .. } => None,
        }
    }

    /// Whether the server may have the post, so that giving it up means to delete it there.
    pub const fn may_be_stored(&self) -> bool {
        match &self.state {
            // The id holds another text of the same author, which nobody asked to delete.
            State::NeedsUser { reason } if matches!(reason.kind, ReasonKind::KeyReused) => false,
            // A deletion that the server refuses is all that can be done.
            State::NeedsUser { .. } => self.uncertain && matches!(self.wish, Wish::Post),
            State::Sending { .. } | State::Acked { .. } => true,
            State::Queued | State::Waiting { .. } | State::PausedAuth | State::Gone { .. } => self.uncertain,
        }
    }

    /// How often something else answered in the server's place.
    pub const fn intercepted(&self) -> u32 {
        match self.obstacle {
            Some(Obstacle::Intercepted { answers }) => answers,
            Some(Obstacle::CrossSite) | None => 0,
        }
    }

    /// Trying begins anew, as the user asked.
    pub(super) const fn begin_anew(&mut self, wall_ms: Millis) {
        self.failures = 0;
        self.trying_since = wall_ms;
        self.tried_ms = 0;
        self.obstacle = None;
    }

    /// What the next attempt asks for.
    pub const fn operation(&self) -> Operation {
        match self.wish {
            Wish::Post => Operation::Create,
            Wish::Remove => Operation::Delete,
        }
    }
}
