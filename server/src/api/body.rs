//! Request bodies: read within bounds, then parsed strictly. What two readers could understand differently is
//! refused.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use protocol::post::{ImageId, NewPost, Revision, check_content};
use protocol::problem::{Problem, ProblemName};
use protocol::wire::{BODY_MAX_BYTES, CreateBody, EditBody};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::api::form;
use crate::error::ApiError;

/// How long a whole body may take to arrive, however it trickles.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// What is read and thrown away of a body that is too large. Closing on unread bytes resets the connection, and
/// the client would never see why it was refused.
pub const DRAIN_MAX_BYTES: usize = 1024 * 1024;

/// The media types that a post is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    Json,
    Form,
}

impl MediaType {
    /// 415 `unsupported-media-type` where the header is missing, cannot be read, or names another type.
    pub fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let line =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match line.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/json" => Ok(Self::Json),
            "application/x-www-form-urlencoded" => Ok(Self::Form),
            _ => Err(unsupported("Send application/json.")),
        }
    }

    /// JSON or nothing.
    pub fn json(headers: &HeaderMap) -> Result<Self, ApiError> {
        match Self::of(headers)? {
            Self::Json => Ok(Self::Json),
            Self::Form => Err(unsupported("Send application/json; forms are taken by POST /api/posts.")),
        }
    }
}

fn unsupported(detail: &str) -> ApiError {
    ApiError::new(ProblemName::UnsupportedMediaType, detail)
}

/// Reads a body of at most [`BODY_MAX_BYTES`]: 413 `too-large`, 408 `request-timeout`.
pub async fn read(body: Body) -> Result<Bytes, ApiError> {
    let (bytes, whole) = collect(body, BODY_MAX_BYTES).await;
    whole.map(|()| bytes)
}

/// Reads a body under the same bounds, and returns what came of it within `kept` bytes even where it is refused.
pub async fn collect(mut body: Body, kept: usize) -> (Bytes, Result<(), ApiError>) {
    // A length that is announced is enough to refuse: nothing of it is waited for.
    if HttpBody::size_hint(&body).lower() > DRAIN_MAX_BYTES as u64 {
        return (Bytes::new(), Err(too_large()));
    }
    let deadline = Instant::now() + BODY_TIMEOUT;
    let (mut bytes, mut seen) = (BytesMut::new(), 0_usize);
    let whole = loop {
        let data = match timeout_at(deadline, body.frame()).await {
            Err(_) | Ok(None) if seen > BODY_MAX_BYTES => break Err(too_large()),
            Err(_) => {
                let detail = "The body took more than ten seconds to arrive.";
                break Err(ApiError::new(ProblemName::RequestTimeout, detail));
            }
            Ok(None) => break Ok(()),
            Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            Ok(Some(Err(_))) => break Err(malformed("The body broke off.")),
        };
        seen += data.len();
        if seen > DRAIN_MAX_BYTES {
            break Err(too_large());
        }
        if seen <= kept {
            bytes.extend_from_slice(&data);
        }
    };
    (bytes.freeze(), whole)
}

/// Reads a post from a body of `media` type: 413, 408, 400 `malformed-body`, 422 `invalid-content`.
pub async fn post(media: MediaType, body: Body) -> Result<NewPost, ApiError> {
    let bytes = read(body).await?;
    let body = match media {
        MediaType::Json => json(&bytes)?,
        MediaType::Form => form_post(&bytes)?,
    };
    let image_id = body.image_id.map(ImageId);
    NewPost::check(body.content, image_id, body.room.as_deref()).map_err(|invalid| {
        let detail = format!("{invalid}.");
        Problem::new(ProblemName::InvalidContent, detail).at(invalid.pointer()).into()
    })
}

/// Reads an edit: 413, 408, 400 `malformed-body`, 422 `invalid-content`. Whether what is appended makes the post too
/// long is seen when it is appended.
pub async fn revision(body: Body) -> Result<Revision, ApiError> {
    let body: EditBody = json(&read(body).await?)?;
    let (revision, text, pointer) = match (body.content, body.append) {
        (Some(text), None) => (Revision::Content(text.clone()), text, "/content"),
        (None, Some(text)) => (Revision::Append(text.clone()), text, "/append"),
        (Some(_), Some(_)) | (None, None) => return Err(malformed("Send either content or append.")),
    };
    check_content(&text).map_err(|invalid| {
        ApiError::from(Problem::new(ProblemName::InvalidContent, format!("{invalid}.")).at(pointer))
    })?;
    Ok(revision)
}

