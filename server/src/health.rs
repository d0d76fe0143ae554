//! Whether the process lives, and whether it can accept posts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Serialize;

use crate::services::Services;

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

#[derive(Serialize)]
struct Readiness {
    database: &'static str,
    log: &'static str,
}

/// `GET /readyz`: 200 while posts can be accepted, by the database or by the log, else 503; the body tells both.
pub async fn ready(State(services): State<Services>) -> impl IntoResponse {
    let database = async {
        match services.store() {
            Ok(store) => store.ping().await.is_ok(),
            Err(_) => false,
        }
    };
    let log = async {
        match &services.log {
            Some(log) => Some(log.ping().await.is_ok()),
            None => None,
        }
    };
    let (database, log) = tokio::join!(database, log);
    let ready = database || log == Some(true);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = |up: bool| if up { "up" } else { "away" };
    (status, Json(Readiness { database: word(database), log: log.map_or("none", word) }))
}
