//! Why the store gave no verdict, and whether asking again may help.

use std::io;

use sqlx::error::ErrorKind;

/// Why the store gave no verdict.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// COMMIT was never sent: nothing was applied.
    #[error("not applied: {0}")]
    NotApplied(#[source] sqlx::Error),
    /// COMMIT was sent and its answer never came: ask again with the same command.
    #[error("outcome unknown: {0}")]
    Unknown(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether the same batch may succeed later. Everything is transient but a complaint about the data itself,
    /// which names a command that would fail forever and take its batch with it.
    pub fn is_transient(&self) -> bool {
        let (Self::NotApplied(error) | Self::Unknown(error)) = self;
        match error {
            sqlx::Error::Database(error) => match error.kind() {
                ErrorKind::UniqueViolation
                | ErrorKind::ForeignKeyViolation
                | ErrorKind::NotNullViolation
                | ErrorKind::CheckViolation => false,
                _ => !error.code().is_some_and(|code| is_data_exception(&code)),
            },
            sqlx::Error::Encode(_) | sqlx::Error::InvalidArgument(_) => false,
            _ => true,
        }
    }
}

/// SQLSTATE class 22 of Postgres; "too big" and "datatype mismatch" of SQLite.
fn is_data_exception(code: &str) -> bool {
    matches!(code, "18" | "20") || (code.len() == 5 && code.starts_with("22"))
}

/// What a connection that breaks looks like to us; injected faults use the same face as real ones.
pub(super) fn connection_lost() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::ConnectionReset, "the connection to the database was lost"))
}

pub(super) fn timed_out() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "the database did not answer in time"))
}
