//! The designs that can be compared under the same weather.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A design of client and server. The first three are the product's own API; the others live in the museum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Lane {
    /// No key: a row per arrival.
    Naive,
    /// `PUT` under a UUID that the browser minted: the row is the deduplication record.
    Uuid,
    /// `POST` with an `Idempotency-Key`; the answer is stored in the transaction of the work.
    Key,
    /// Looks for the key, then inserts: two arrivals at once both find nothing.
    CheckThenInsert,
    /// Stores the key once the work is committed: what fails in between is done again.
    KeyAfterCommit,
    /// Remembers keys in memory for a while: a retry that comes later is a new post.
    Cache,
    /// The first attempt carries a key, the retry does not.
    RetryWithoutKey,
    /// Each edit of the text mints another key.
    NewKeyPerEdit,
    /// The app server mints the UUID: safe on the hop to the database, not on the browser's.
    ServerMinted,
}

impl Lane {
    pub const ALL: [Self; 9] = [
        Self::Naive,
        Self::Uuid,
        Self::Key,
        Self::CheckThenInsert,
        Self::KeyAfterCommit,
        Self::Cache,
        Self::RetryWithoutKey,
        Self::NewKeyPerEdit,
        Self::ServerMinted,
    ];

    /// The name in a share link, in the ledger and in the path of a museum lane.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::Uuid => "uuid",
            Self::Key => "key",
            Self::CheckThenInsert => "check-then-insert",
            Self::KeyAfterCommit => "key-after-commit",
            Self::Cache => "cache",
            Self::RetryWithoutKey => "retry-without-key",
            Self::NewKeyPerEdit => "new-key-per-edit",
            Self::ServerMinted => "server-minted",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.as_str() == name)
    }

    /// Whether the server keeps this design only to be looked at, under `/api/lab/museum/{lane}/posts`.
    pub const fn is_museum(self) -> bool {
        !matches!(self, Self::Naive | Self::Uuid | Self::Key)
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
