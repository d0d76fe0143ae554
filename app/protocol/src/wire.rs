//! Bodies and header names of the API, as both sides read and write them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::key::PostId;
use crate::post::{Post, Revision};
use crate::problem::Problem;
use crate::user::UserId;

/// Header names, lower-case as HTTP/2 spells them.
pub mod header {
    pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
    pub const IDEMPOTENCY_REPLAYED: &str = "idempotency-replayed";
    /// Whose request the client believes it to be: a user's id.
    pub const AS_USER: &str = "as-user";
    pub const ATTEMPT: &str = "attempt";
    pub const RUN: &str = "run";
    pub const FAULT: &str = "fault";
}

/// The largest request body, in bytes.
pub const BODY_MAX_BYTES: usize = 64 * 1024;

/// The body of a create, by `PUT /api/posts/{id}`, `POST /api/posts` or the control arm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateBody {
    /// 1 to 2,048 Unicode scalar values, none of them NUL; stored verbatim.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Content))]
    pub content: String,
    /// A picture that was uploaded before; `null` or missing is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::post::ImageId>))]
    pub image_id: Option<Uuid>,
    /// `null` or missing is `lobby`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::post::Room>))]
    pub room: Option<String>,
}

/// The body of `PATCH /api/posts/{id}`: one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub append: Option<String>,
}

impl From<Revision> for EditBody {
    fn from(revision: Revision) -> Self {
        match revision {
            Revision::Content(text) => Self { content: Some(text), append: None },
            Revision::Append(text) => Self { content: None, append: Some(text) },
        }
    }
}

/// A page of posts, newest first by the server's sequence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeedPage {
    pub posts: Vec<Post>,
    /// Give it back as `before` for the next page; `null` on the last one.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next: Option<String>,
}

/// Where an operation stands, as `GET /api/posts/{id}/status` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum PostState {
    Absent,
    Queued,
    Stored,
    Deleted,
    Rejected,
}

/// The answer of `GET /api/posts/{id}/status`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatusAnswer {
    pub state: PostState,
    /// Why the log's record was refused; only with [`PostState::Rejected`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// `{"id", "state"}`: the answer of a deletion, and of a 202.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StateAnswer {
    pub id: PostId,
    pub state: PostState,
}

/// The data of a `deleted` event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedEvent {
    pub id: PostId,
}

/// The answer of `POST /api/session`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionAnswer {
    pub user_id: UserId,
    /// For `Authorization: Bearer`.
    pub token: String,
}

/// The answer of `GET /api/capabilities`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Capabilities {
    /// Versions of UUID that a post's id may be of.
    pub id_versions: Vec<u8>,
    /// How long a key is remembered.
    pub key_retention: String,
    /// What happens to a copy that arrives while the first is being written.
    pub in_flight: String,
    /// Whether `Fault` is carried out.
    pub faults: bool,
    pub limits: Limits,
}

/// What the server refuses to exceed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Limits {
    /// Unicode scalar values of a content.
    pub content_chars: usize,
    /// Bytes of a request body.
    pub body_bytes: usize,
    /// Posts on a page.
    pub page_posts: u32,
    /// New ids per identity and second; 0 is unlimited.
    pub write_rate: u32,
}

/// A row of the control arm: the id is the database's counter, as in the article's first table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NaivePost {
    pub id: i64,
    pub content: String,
    pub room: crate::post::Room,
    pub create_timestamp: crate::time::Timestamp,
}

/// A page of the control arm's rows, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NaivePage {
    pub posts: Vec<NaivePost>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next: Option<String>,
}
