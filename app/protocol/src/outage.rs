//! What a page may see of the server's log, and what its experiments there answer. Only where faults are on.

use serde::{Deserialize, Serialize};

use crate::key::PostId;

/// The answer of `GET /api/lab/log`: the caller's own records among the last ones of the log, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogAnswer {
    pub records: Vec<LogRecord>,
    /// What came of the crash that the caller asked for last; `null` where none was.
    pub crash: Option<Crash>,
}

impl LogAnswer {
    /// How many records are not applied yet.
    pub fn waiting(&self) -> usize {
        self.records.iter().filter(|record| record.state != LogState::Applied).count()
    }
}

/// One record of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogRecord {
    /// The post that it is about.
    pub id: PostId,
    pub partition: i32,
    /// The offset, counted from 0 in each partition.
    pub position: i64,
    pub state: LogState,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LogState {
    /// To be applied as soon as its turn comes.
    Waiting,
    /// To whoever sent it the database is away for a while longer.
    SetAside,
    /// Applied, and its offset saved; kept, so that it can be applied again.
    Applied,
}

impl LogState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::SetAside => "set-aside",
            Self::Applied => "applied",
        }
    }
}

/// A consumer that stops between applying records and saving their offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Crash {
    /// It strikes when the caller's next records are applied.
    pub armed: bool,
    /// Records that were applied while their offset was not saved.
    pub unsaved: u32,
    /// How many of them were applied a second time since.
    pub again: u32,
    /// Rows that the second time changed.
    pub changed: u32,
}

/// What applying the log again did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Replayed {
    pub records: u64,
    /// How many of them changed something: none, where all had been applied.
    pub applied: u64,
    /// SHA-256 in hexadecimal digits, before and after.
    pub feed_hash_before: String,
    pub feed_hash_after: String,
}
