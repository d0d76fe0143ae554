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
use crate::ledger::Reply;
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
    let (journey, deleted) = posting::delete(&services, id, author, &asked, &headers).await;
    let answer = deleted.and_then(|deleted| {
        let nothing = || ApiError::new(ProblemName::PostNotFound, "There is no post of yours with this id.");
        deleted.then_some(StateAnswer { id, state: PostState::Deleted }).ok_or_else(nothing)
    });
    let reply = || match &answer {
        Ok(answer) => Reply::of(200, false, answer),
        Err(error) => Reply::refused(error),
    };
    journey.back(&cut, &headers, reply).await;
    Ok(Json(answer?).into_response())
}
