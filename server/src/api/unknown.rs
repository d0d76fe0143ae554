//! Requests for what is not there.

use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use protocol::problem::ProblemName;

use crate::error::ApiError;

/// A path under `/api` that does not exist.
pub async fn path() -> ApiError {
    ApiError::new(ProblemName::NotFound, "There is nothing at this path.")
}

/// A method that a resource lacks: 204 for `OPTIONS`, else 405. The router adds `Allow`, which it knows.
pub async fn method(method: Method) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    let detail = "This resource has other methods; see Allow.";
    ApiError::new(ProblemName::MethodNotAllowed, detail).into_response()
}
