//! An endpoint that does nothing. A server that `make bench` compares with has it, so that the cost of a create can be
//! told from the cost of being asked at all.

use axum::Json;
use serde_json::{Map, Value};

/// `GET /api/empty`: an empty JSON object, behind every layer that stands before a create.
pub async fn empty() -> Json<Map<String, Value>> {
    Json(Map::new())
}
