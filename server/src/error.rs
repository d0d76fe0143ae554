//! Refusals as answers: problem documents under `/api`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::problem::{Outcome, Problem, ProblemName};

use crate::store::StoreError;
use crate::writer::WriteError;

/// How long a client is asked to wait while the database is away, in milliseconds.
const STORE_RETRY_MS: u64 = 1_000;

/// A refusal. Its status is the problem's own; its body is the problem document.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError(pub Box<Problem>);

pub type ApiResult = Result<Response, ApiError>;

impl ApiError {
    pub fn new(name: ProblemName, detail: impl Into<String>) -> Self {
        Problem::new(name, detail).into()
    }

    /// 503: the database is away. `outcome` says whether COMMIT was ever sent.
    pub fn store_unavailable(outcome: Outcome) -> Self {
        let problem =
            Problem::new(ProblemName::StoreUnavailable, "The database is away. Ask again with the same key.")
                .retry_after(STORE_RETRY_MS);
        match outcome {
            Outcome::NotApplied => problem.into(),
            Outcome::Applied | Outcome::Unknown => problem.outcome_unknown().into(),
        }
    }

    /// 500 with the one outcome that can be promised after a failure nobody foresaw.
    pub fn internal() -> Self {
        Problem::new(ProblemName::Internal, "The server failed. Ask again with the same key.")
            .outcome_unknown()
            .into()
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

/// A read that got no answer from the database. What failed is logged and never sent.
impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "a read failed");
        Self::store_unavailable(Outcome::NotApplied)
    }
}

/// A write that got no verdict: 503, or 500 where the database complains of the very command.
impl From<WriteError> for ApiError {
    fn from(error: WriteError) -> Self {
        if error.transient {
            return Self::store_unavailable(error.outcome);
        }
        let detail = "The database refuses what was sent. Sending it again cannot help.";
        let mut problem = Problem::new(ProblemName::Internal, detail);
        problem.outcome = error.outcome;
        problem.same_key_safe = false;
        problem.into()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = *self.0;
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let wait = problem.retry_after_ms.map(|ms| HeaderValue::from(ms.div_ceil(1_000).max(1)));
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait) = wait {
            headers.insert(header::RETRY_AFTER, wait);
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::REQUEST_TIMEOUT {
            // What is left of the body would be read as the next request.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
