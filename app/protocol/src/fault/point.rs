//! The points at which a request can be hurt.

use std::fmt;

/// Where the fault strikes. The first is made in the browser; all others are real, and made by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultPoint {
    /// Never sent.
    RequestLost,
    /// Held before it is registered, then executed, even if the client has gone.
    RequestLate,
    /// The connection to the database fails.
    ConnectRefused,
    /// Inserted, then the connection is lost before COMMIT.
    RolledBack,
    /// Committed; the database's answer is lost.
    CommitAckLost,
    /// Committed; the TCP connection is cut before a byte of the final answer.
    ReplyLost,
    /// Committed; the answer is held.
    Slow,
    /// To this request the database is away until a given moment.
    DatabaseAway,
}

/// A parameter that only some points use (`times` is used by all that reach the server).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parameter {
    Times,
    Delay,
    Tries,
    Until,
    Bare,
}

impl FaultPoint {
    pub const ALL: [Self; 8] = [
        Self::RequestLost,
        Self::RequestLate,
        Self::ConnectRefused,
        Self::RolledBack,
        Self::CommitAckLost,
        Self::ReplyLost,
        Self::Slow,
        Self::DatabaseAway,
    ];

    /// The token of the `Fault` header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RequestLost => "request-lost",
            Self::RequestLate => "request-late",
            Self::ConnectRefused => "connect-refused",
            Self::RolledBack => "rolled-back",
            Self::CommitAckLost => "commit-ack-lost",
            Self::ReplyLost => "reply-lost",
            Self::Slow => "slow",
            Self::DatabaseAway => "database-away",
        }
    }

    pub fn parse(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|point| point.as_str() == token)
    }

    /// Whether it strikes between the server and its database. Such requests run alone, outside any batch.
    pub const fn is_at_database(self) -> bool {
        matches!(self, Self::ConnectRefused | Self::RolledBack | Self::CommitAckLost)
    }

    pub(super) const fn uses(self, parameter: Parameter) -> bool {
        match parameter {
            Parameter::Times => !matches!(self, Self::RequestLost),
            Parameter::Delay => matches!(self, Self::RequestLate | Self::Slow),
            Parameter::Tries => self.is_at_database(),
            Parameter::Until => matches!(self, Self::DatabaseAway),
            Parameter::Bare => matches!(self, Self::ReplyLost),
        }
    }
}

impl fmt::Display for FaultPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
