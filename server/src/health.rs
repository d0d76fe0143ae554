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

/// `GET /readyz`: 200 while posts can be accepted, else 503; the body tells the states apart.
pub async fn ready(State(services): State<Services>) -> impl IntoResponse {
    let up = match services.store() {
        Ok(store) => store.ping().await.is_ok(),
        Err(_) => false,
    };
    let status = if up { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { database: if up { "up" } else { "away" }, log: "none" }))
}
