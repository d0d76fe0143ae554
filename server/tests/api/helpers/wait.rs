//! Waiting for an outcome, never for an amount of time.

use std::time::{Duration, Instant};

/// How long an outcome may take before the story counts as failed. Generous, because two cores are shared.
pub const DEADLINE: Duration = Duration::from_secs(20);

const PAUSE: Duration = Duration::from_millis(10);

/// Asks again and again until there is an outcome; fails at the caller's line when none comes.
#[track_caller]
pub fn eventually<T>(what: &str, probe: impl AsyncFn() -> Option<T>) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        let began = Instant::now();
        loop {
            if let Some(outcome) = probe().await {
                return outcome;
            }
            assert!(began.elapsed() < DEADLINE, "{caller}: {what} did not happen in {DEADLINE:?}");
            tokio::time::sleep(PAUSE).await;
        }
    }
}
