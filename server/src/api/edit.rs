//! Changing a post: `PATCH /api/posts/{id}`. It is not idempotent by itself, so it needs a key.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};

use crate::api::body::{self, MediaType};
use crate::api::create::{answer, reply};
use crate::api::request::{Caller, Id, Key};
use crate::connection::Cut;
use crate::error::ApiResult;
use crate::faults::Asked;
use crate::posting::{self, Editing, revision_or_why_not};
use crate::services::Services;
use crate::store::IfMatch;

/// 200 for the first and for its retries, which are marked.
#[expect(clippy::too_many_arguments, reason = "each is one part of the request, in the order of the checks")]
pub async fn patch(
    State(services): State<Services>,
    Caller(author): Caller,
    Id(id): Id,
    Key(key): Key,
    asked: Asked,
    cut: Cut,
    headers: HeaderMap,
    body: Body,
) -> ApiResult {
    MediaType::json(&headers)?;
    let key = key.to_string();
    let revision = body::revision(body).await;
    let revision = revision_or_why_not(&services, &key, author, revision).await?;
    let editing = Editing { id, author, key, revision, if_match: if_match(&headers) };
    let (journey, edited) = posting::edit(&services, editing, &asked, &headers).await;
    journey.back(&cut, &headers, || reply(&edited, StatusCode::OK)).await;
    edited.and_then(|edited| answer(edited, StatusCode::OK))
}

/// `If-Match` (RFC 9110 §13.1.1), which compares strongly: a weak tag, or one that no post of ours ever had, matches
/// nothing.
fn if_match(headers: &HeaderMap) -> Option<IfMatch> {
    let mut lines = headers.get_all(header::IF_MATCH).iter().peekable();
    lines.peek()?;
    let mut changes = Vec::new();
    for tag in lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).map(str::trim) {
        if tag == "*" {
            return Some(IfMatch::Any);
        }
        let change = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
        changes.extend(change.and_then(|change| change.parse::<i64>().ok()));
    }
    Some(IfMatch::Changes(changes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Option<IfMatch> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::IF_MATCH, line.parse().unwrap());
        }
        if_match(&headers)
    }

    #[test]
    fn tags_are_compared_strongly_and_nonsense_matches_nothing() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["*"]), Some(IfMatch::Any));
        assert_eq!(read(&["\"7\", \"8\"", "\"9\""]), Some(IfMatch::Changes(vec![7, 8, 9])));
        assert_eq!(read(&["W/\"7\", 8, \"x\", \"\""]), Some(IfMatch::Changes(vec![])));
    }
}
