//! Deleting a post: 200 the first time, then 404, and the same state after each. 202 while the database is away.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use protocol::problem::ProblemName;
use protocol::wire::{PostState, StateAnswer};

use crate::api::create::queued;
use crate::api::request::{Caller, Id};
use crate::connection::Cut;
use crate::error::{ApiError, ApiResult};
use crate::faults::Asked;
use crate::ledger::Reply;
use crate::posting::{self, Deletion};
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
    let answer = deleted.and_then(|deletion| match deletion {
        Deletion::Erased => Ok((StatusCode::OK, PostState::Deleted)),
        Deletion::Queued => Ok((StatusCode::ACCEPTED, PostState::Queued)),
        Deletion::Nothing => {
            Err(ApiError::new(ProblemName::PostNotFound, "There is no post of yours with this id."))
        }
    });
    let reply = || match &answer {
        Ok((status, state)) => Reply::of(status.as_u16(), false, &StateAnswer { id, state: *state }),
        Err(error) => Reply::refused(error),
    };
    journey.back(&cut, &headers, reply).await;
    match answer? {
        (_, PostState::Queued) => queued(id),
        (status, state) => Ok((status, Json(StateAnswer { id, state })).into_response()),
    }
}
