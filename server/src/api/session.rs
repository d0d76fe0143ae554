//! Identities for callers that are not browsers.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use protocol::user::UserId;
use protocol::wire::SessionAnswer;
use uuid::Uuid;

use crate::error::ApiResult;
use crate::services::Services;

/// A new identity. Nothing is stored for it before its first write.
pub async fn create(State(services): State<Services>) -> ApiResult {
    let user_id = UserId(Uuid::new_v4());
    let token = services.sessions.token(user_id);
    Ok((StatusCode::CREATED, Json(SessionAnswer { user_id, token })).into_response())
}
