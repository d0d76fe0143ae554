//! `axios-retry`, told that `POST` may be retried because it carries a key.

use super::order::run_script;
use super::weather::one_row_each_time;
use crate::helpers::{TestApp, stories};

stories![with Setup::with_faults(); axios_stores_one_row_however_often_it_retries];

async fn axios_stores_one_row_however_often_it_retries(app: &mut TestApp) {
    one_row_each_time(app, &async |order| run_script("node", "axios_retry.mjs", &order).await).await;
}
