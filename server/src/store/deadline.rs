//! How long a call may take. A database that hangs must become an error, not a wait.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::error::timed_out;

/// For one try of a write, from waiting for the connection to the answer of COMMIT.
pub(super) const WRITE: Duration = Duration::from_secs(2);

/// For one read, from waiting for a connection to the last row.
pub(super) const READ: Duration = Duration::from_secs(2);

/// Gives up on `work` at `deadline`. Its connection is in an unknown state then and must be closed.
pub(super) async fn within<T, E: From<sqlx::Error>>(
    deadline: Instant,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    timeout_at(deadline, work).await.unwrap_or_else(|_| Err(timed_out().into()))
}
