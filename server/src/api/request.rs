//! What handlers take from a request's head. Handlers name these in the order in which they are checked.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use protocol::key::{IdempotencyKey, KeyError, PostId};
use protocol::problem::ProblemName;
use protocol::user::UserId;
use protocol::wire::header::IDEMPOTENCY_KEY;

use crate::connection::Cut;
use crate::error::ApiError;
use crate::faults::Asked;
use crate::services::{Services, now};

/// Who sends a request that needs an identity: 401 `not-signed-in` without one, 403 `cross-site` where another
/// site's page sent it.
pub struct Caller(pub UserId);

impl FromRequestParts<Services> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        Ok(Self(services.sessions.require(&parts.method, &parts.headers)?))
    }
}

/// Who sends a request that needs no identity, if they say so.
pub struct MaybeCaller(pub Option<UserId>);

impl FromRequestParts<Services> for MaybeCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        if parts.method.is_safe() {
            // Reads need no identity, so a bad one costs nothing but what it would have shown.
            return Ok(Self(services.sessions.identify(&parts.method, &parts.headers).unwrap_or(None)));
        }
        Ok(Self(services.sessions.identify(&parts.method, &parts.headers)?))
    }
}

/// The id in the path; 400 `invalid-id`.
pub struct Id(pub PostId);

impl FromRequestParts<Services> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        let text = Path::<String>::from_request_parts(parts, services).await;
        let id = text.ok().and_then(|Path(text)| PostId::parse(&text).ok());
        id.map(Self).ok_or_else(|| {
            let detail = "An id is a UUID of version 4 or 7, hyphenated or as 32 hexadecimal digits.";
            ApiError::new(ProblemName::InvalidId, detail)
        })
    }
}

/// The id in the path of a PUT. An `Idempotency-Key` is not needed there; one that is sent must be the same id,
/// else 400 `key-malformed`.
pub struct PutId(pub PostId);

impl FromRequestParts<Services> for PutId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        let Id(id) = Id::from_request_parts(parts, services).await?;
        match key(parts) {
            Err(KeyError::Missing) => Ok(Self(id)),
            Ok(IdempotencyKey::Post(same)) if same == id => Ok(Self(id)),
            Ok(_) => {
                Err(ApiError::new(ProblemName::KeyMalformed, "Idempotency-Key must be the id in the path."))
            }
            Err(error) => Err(malformed(error)),
        }
    }
}

/// The `Idempotency-Key` of a request that needs one; 400 `key-required` without it, `key-malformed` where it cannot
/// be read.
pub struct Key(pub IdempotencyKey);

impl FromRequestParts<Services> for Key {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Services) -> Result<Self, ApiError> {
        match key(parts) {
            Ok(key) => Ok(Self(key)),
            Err(KeyError::Missing) => Err(ApiError::new(
                ProblemName::KeyRequired,
                "Send an Idempotency-Key, made once for what you mean, and the same one on every retry.",
            )),
            Err(error) => Err(malformed(error)),
        }
    }
}

/// The `Idempotency-Key` of a request that may have none; 400 `key-malformed` where it cannot be read.
pub struct MaybeKey(pub Option<IdempotencyKey>);

impl FromRequestParts<Services> for MaybeKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Services) -> Result<Self, ApiError> {
        match key(parts) {
            Ok(key) => Ok(Self(Some(key))),
            Err(KeyError::Missing) => Ok(Self(None)),
            Err(error) => Err(malformed(error)),
        }
    }
}

fn key(parts: &Parts) -> Result<IdempotencyKey, KeyError> {
    IdempotencyKey::parse(parts.headers.get_all(IDEMPOTENCY_KEY).iter().map(|line| line.as_bytes()))
}

fn malformed(error: KeyError) -> ApiError {
    ApiError::new(ProblemName::KeyMalformed, format!("{error}."))
}

/// What the request asks to befall it; nothing where faults are off. 400 `malformed-fault`.
impl FromRequestParts<Services> for Asked {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Services) -> Result<Self, ApiError> {
        if services.faults.is_none() { Ok(Self::NOTHING) } else { Self::read(&parts.headers, now()) }
    }
}

/// The end of the connection that the request came on.
impl FromRequestParts<Services> for Cut {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Services) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}
