//! A URL has an end. The longest of ours is the lab's link with a text of 2,048 characters, each of which may take
//! twelve bytes when it is encoded.

use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use protocol::problem::{Problem, ProblemName};

use crate::error::ApiError;

/// The longest path with its query, in bytes.
pub const URL_MAX_BYTES: usize = 32 * 1024;

/// 414 for a URL over [`URL_MAX_BYTES`]: a problem under `/api`, a page elsewhere.
pub fn refuse(url: &Uri) -> Option<Response> {
    let length = url.path_and_query().map_or(0, |both| both.as_str().len());
    if length <= URL_MAX_BYTES {
        return None;
    }
    if url.path().starts_with("/api/") {
        let mut problem =
            Problem::new(ProblemName::TooLarge, "A path with its query is at most 32,768 bytes.");
        problem.status = StatusCode::URI_TOO_LONG.as_u16();
        return Some(ApiError::from(problem).into_response());
    }
    let page = "<!DOCTYPE html><html lang=\"en\"><title>This address is too long</title>\
                <h1>This address is too long</h1><p><a href=\"/\">PostOnce</a></p></html>";
    Some((StatusCode::URI_TOO_LONG, Html(page)).into_response())
}
