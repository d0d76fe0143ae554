//! Deleting a post: 200 the first time, then 404, and the same state after each.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use protocol::problem::ProblemName;
use protocol::wire::{PostState, StateAnswer};

use crate::api::request::{Caller, Id};
use crate::connection::Cut;
use crate::error::{ApiError, ApiResult};
use crate::faults::Asked;
use crate::posting;
use crate::services::Services;

/// Someone else's post, a tombstone and an id never seen are answered alike, so that nothing is disclosed.
pub async fn delete(
    State(services): State<Services>,
    Caller(author): Caller,
    Id(id): Id,
    asked: Asked,
    cut: Cut,
    headers: HeaderMap,
) -> ApiResult {
    let (strike, deleted) = posting::delete(&services, id, author, &asked).await;
    strike.on_the_way_back(&cut, &headers).await;
    if deleted? {
        Ok(Json(StateAnswer { id, state: PostState::Deleted }).into_response())
    } else {
        Err(ApiError::new(ProblemName::PostNotFound, "There is no post of yours with this id."))
    }
}
