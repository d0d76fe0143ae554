//! What a post is, and which content is acceptable.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::key::PostId;
use crate::time::Timestamp;
use crate::user::UserId;

/// The longest content, in Unicode scalar values.
pub const CONTENT_MAX_CHARS: usize = 2_048;

/// The room a post goes to when none is named.
pub const LOBBY: &str = "lobby";

/// A stored post as every reader sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Post {
    pub id: PostId,
    pub user_id: UserId,
    /// The author's display name.
    pub author: String,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub image_id: Option<ImageId>,
    pub content: String,
    pub room: Room,
    /// When the server first stored it, by the server's clock.
    pub create_timestamp: Timestamp,
}

/// The id of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImageId(pub Uuid);

/// The name of a room: `[a-z0-9-]{1,32}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Room(String);

/// The text is not the name of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a room is 1 to 32 of a-z, 0-9 and -")]
pub struct InvalidRoom;

impl Room {
    pub fn parse(text: &str) -> Result<Self, InvalidRoom> {
        let acceptable = text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if acceptable && (1..=32).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidRoom)
        }
    }

    pub fn lobby() -> Self {
        Self(LOBBY.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Room {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// What an author asks to be stored, checked and ready to be fingerprinted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPost {
    pub content: String,
    pub image_id: Option<ImageId>,
    pub room: Room,
}

/// Why content was refused, and by which field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidContent {
    #[error("content must not be empty")]
    Empty,
    #[error("content must be at most 2,048 characters")]
    TooLong,
    #[error("content must not contain the character NUL")]
    Nul,
    #[error("a room is 1 to 32 of a-z, 0-9 and -")]
    Room,
}

impl InvalidContent {
    /// The RFC 6901 pointer to the offending field.
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::Empty | Self::TooLong | Self::Nul => "/content",
            Self::Room => "/room",
        }
    }
}

/// Checks content alone, as a composer does before it saves a draft. White space is content; text is stored
/// verbatim, never trimmed or normalised. NUL is refused because Postgres cannot store it.
pub fn check_content(content: &str) -> Result<(), InvalidContent> {
    if content.is_empty() {
        Err(InvalidContent::Empty)
    } else if content.contains('\0') {
        Err(InvalidContent::Nul)
    } else if content.chars().count() > CONTENT_MAX_CHARS {
        Err(InvalidContent::TooLong)
    } else {
        Ok(())
    }
}

impl NewPost {
    /// Checks the decoded fields of a request; a missing room is the lobby.
    pub fn check(
        content: String,
        image_id: Option<ImageId>,
        room: Option<&str>,
    ) -> Result<Self, InvalidContent> {
        check_content(&content)?;
        let room = Room::parse(room.unwrap_or(LOBBY)).map_err(|_| InvalidContent::Room)?;
        Ok(Self { content, image_id, room })
    }
}

/// A change of a post's content, checked and ready to be fingerprinted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// This is the content from here on: idempotent by itself, though not if another edit came between.
    Content(String),
    /// This is added at the end: only a key makes a retry of it safe.
    Append(String),
}

impl Revision {
    /// The content after the change; what is too long is refused.
    pub fn apply(&self, content: &str) -> Result<String, InvalidContent> {
        let revised = match self {
            Self::Content(text) => text.clone(),
            Self::Append(text) => format!("{content}{text}"),
        };
        check_content(&revised).map(|()| revised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_counted_in_characters_and_kept_verbatim() {
        let longest = "é".repeat(CONTENT_MAX_CHARS);
        assert_eq!(NewPost::check(longest.clone(), None, None).map(|post| post.content), Ok(longest.clone()));
        assert_eq!(check_content(&(longest + "é")), Err(InvalidContent::TooLong));
        assert_eq!(check_content("  "), Ok(()));
        assert_eq!(check_content(""), Err(InvalidContent::Empty));
    }

    #[test]
    fn case_51_nul_is_refused_up_front() {
        assert_eq!(check_content("a\0b"), Err(InvalidContent::Nul));
    }

    #[test]
    fn rooms_are_short_and_plain() {
        for room in ["lobby", "a", "room-42", &"r".repeat(32)] {
            assert!(Room::parse(room).is_ok(), "{room}");
        }
        for room in ["", "Lobby", "a b", "ä", &"r".repeat(33)] {
            assert!(Room::parse(room).is_err(), "{room}");
        }
    }
}
