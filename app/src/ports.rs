//! What pages need the server to know. The server provides these as contexts; pages never see how they are made.

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use protocol::key::PostId;
#[cfg(feature = "ssr")]
use protocol::numbers::Numbers;
use protocol::problem::Problem;
use protocol::user::UserId;
use protocol::wire::FeedPage;
use serde::{Deserialize, Serialize};

/// What a feed page starts with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedView {
    pub page: FeedPage,
    /// The change cursor that live updates go on from.
    pub cursor: String,
}

/// Who looks at the page, and what this rendering of it was given. The server makes one per page request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// From the signed session cookie.
    pub user_id: UserId,
    /// Whether this server carries out faults that a request asks for.
    pub faults: bool,
    /// Minted anew for each rendering: the id of the post that the plain form makes, where no program of ours
    /// runs. Back brings the same page and so the same id.
    pub fallback_id: PostId,
}

/// A form that was refused: the page shows what was sent and, to its author only, what stands stored. The page
/// answers with the problem's status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    pub problem: Problem,
    /// The text of the form.
    pub sent: String,
    /// The text under the same id, where the viewer wrote it.
    pub stored: Option<String>,
    pub room: String,
    /// The id that the form was sent with, where it was one: asking again with it is safe while the outcome is
    /// unknown.
    pub sent_id: Option<PostId>,
    /// Whose the form is that the page offers; `None` where the browser did not say who it is.
    pub as_user: Option<UserId>,
}

/// Why a read gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ReadError {
    /// The database is away, or the server did not answer: the page answers 503.
    #[error("the database is away")]
    Unavailable,
    /// The room or the cursor cannot be read: the page answers 400.
    #[error("the room or the page cannot be read")]
    Invalid,
}

impl FromServerFnError for ReadError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self::Unavailable
    }
}

/// Reads of the server, as pages ask for them. Provided as `Arc<dyn Reader>`.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Reader: Send + Sync {
    /// A page of a room, newest first; `before` is a cursor of an earlier page.
    async fn feed(&self, room: &str, before: Option<&str>) -> Result<FeedView, ReadError>;

    /// What the server has counted since it started.
    fn numbers(&self) -> Numbers;
}
