//! `reqwest-retry` with its own idea of what is worth a retry: it does not ask for the method.

use std::time::Duration;

use reqwest_middleware::ClientBuilder;
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;

use super::order::{Ended, Order};
use super::weather::one_row_each_time;
use crate::helpers::{TestApp, stories};

stories![with Setup::with_faults(); reqwest_stores_one_row_however_often_it_retries];

async fn reqwest_stores_one_row_however_often_it_retries(app: &mut TestApp) {
    one_row_each_time(app, &send).await;
}

async fn send(order: Order) -> Ended {
    let patience = Duration::from_millis(order.patience_ms);
    let client = reqwest::Client::builder().no_proxy().timeout(patience).build().unwrap();
    let back_off = ExponentialBackoff::builder()
        .retry_bounds(Duration::from_millis(100), Duration::from_secs(1))
        .build_with_max_retries(6);
    let client = ClientBuilder::new(client).with(RetryTransientMiddleware::new_with_policy(back_off)).build();
    let mut request = client.request(order.method.parse().unwrap(), &order.url).body(order.body);
    for (name, value) in &order.headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    Ended { status: answer.status().as_u16(), body: answer.text().await.unwrap() }
}