/// Duplicate and unknown fields, broken text and trailing bytes are all refused.
fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // An array would pass for the fields in their order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(malformed("The body must be one JSON object."));
    }
    serde_json::from_slice(bytes)
        .map_err(|error| malformed(&format!("The body is not what it must be: {error}.")))
}

fn form_post(bytes: &[u8]) -> Result<CreateBody, ApiError> {
    let mut fields = form::Fields::parse(bytes)?;
    let content = fields.take("content")?.ok_or_else(|| malformed("The field content is missing."))?;
    let image_id = fields.take("image_id")?.filter(|text| !text.is_empty());
    let image_id = image_id
        .map(|text| Uuid::try_parse(&text).map_err(|_| malformed("The field image_id must be a UUID.")))
        .transpose()?;
    let room = fields.take("room")?;
    fields.end()?;
    Ok(CreateBody { content: form::newlines(&content), image_id, room })
}

pub(crate) fn malformed(detail: &str) -> ApiError {
    ApiError::new(ProblemName::MalformedBody, detail)
}

fn too_large() -> ApiError {
    ApiError::new(ProblemName::TooLarge, "A body is at most 65,536 bytes.")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn status(media: MediaType, body: impl Into<Body>) -> Result<String, u16> {
        post(media, body.into()).await.map(|post| post.content).map_err(|error| error.0.status)
    }

    #[tokio::test]
    async fn case_48_json_that_could_be_read_two_ways_is_refused() {
        for body in [
            "",
            "null",
            "[\"a\"]",
            "{\"content\": 1}",
            "{\"content\": null}",
            "{\"room\": \"lobby\"}",
            "{\"content\": \"a\", \"content\": \"a\"}",
            "{\"content\": \"a\", \"more\": 1}",
            "{\"content\": \"a\"} {}",
            "{\"content\": \"a\", \"image_id\": \"x\"}",
            "{\"content\": \"\\ud800\"}",
            "{\"content\": \"a\"",
            "\u{feff}{\"content\": \"a\"}",
        ] {
            assert_eq!(status(MediaType::Json, body).await, Err(400), "{body}");
        }
        assert_eq!(status(MediaType::Json, b"{\"content\": \"\xff\"}".as_slice()).await, Err(400));
        let plain = " {\"content\": \" a\\u00e9 \", \"image_id\": null, \"room\": null}\n";
        assert_eq!(status(MediaType::Json, plain).await, Ok(" aé ".to_owned()));
        assert_eq!(status(MediaType::Json, "{\"content\": \"\"}").await, Err(422));
        assert_eq!(status(MediaType::Json, "{\"content\": \"a\", \"room\": \"A\"}").await, Err(422));
    }

    #[tokio::test]
    async fn case_49_a_form_means_the_same_post() {
        assert_eq!(status(MediaType::Form, "content=a%0D%0Ab&room=lobby").await, Ok("a\nb".to_owned()));
        for body in
            ["", "room=lobby", "content=a&content=b", "content=a&x=y", "content=%ff", "content=a&image_id=1"]
        {
            assert_eq!(status(MediaType::Form, body).await, Err(400), "{body}");
        }
    }

    #[tokio::test]
    async fn a_body_is_at_most_64_kib() {
        let sized = |bytes: usize| format!("{{\"content\":\"a\"}}{}", " ".repeat(bytes - 15));
        assert_eq!(status(MediaType::Json, sized(BODY_MAX_BYTES)).await, Ok("a".to_owned()));
        assert_eq!(status(MediaType::Json, sized(BODY_MAX_BYTES + 1)).await, Err(413));
        assert_eq!(status(MediaType::Json, sized(DRAIN_MAX_BYTES + 1)).await, Err(413));
    }

    #[test]
    fn media_types_are_told_apart_whatever_their_case_and_parameters() {
        let of = |line: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, line.parse().unwrap());
            MediaType::of(&headers).ok()
        };
        assert_eq!(of("Application/JSON; charset=utf-8"), Some(MediaType::Json));
        assert_eq!(of("application/x-www-form-urlencoded"), Some(MediaType::Form));
        assert_eq!(of("text/json"), None);
        assert!(MediaType::of(&HeaderMap::new()).is_err());
    }
}
