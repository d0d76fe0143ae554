//! `POST /posts`: the form that works without JavaScript. It is the same operation as `PUT /api/posts/{id}`, so
//! Back and resubmit finds the same row.

mod sent;

use app::ports::Refusal;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::key::{IdempotencyKey, PostId};
use protocol::post::NewPost;
use protocol::problem::{Problem, ProblemName};
use protocol::user::UserId;

use crate::api::body::{self, DRAIN_MAX_BYTES, MediaType};
use crate::api::form::{Fields, newlines};
use crate::error::ApiError;
use crate::faults::Asked;
use crate::identity::{is_of_another_site, is_the_same, parse_user};
use crate::pages::{Visit, render, sign_nobody};
use crate::posting::{Posting, content_or_why_not, create};
use crate::services::Services;
use crate::store::Row;
use sent::Sent;

/// 303 to the post in its feed, or the page that says why not, with the same status as the API.
pub async fn post(State(services): State<Services>, headers: HeaderMap, body: Body) -> Response {
    // The form is read before anything is decided: whoever is refused gets the text back.
    let (bytes, whole) = body::collect(body, DRAIN_MAX_BYTES).await;
    let sent = Sent::read(&bytes);
    match store(&services, &headers, &bytes, whole, &sent).await {
        Ok(id) => {
            let place = format!("/feed?room={}#post-{id}", sent.room);
            (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
        }
        Err(error) => refuse(&services, &headers, error, sent).await,
    }
}

/// Stores what the form says, by the checks and in the order of the API.
async fn store(
    services: &Services,
    headers: &HeaderMap,
    bytes: &[u8],
    whole: Result<(), ApiError>,
    sent: &Sent,
) -> Result<PostId, ApiError> {
    let author = services.sessions.require(&Method::POST, headers)?;
    if let Some(named) = sent.named {
        is_the_same(author, named)?;
    }
    if MediaType::of(headers)? != MediaType::Form {
        return Err(ApiError::new(ProblemName::UnsupportedMediaType, "Send the form as browsers do."));
    }
    whole?;
    let (id, content, room) = fields(bytes)?;
    let post = NewPost::check(content, None, room.as_deref());
    let post =
        post.map_err(|invalid| Problem::new(ProblemName::InvalidContent, format!("{invalid}.")).into());
    let under = IdempotencyKey::Post(id);
    let post = content_or_why_not(services, &under, author, post).await?;
    let posting = Posting::new(under, author, post);
    let (_, stored) = create(services, posting, &Asked::NOTHING, Method::POST, headers).await;
    stored.map(|_| id)
}

/// The id, the text and the room, read strictly.
fn fields(bytes: &[u8]) -> Result<(PostId, String, Option<String>), ApiError> {
    let mut fields = Fields::parse(bytes)?;
    if fields.take("as_user")?.is_some_and(|text| parse_user(&text).is_none()) {
        return Err(body::malformed("The field as_user must be one user's id."));
    }
    let id = fields.take("id")?.and_then(|text| PostId::parse(&text).ok());
    let id = id.ok_or_else(|| ApiError::new(ProblemName::InvalidId, "The form came without its id."))?;
    let content = newlines(&fields.take("content")?.unwrap_or_default());
    let room = fields.take("room")?.filter(|room| !room.is_empty());
    Ok((id, content, room))
}

/// The page that shows what was sent and, to its author only, what is stored under the same id.
async fn refuse(services: &Services, headers: &HeaderMap, error: ApiError, sent: Sent) -> Response {
    let visit = Visit::of(services, headers);
    // A browser sends no cookie with another site's form. It may have one all the same, which a new one would replace.
    let unknown = is_of_another_site(headers) && services.sessions.from_cookie(headers).is_none();
    let stored = match sent.id {
        Some(id) if error.0.name() == Some(ProblemName::KeyReused) => {
            own_content(services, id, visit.viewer.user_id).await
        }
        _ => None,
    };
    let status = StatusCode::from_u16(error.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = axum::http::Uri::from_static("/posts");
    *request.headers_mut() = headers.clone();
    request.extensions_mut().insert(visit.viewer);
    request.extensions_mut().insert(Refusal {
        problem: *error.0,
        sent: sent.content,
        stored,
        room: sent.room,
        sent_id: sent.id,
        as_user: (!unknown).then_some(visit.viewer.user_id),
    });
    let mut response = render(services, request).await;
    *response.status_mut() = status;
    if unknown { sign_nobody(response) } else { visit.sign(services, response) }
}

async fn own_content(services: &Services, id: PostId, viewer: UserId) -> Option<String> {
    match services.store().ok()?.find(id).await.ok()?? {
        Row::Post { post, .. } if post.user_id == viewer => Some(post.content),
        Row::Post { .. } | Row::Tombstone { .. } => None,
    }
}
