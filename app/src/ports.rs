//! What pages need the server to know. The server provides these as contexts; pages never see how they are made.

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

/// Who looks at the page, from the signed session cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub user_id: UserId,
    /// Whether this server carries out faults that a request asks for.
    pub faults: bool,
}

/// A form that was refused: the page shows what was sent and, to its author only, what stands stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub problem: Problem,
    pub sent: String,
    pub stored: Option<String>,
    pub room: String,
}

/// Why a read gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ReadError {
    /// The database is away.
    #[error("the database is away")]
    Unavailable,
    /// The room or the cursor cannot be read.
    #[error("the room or the page cannot be read")]
    Invalid,
}

/// Reads of the server, as pages ask for them. Provided as `Arc<dyn Reader>`.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Reader: Send + Sync {
    /// A page of a room, newest first; `before` is a cursor of an earlier page.
    async fn feed(&self, room: &str, before: Option<&str>) -> Result<FeedView, ReadError>;
}
