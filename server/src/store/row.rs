//! What is stored, as readers see it.

use protocol::key::PostId;
use protocol::post::{Post, Room};
use protocol::user::UserId;

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

/// Says where to look for new changes; whoever listens reads the rows themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeNotice {
    /// Rows `from..=to` of the change sequence touched `room`.
    Touched { room: Room, from: i64, to: i64 },
    /// Notices may have been missed, in any room: the listener was cut off for a while.
    Missed,
}
