//! Why the log did not do what it was asked.

use protocol::problem::Outcome;

type Source = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Nothing was appended.
    #[error("the log did not take it: {0}")]
    NotAppended(#[source] Source),
    /// The record may be in the log, and be applied.
    #[error("the log did not answer: {0}")]
    Unknown(#[source] Source),
}

impl LogError {
    pub(super) fn not_appended(error: impl Into<Source>) -> Self {
        Self::NotAppended(error.into())
    }

    pub(super) fn unknown(error: impl Into<Source>) -> Self {
        Self::Unknown(error.into())
    }

    /// What can be said of the command that was to be appended.
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::NotAppended(_) => Outcome::NotApplied,
            Self::Unknown(_) => Outcome::Unknown,
        }
    }
}
