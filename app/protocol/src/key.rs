//! Which ids and idempotency keys are accepted, and how they are spelled.
//!
//! Ids follow RFC 9562 and are compared as 16 bytes, never as text: an upper-case spelling is the same id.
//! Keys follow draft-ietf-httpapi-idempotency-key-header-07, where the value is a quoted structured-field
//! string; the bare spelling is accepted because most clients send it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::{Uuid, Variant};

/// The longest opaque key, in characters.
pub const KEY_MAX_CHARS: usize = 255;

/// The id of a post: a UUID of version 4 or 7, minted by whoever writes the post.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PostId(Uuid);

/// The text is not an acceptable post id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id is a UUID of version 4 or 7, hyphenated or as 32 hexadecimal digits")]
pub struct InvalidId;

impl PostId {
    /// Accepts the hyphenated spelling in any case and 32 bare hex digits. Nil, max, braces, `urn:uuid:` and
    /// other versions or variants are refused: versions 3 and 5 derive from content, so two equal posts that
    /// were both meant would collapse into one.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        if !matches!(text.len(), 32 | 36) {
            return Err(InvalidId);
        }
        Self::from_uuid(Uuid::try_parse(text).map_err(|_| InvalidId)?)
    }

    pub fn from_uuid(id: Uuid) -> Result<Self, InvalidId> {
        let known_version = matches!(id.get_version_num(), 4 | 7);
        if known_version && id.get_variant() == Variant::RFC4122 { Ok(Self(id)) } else { Err(InvalidId) }
    }

    /// Mints a UUIDv7 from the wall clock and 80 random bits (of which RFC 9562 uses 74).
    pub fn mint(unix_ms: u64, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid())
    }

    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }

    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for PostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for PostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostId({self})")
    }
}

impl<'de> Deserialize<'de> for PostId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// What an `Idempotency-Key` header names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdempotencyKey {
    /// A UUID of version 4 or 7: it becomes the post's id, so PUT and POST of one id are one operation.
    Post(PostId),
    /// Any other 1–255 visible ASCII characters, case-sensitive, remembered per author.
    Opaque(String),
}

/// Why an `Idempotency-Key` was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("this operation needs an Idempotency-Key header")]
    Missing,
    #[error("Idempotency-Key must be sent once, as one line")]
    Repeated,
    #[error("Idempotency-Key opens a quoted string that is not complete")]
    Unquoted,
    #[error("Idempotency-Key must be 1 to 255 visible ASCII characters, with no comma, semicolon or space")]
    Characters,
}

impl IdempotencyKey {
    /// Reads the header's lines. Lists, parameters, inner spaces and commas are refused rather than guessed at:
    /// two readers that guess differently would see two keys.
    pub fn parse<'a>(mut lines: impl Iterator<Item = &'a [u8]>) -> Result<Self, KeyError> {
        let line = lines.next().ok_or(KeyError::Missing)?;
        if lines.next().is_some() {
            return Err(KeyError::Repeated);
        }
        let text = std::str::from_utf8(line).map_err(|_| KeyError::Characters)?.trim_matches([' ', '\t']);
        let value = match text.strip_prefix('"') {
            Some(rest) => unquote(rest)?,
            None => text.to_owned(),
        };
        let acceptable = value.chars().all(|c| c.is_ascii_graphic() && c != ',' && c != ';');
        if value.is_empty() || value.len() > KEY_MAX_CHARS || !acceptable {
            return Err(KeyError::Characters);
        }
        Ok(PostId::parse(&value).map_or(Self::Opaque(value), Self::Post))
    }
}

/// The key itself, whichever way it was quoted.
impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Post(id) => id.fmt(f),
            Self::Opaque(key) => key.fmt(f),
        }
    }
}

/// The rest of an RFC 9651 string after its opening quote; only `\"` and `\\` are escapes.
fn unquote(rest: &str) -> Result<String, KeyError> {
    let mut value = String::with_capacity(rest.len());
    let mut chars = rest.chars();
    loop {
        match chars.next() {
            Some('"') if chars.as_str().is_empty() => return Ok(value),
            Some('\\') => match chars.next() {
                Some(escaped @ ('"' | '\\')) => value.push(escaped),
                Some(_) | None => return Err(KeyError::Unquoted),
            },
            Some('"') | None => return Err(KeyError::Unquoted),
            Some(plain) => value.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V7: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn key(line: &str) -> Result<IdempotencyKey, KeyError> {
        IdempotencyKey::parse(std::iter::once(line.as_bytes()))
    }

    #[test]
    fn case_9_every_accepted_spelling_is_the_same_id() {
        let id = PostId::parse(V7).unwrap();
        assert_eq!(PostId::parse(&V7.to_uppercase()), Ok(id));
        assert_eq!(PostId::parse(&V7.replace('-', "")), Ok(id));
        assert_eq!(id.to_string(), V7);
    }

    #[test]
    fn cases_8_9_11_other_spellings_versions_and_variants_are_refused() {
        for text in [
            "",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
            "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
            "01890a5d-ac96-174b-bcce-b302099a8057",
            "01890a5d-ac96-574b-bcce-b302099a8057",
            "01890a5d-ac96-774b-fcce-b302099a8057",
            "01890a5dac96-774b-bcce-b302099a8057",
            " 1890a5d-ac96-774b-bcce-b302099a8057",
            "01890a5d-ac96-774b-bcce-b302099a805ü",
        ] {
            assert_eq!(PostId::parse(text), Err(InvalidId), "{text}");
        }
    }

    #[test]
    fn a_minted_id_is_version_7_and_carries_its_time() {
        let id = PostId::mint(1_700_000_000_000, [0xff; 10]);
        assert_eq!(PostId::parse(&id.to_string()), Ok(id));
        assert_eq!(id.as_uuid().get_version_num(), 7);
        assert_eq!(id.as_uuid().get_timestamp().map(|t| t.to_unix().0), Some(1_700_000_000));
    }

    #[test]
    fn case_10_quoted_and_bare_keys_are_one_key() {
        let id = PostId::parse(V7).unwrap();
        assert_eq!(key(V7), Ok(IdempotencyKey::Post(id)));
        assert_eq!(key(&format!("\"{V7}\"")), Ok(IdempotencyKey::Post(id)));
        assert_eq!(key("order-17"), key("\"order-17\""));
        assert_eq!(key(r#""a\"b""#), Ok(IdempotencyKey::Opaque("a\"b".to_owned())));
    }

    #[test]
    fn a_uuid_that_no_post_may_have_is_an_opaque_key() {
        let nil = "00000000-0000-0000-0000-000000000000";
        assert_eq!(key(nil), Ok(IdempotencyKey::Opaque(nil.to_owned())));
    }

    #[test]
    fn keys_that_could_be_read_two_ways_are_refused() {
        for line in ["", "\"\"", "a b", "a,b", "\"a\";p=1", "\"a", "\"a\"b", "\"a\\n\"", "clé", "a;b"] {
            assert!(key(line).is_err(), "{line}");
        }
        assert!(key(&"k".repeat(KEY_MAX_CHARS)).is_ok());
        assert!(key(&"k".repeat(KEY_MAX_CHARS + 1)).is_err());
        assert_eq!(IdempotencyKey::parse([b"a".as_slice(), b"a"].into_iter()), Err(KeyError::Repeated));
        assert_eq!(IdempotencyKey::parse(std::iter::empty()), Err(KeyError::Missing));
    }
}
