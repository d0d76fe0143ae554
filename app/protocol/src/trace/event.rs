//! What the browser and the server record. Times are durations on each machine's own monotonic clock: the two
//! clocks are never compared, only fitted to each other by what caused what.

use serde::{Deserialize, Serialize};

use super::lane::Lane;
use crate::fault::FaultPoint;
use crate::time::Millis;

/// Something that happened in the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowserEvent {
    /// Microseconds since the run began.
    pub at_us: u64,
    pub lane: Lane,
    /// Counted from 1. An attempt is one `fetch()`; the browser may send it more than once.
    pub attempt: u32,
    pub saw: Saw,
}

/// What the browser saw or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "saw")]
pub enum Saw {
    /// The request was handed to the network, or would have been where `Lost` follows.
    Sent {
        method: String,
        path: String,
        headers: Vec<(String, String)>,
        body: String,
        /// The fault that was asked to befall it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fault: Option<String>,
    },
    /// `request-lost`: made in the browser, nothing was sent.
    Lost,
    Answer {
        status: u16,
        replayed: bool,
        body: String,
    },
    /// No answer. Whether the post is stored is unknown.
    NoAnswer {
        /// The browser waited as long as it was told to; otherwise the network failed.
        timeout: bool,
    },
    /// The next attempt comes in `ms`.
    Waiting {
        ms: Millis,
    },
    /// This lane is done: it has an answer that settles it, or stopped.
    Settled {
        answered: bool,
    },
}

/// Something that happened at the server, as the ledger streams it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerEvent {
    /// Counted from 0 within the run, in the order of recording.
    pub number: u32,
    /// Which arrival of the run it belongs to, counted from 1.
    pub arrival: u32,
    /// Microseconds since the run's first arrival.
    pub at_us: u64,
    pub seen: Seen,
}

/// What the server saw or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case", tag = "seen")]
pub enum Seen {
    /// A request was read to its end.
    Arrived {
        lane: Lane,
        attempt: u32,
        /// Which arrival of this attempt, counted from 1. More than one: the browser sent it again by itself.
        nth: u32,
        method: String,
        path: String,
        /// The headers that matter here, never cookies.
        headers: Vec<(String, String)>,
        body: String,
        /// The fault that fires on this arrival, as its header spells it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fault: Option<String>,
    },
    /// `request-late` or `slow`: the server holds it for so long.
    Held { ms: u32 },
    /// Another arrival with this id is being written; this one waits for its answer.
    Attached,
    /// The server turns to the database, for the `try`-th time within this arrival.
    Try {
        number: u32,
        /// The statements, as they are sent.
        sql: Vec<String>,
    },
    /// That try failed. `row` is what the database holds all the same, unknown to the server that asked.
    TryFailed {
        number: u32,
        how: TryFailure,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        row: Option<Row>,
    },
    /// A half-fix looked for an earlier post under this key.
    Looked { found: bool, sql: String },
    /// The database committed, or had committed before, and the server knows it.
    Wrote { wrote: Wrote, row: Row },
    /// The answer is ready.
    Answered {
        status: u16,
        replayed: bool,
        /// At most 2,048 bytes of it.
        body: String,
    },
    /// The connection was cut; not a byte of the answer was sent.
    Cut,
}

/// How a try at the database failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TryFailure {
    /// No connection: nothing was asked.
    Refused,
    /// The connection was lost before COMMIT: rolled back.
    RolledBack,
    /// COMMIT was carried out, its answer was lost: unknown to the server that asked.
    AckLost,
    /// Another failure, which nobody asked for; the outcome is unknown to the picture.
    Other,
}

impl TryFailure {
    /// The point on the fault board, where it was asked for.
    pub const fn point(self) -> Option<FaultPoint> {
        match self {
            Self::Refused => Some(FaultPoint::ConnectRefused),
            Self::RolledBack => Some(FaultPoint::RolledBack),
            Self::AckLost => Some(FaultPoint::CommitAckLost),
            Self::Other => None,
        }
    }
}

/// What the database did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Wrote {
    /// A row that was not there.
    Inserted,
    /// It was there already, from an earlier arrival: the retry is recognised.
    Recognised,
    /// It was there already, from an earlier try of this arrival whose answer was lost.
    OwnRow,
    /// A row was deleted, or a tombstone left.
    Deleted,
    /// Refused by a rule: nothing was written.
    Refused,
}

/// A row as the database names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Row {
    /// The counter's number or the UUID.
    pub id: String,
    pub content: String,
}
