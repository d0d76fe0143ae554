//! `urllib3.Retry`, told that `POST` may be retried because it carries a key.

use super::order::run_script;
use super::weather::one_row_each_time;
use crate::helpers::{TestApp, stories};

/// The interpreter that `scripts/setup test` gave urllib3 to.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools/clients/bin/python");

stories![with Setup::with_faults(); urllib3_stores_one_row_however_often_it_retries];

async fn urllib3_stores_one_row_however_often_it_retries(app: &mut TestApp) {
    one_row_each_time(app, &async |order| run_script(PYTHON, "urllib3_retry.py", &order).await).await;
}
