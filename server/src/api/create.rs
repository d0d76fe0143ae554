//! Writing a post: `PUT /api/posts/{id}`, and `POST /api/posts` with an `Idempotency-Key`. Both are one operation.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::wire::header::IDEMPOTENCY_REPLAYED;

use crate::api::body::{self, MediaType};
use crate::api::request::{Caller, KeyId, PutId};
use crate::connection::Cut;
use crate::error::{ApiError, ApiResult};
use crate::faults::Asked;
use crate::ledger::Reply;
use crate::posting::{Posting, Stored, content_or_why_not, create};
use crate::services::Services;

/// 201 for the first, 200 for its retries.
pub async fn put(
    State(services): State<Services>,
    Caller(author): Caller,
    PutId(id): PutId,
    asked: Asked,
    cut: Cut,
    headers: HeaderMap,
    body: Body,
) -> ApiResult {
    let post = body::post(MediaType::json(&headers)?, body).await;
    let post = content_or_why_not(&services, id, author, post).await?;
    let posting = Posting::new(id, author, post).with_conditions(&headers);
    let (journey, stored) = create(&services, posting, &asked, Method::PUT, &headers).await;
    journey.back(&cut, &headers, || reply(&stored, StatusCode::OK)).await;
    stored.and_then(|stored| answer(stored, StatusCode::OK))
}

/// 201 for the first and for its retries, which are marked.
pub async fn post(
    State(services): State<Services>,
    Caller(author): Caller,
    KeyId(id): KeyId,
    asked: Asked,
    cut: Cut,
    headers: HeaderMap,
    body: Body,
) -> ApiResult {
    let post = body::post(MediaType::of(&headers)?, body).await;
    let post = content_or_why_not(&services, id, author, post).await?;
    let posting = Posting::new(id, author, post).with_conditions(&headers);
    let (journey, stored) = create(&services, posting, &asked, Method::POST, &headers).await;
    journey.back(&cut, &headers, || reply(&stored, StatusCode::CREATED)).await;
    stored.and_then(|stored| answer(stored, StatusCode::CREATED))
}

/// The answer as the ledger keeps it.
fn reply(stored: &Result<Stored, ApiError>, of_a_replay: StatusCode) -> Reply {
    match stored {
        Ok(Stored { post, replayed }) => {
            let status = if *replayed { of_a_replay } else { StatusCode::CREATED };
            Reply::of(status.as_u16(), *replayed, post)
        }
        Err(error) => Reply::refused(error),
    }
}

fn answer(stored: Stored, of_a_replay: StatusCode) -> Result<Response, ApiError> {
    let status = if stored.replayed { of_a_replay } else { StatusCode::CREATED };
    let location = HeaderValue::try_from(format!("/api/posts/{}", stored.post.id));
    let mut response = (status, Json(stored.post)).into_response();
    let headers = response.headers_mut();
    if status == StatusCode::CREATED {
        headers.insert(header::LOCATION, location.map_err(|_| ApiError::internal())?);
    }
    if stored.replayed {
        headers.insert(HeaderName::from_static(IDEMPOTENCY_REPLAYED), HeaderValue::from_static("true"));
    }
    Ok(response)
}
