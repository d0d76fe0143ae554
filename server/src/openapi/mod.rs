//! The API's description in OpenAPI 3.1, made from the types that the API reads and writes.
//!
//! | module | what it holds |
//! |---|---|
//! | [`document`] | everything put together |
//! | [`operation`] | one operation, built word by word |
//! | [`parameter`], [`answer`] | what requests and answers are made of |
//! | [`refusal`] | each problem with an example, as this server writes it |
//! | [`example`] | the ids and texts that examples are about |
//! | [`posts`], [`reads`], [`service`], [`lab`] | the operations, one file per area |

pub mod answer;
pub mod document;
pub mod example;
pub mod lab;
pub mod operation;
pub mod parameter;
pub mod posts;
pub mod reads;
pub mod refusal;
pub mod service;

use std::sync::LazyLock;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::Value;

/// The document as a value, for whoever reads in it.
pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(document::document()).unwrap_or_default());

static JSON: LazyLock<Bytes> = LazyLock::new(|| Bytes::from(DOCUMENT.to_string()));

/// `GET /api/openapi.json`.
pub async fn get() -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], JSON.clone()).into_response()
}
