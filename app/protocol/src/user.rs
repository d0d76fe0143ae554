//! Who wrote a post.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of a user, minted by the server with the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub Uuid);

impl UserId {
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// The display name that an anonymous user starts with, for example *Teal Otter*. It follows from the id, so
/// that every instance gives the same name before any row exists.
pub fn display_name(id: UserId) -> String {
    const COLOURS: [&str; 16] = [
        "Teal", "Amber", "Coral", "Indigo", "Olive", "Scarlet", "Silver", "Violet", "Golden", "Azure",
        "Crimson", "Jade", "Copper", "Ivory", "Plum", "Saffron",
    ];
    const ANIMALS: [&str; 16] = [
        "Otter", "Heron", "Badger", "Lynx", "Marten", "Finch", "Hare", "Falcon", "Beaver", "Newt", "Swift",
        "Ibex", "Puffin", "Vole", "Crane", "Stoat",
    ];
    let last = id.0.as_bytes()[15];
    format!("{} {}", COLOURS[usize::from(last >> 4)], ANIMALS[usize::from(last & 15)])
}
