//! `POST /posts`: the form that works without JavaScript. It is the same operation as `PUT /api/posts/{id}`, so
//! Back and resubmit finds the same row.

use app::ports::Refusal;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::key::{IdempotencyKey, PostId};
use protocol::post::{LOBBY, NewPost, Room};
use protocol::problem::{Problem, ProblemName};
use protocol::user::UserId;

use crate::api::body::{self, MediaType};
use crate::api::form::{Fields, newlines};
use crate::error::ApiError;
use crate::faults::Asked;
use crate::identity::{is_the_same, parse_user};
use crate::pages::{Visit, render};
use crate::posting::{Posting, content_or_why_not, create};
use crate::services::Services;
use crate::store::Row;

/// What the form was sent with, as far as it could be read.
#[derive(Default)]
struct Sent {
    id: Option<PostId>,
    content: String,
    room: String,
    /// Whom the form was rendered for, where it says so.
    named: Option<UserId>,
}

/// 303 to the post in its feed, or the page that says why not, with the same status as the API.
pub async fn post(State(services): State<Services>, headers: HeaderMap, body: Body) -> Response {
    let mut sent = Sent { room: LOBBY.to_owned(), ..Sent::default() };
    match store(&services, &headers, body, &mut sent).await {
        Ok(id) => {
            let place = format!("/feed?room={}#post-{id}", sent.room);
            (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
        }
        Err(error) => refuse(&services, &headers, error, sent).await,
    }
}

/// The form is read before anything is decided: whoever is refused gets the text back.
async fn store(
    services: &Services,
    headers: &HeaderMap,
    body: Body,
    sent: &mut Sent,
) -> Result<PostId, ApiError> {
    let read = read(headers, body, sent).await;
    let author = services.sessions.require(&Method::POST, headers)?;
    if let Some(named) = sent.named {
        is_the_same(author, named)?;
    }
    read?;
    let id = sent.id.ok_or_else(|| ApiError::new(ProblemName::InvalidId, "The form came without its id."))?;
    let post = NewPost::check(sent.content.clone(), None, Some(&sent.room));
    let post =
        post.map_err(|invalid| Problem::new(ProblemName::InvalidContent, format!("{invalid}.")).into());
    let under = IdempotencyKey::Post(id);
    let post = content_or_why_not(services, &under, author, post).await?;
    let posting = Posting::new(under, author, post);
    let (_, stored) = create(services, posting, &Asked::NOTHING, Method::POST, headers).await;
    stored.map(|_| id)
}

/// Reads the form into `sent`, as far as it can be read.
async fn read(headers: &HeaderMap, body: Body, sent: &mut Sent) -> Result<(), ApiError> {
    if MediaType::of(headers)? != MediaType::Form {
        return Err(ApiError::new(ProblemName::UnsupportedMediaType, "Send the form as browsers do."));
    }
    let mut fields = Fields::parse(&body::read(body).await?)?;
    sent.id = fields.take("id")?.and_then(|text| PostId::parse(&text).ok());
    sent.content = newlines(&fields.take("content")?.unwrap_or_default());
    let room = fields.take("room")?.filter(|room| !room.is_empty());
    if let Some(room) = room.as_deref().map(Room::parse) {
        let room =
            room.map_err(|invalid| Problem::new(ProblemName::InvalidContent, format!("{invalid}.")))?;
        sent.room = room.as_str().to_owned();
    }
    sent.named = match fields.take("as_user")?.filter(|text| !text.is_empty()) {
        Some(text) => Some(parse_user(&text).ok_or_else(|| {
            ApiError::new(ProblemName::MalformedBody, "The field as_user must be one user's id.")
        })?),
        None => None,
    };
    Ok(())
}

/// The page that shows what was sent and, to its author only, what is stored under the same id.
async fn refuse(services: &Services, headers: &HeaderMap, error: ApiError, sent: Sent) -> Response {
    let visit = Visit::of(services, headers);
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
    });
    let mut response = render(services, request).await;
    *response.status_mut() = status;
    visit.sign(services, response)
}

async fn own_content(services: &Services, id: PostId, viewer: UserId) -> Option<String> {
    match services.store().ok()?.find(id).await.ok()?? {
        Row::Post { post, .. } if post.user_id == viewer => Some(post.content),
        Row::Post { .. } | Row::Tombstone { .. } => None,
    }
}
