//! `curl --retry --retry-all-errors`: every failure is tried again, whatever the method.

use super::order::{Ended, Order, run};
use super::weather::one_row_each_time;
use crate::helpers::{TestApp, stories};

stories![with Setup::with_faults(); curl_stores_one_row_however_often_it_retries];

async fn curl_stores_one_row_however_often_it_retries(app: &mut TestApp) {
    one_row_each_time(app, &send).await;
}

async fn send(order: Order) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    // Of a file curl keeps the last answer alone, where standard output would get every one that was retried.
    let (file, seconds) = (folder.path().join("answer"), order.patience_ms as f64 / 1_000.0);
    let mut arguments: Vec<String> = ["--silent", "--show-error", "--retry", "6", "--retry-all-errors"]
        .into_iter()
        .chain(["--max-time", &seconds.to_string(), "--request", order.method, "--data-binary", "@-"])
        .chain(["--write-out", "%{http_code}", "--output", file.to_str().unwrap(), "--noproxy", "*"])
        .map(str::to_owned)
        .collect();
    for (name, value) in &order.headers {
        arguments.extend(["--header".to_owned(), format!("{name}: {value}")]);
    }
    arguments.push(order.url);
    let status = run("curl", &arguments, &order.body).await.parse().unwrap();
    Ended { status, body: std::fs::read_to_string(file).unwrap() }
}
