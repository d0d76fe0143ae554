//! Headers that go with every answer, and the last line of defence against a panic.

use std::panic::AssertUnwindSafe;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;

use crate::error::ApiError;

/// What answers that are not pages may load: nothing.
const CSP_OF_DATA: &str = "default-src 'none'; frame-ancestors 'none'";

/// The policy of a page. Scripts are the site's own and the page's own, by nonce; there is no inline style.
pub fn csp_of_page(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// Headers of every answer. A page brings its own content security policy, which names its nonce.
pub fn secure(headers: &mut HeaderMap) {
    // Grown once, not while these are inserted.
    headers.reserve(4);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // With `no-referrer` a form's Origin would be `null`, and the form refused.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    headers.insert(
        "permissions-policy",
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    );
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(CSP_OF_DATA));
}

/// Answers of the API are never kept: a kept answer would be a second truth beside the row.
pub fn no_store(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// `Allow` with `OPTIONS`, which every resource of the API answers.
pub fn allow_options(headers: &mut HeaderMap) {
    let allow = headers.get(header::ALLOW).and_then(|allow| allow.to_str().ok());
    let allow =
        allow.and_then(|allow| HeaderValue::try_from(format!("{allow},OPTIONS").replace(',', ", ")).ok());
    if let Some(allow) = allow {
        headers.insert(header::ALLOW, allow);
    }
}

/// No panic is meant to be reachable from the network. Should one be, the client learns that the outcome is
/// unknown, and keeps its key.
pub async fn survive_panic<E>(answer: impl Future<Output = Result<Response, E>>) -> Result<Response, E> {
    AssertUnwindSafe(answer).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("a request panicked");
        Ok(ApiError::internal().into_response())
    })
}
