//! Writing a post: `PUT /api/posts/{id}`, and `POST /api/posts` with an `Idempotency-Key`. Both are one operation.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::key::{IdempotencyKey, PostId};
use protocol::wire::header::IDEMPOTENCY_REPLAYED;
use protocol::wire::{PostState, StateAnswer};

use crate::api::body::{self, MediaType};
use crate::api::request::{Caller, Key, PutId};
use crate::connection::Cut;
use crate::error::{ApiError, ApiResult};
use crate::faults::Asked;
use crate::ledger::Reply;
use crate::posting::{Posting, Stored, StoredAs, content_or_why_not, create};
use crate::services::Services;
use crate::store::KeptAnswer;

/// 201 for the first, 200 for its retries.
pub async fn put(
    State(services): State<Services>,
    Caller(author): Caller,
    PutId(id): PutId,
    asked: Asked,
    cut: Cut,
    request: Request,
) -> ApiResult {
    let (Parts { headers, .. }, body) = request.into_parts();
    let post = body::post(MediaType::json(&headers)?, body).await;
    let under = IdempotencyKey::Post(id);
    let post = content_or_why_not(&services, &under, author, post).await?;
    let posting = Posting::new(under, author, post).with_conditions(&headers);
    let (journey, stored) = create(&services, posting, &asked, Method::PUT, &headers).await;
    journey.back(&cut, &headers, || reply(&stored, StatusCode::OK)).await;
    stored.and_then(|stored| answer(stored, StatusCode::OK))
}

/// 201 for the first and for its retries, which are marked.
pub async fn post(
    State(services): State<Services>,
    Caller(author): Caller,
    Key(under): Key,
    asked: Asked,
    cut: Cut,
    request: Request,
) -> ApiResult {
    let (Parts { headers, .. }, body) = request.into_parts();
    let post = body::post(MediaType::of(&headers)?, body).await;
    let post = content_or_why_not(&services, &under, author, post).await?;
    let posting = Posting::new(under, author, post).with_conditions(&headers);
    let (journey, stored) = create(&services, posting, &asked, Method::POST, &headers).await;
    journey.back(&cut, &headers, || reply(&stored, StatusCode::CREATED)).await;
    stored.and_then(|stored| answer(stored, StatusCode::CREATED))
}

/// The answer as the ledger keeps it.
pub(super) fn reply(stored: &Result<Stored, ApiError>, of_a_replay: StatusCode) -> Reply {
    let Stored { what, replayed } = match stored {
        Ok(stored) => stored,
        Err(error) => return Reply::refused(error),
    };
    match what {
        StoredAs::Post(post) => {
            let status = if *replayed { of_a_replay } else { StatusCode::CREATED };
            Reply::of(status.as_u16(), *replayed, &**post)
        }
        StoredAs::Queued(id) => Reply::of(202, false, &StateAnswer { id: *id, state: PostState::Queued }),
        StoredAs::Answer(kept) => Reply { status: kept.status, replayed: *replayed, body: kept.body.clone() },
    }
}

pub(super) fn answer(stored: Stored, of_a_replay: StatusCode) -> Result<Response, ApiError> {
    let mut response = match stored.what {
        StoredAs::Post(post) => {
            let status = if stored.replayed { of_a_replay } else { StatusCode::CREATED };
            let place = HeaderValue::try_from(format!("/api/posts/{}", post.id));
            let mut response = (status, Json(&*post)).into_response();
            if status == StatusCode::CREATED {
                let place = place.map_err(|_| ApiError::internal())?;
                response.headers_mut().insert(header::LOCATION, place);
            }
            response
        }
        StoredAs::Answer(kept) => kept_answer(kept).ok_or_else(ApiError::internal)?,
        StoredAs::Queued(id) => return queued(id),
    };
    if stored.replayed {
        let marker = HeaderName::from_static(IDEMPOTENCY_REPLAYED);
        response.headers_mut().insert(marker, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// 202: the log holds what was asked about the post, and it will be applied.
pub(super) fn queued(id: PostId) -> ApiResult {
    let place = HeaderValue::try_from(format!("/api/posts/{id}")).map_err(|_| ApiError::internal())?;
    let answer = Json(StateAnswer { id, state: PostState::Queued });
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], answer).into_response())
}

/// The bytes that a key keeps, as they were first answered. Headers that are not listed here were not meant to be
/// kept.
fn kept_answer(kept: KeptAnswer) -> Option<Response> {
    let mut response = Response::builder()
        .status(kept.status)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(kept.body))
        .ok()?;
    for name in [header::LOCATION, header::ETAG] {
        if let Some(value) = kept.headers.get(name.as_str()) {
            response.headers_mut().insert(name, HeaderValue::from_str(value).ok()?);
        }
    }
    Some(response)
}
