//! Counts since the start: what arrived, what it became, and how long it took. They are the series behind
//! `/numbers` and `/metrics`.
//!
//! Requests of a run are counted by what the ledger sees of them, so that a row which the server does not know of
//! counts too. Creates of no run are counted by their answers.
//!
//! | module | what is there |
//! |---|---|
//! | `tally` | the counters, the samples of them and the durations |
//! | `run` | what the events of one run add |
//! | `csv` | `GET /numbers/{chart}.csv` |
//! | `prometheus` | the same for `GET /metrics` |

mod csv;
mod prometheus;
mod run;
mod tally;

use std::time::Duration;

use crate::services::Services;

pub use csv::file;
pub use prometheus::write as write_metrics;
pub(crate) use run::RunTally;
pub use tally::Tally;

/// Between two samples.
const EVERY: Duration = Duration::from_secs(1);

/// Samples the counters until the server stops.
pub async fn keep_sampling(services: Services) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => services.numbers.sample(services.writer.take_peak()),
            () = services.shutdown.cancelled() => return,
        }
    }
}
