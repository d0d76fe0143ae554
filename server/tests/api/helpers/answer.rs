//! An answer of the API, and what may be expected of it.

use bytes::Bytes;
use http::HeaderMap;
use protocol::post::Post;
use protocol::problem::{Outcome, Problem};
use protocol::wire::{PostState, StateAnswer};
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// A complete answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The request, for failure messages.
    pub asked: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    #[track_caller]
    pub fn assert_status(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    #[track_caller]
    pub fn assert_header(&self, name: &str, value: &str) -> &Self {
        assert_eq!(self.header(name), Some(value), "{name} of {self}");
        self
    }

    fn is_marked(&self) -> bool {
        self.header("idempotency-replayed").is_some()
    }

    /// The answer of the write that stored the post.
    #[track_caller]
    pub fn assert_created(&self) -> Post {
        self.assert_status(201);
        assert!(!self.is_marked(), "a first answer is marked as a replay: {self}");
        let post = self.assert_post();
        let location = self.header("location").unwrap_or_default();
        assert!(location.ends_with(&format!("/api/posts/{}", post.id)), "Location of {self}");
        post
    }

    /// The answer of a write that found its post stored.
    #[track_caller]
    pub fn assert_replayed(&self) -> Post {
        self.assert_status(200).assert_header("idempotency-replayed", "true");
        self.assert_post()
    }

    /// The answer of a write that the log took. It returns the id of the post.
    #[track_caller]
    pub fn assert_queued(&self) -> Uuid {
        self.assert_status(202).assert_header("cache-control", "no-store");
        assert!(!self.is_marked(), "what is queued is marked as a replay: {self}");
        let answer: StateAnswer = self.json();
        assert_eq!(answer.state, PostState::Queued, "{self}");
        let location = self.header("location").unwrap_or_default();
        assert_eq!(location, format!("/api/posts/{}", answer.id), "{self}");
        answer.id.as_uuid()
    }

    /// A replay as `POST` tells it: the first answer's status, and the marker.
    #[track_caller]
    pub fn assert_post_replayed(&self) -> Post {
        self.assert_status(201).assert_header("idempotency-replayed", "true");
        self.assert_post()
    }

    /// A post, with an id spelled lower-case and a timestamp in milliseconds.
    #[track_caller]
    pub fn assert_post(&self) -> Post {
        self.assert_header("content-type", "application/json");
        self.assert_header("cache-control", "no-store");
        let value: serde_json::Value = self.json();
        let mut fields: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        let expected = ["author", "content", "create_timestamp", "id", "image_id", "room", "user_id"];
        assert_eq!(fields, expected, "{self}");
        let time = value["create_timestamp"].as_str().unwrap();
        assert!(time.len() == "2026-01-02T03:04:05.678Z".len() && time.ends_with('Z'), "{time}");
        let post: Post = self.json();
        assert_eq!(value["id"].as_str().unwrap(), post.id.to_string(), "spelling of the id in {self}");
        post
    }

    /// A complete problem document of this status and name. A refusal below 500 must have changed nothing.
    #[track_caller]
    pub fn assert_problem(&self, status: u16, name: &str) -> Problem {
        self.assert_status(status);
        self.assert_header("content-type", "application/problem+json");
        self.assert_header("cache-control", "no-store");
        assert!(!self.is_marked(), "a refusal is marked as a replay: {self}");
        let value: serde_json::Value = self.json();
        for field in ["type", "title", "status", "detail", "outcome", "same_key_safe", "new_key_safe"] {
            assert!(!value[field].is_null(), "{field} is missing in {self}");
        }
        let problem: Problem = self.json();
        assert_eq!(problem.kind, format!("/problems/{name}"), "{self}");
        assert_eq!(problem.status, status, "{self}");
        assert!(!problem.title.is_empty() && !problem.detail.is_empty(), "{self}");
        if status < 500 {
            assert_eq!(problem.outcome, Outcome::NotApplied, "{self}");
        }
        if problem.outcome == Outcome::Unknown {
            assert!(problem.same_key_safe && !problem.new_key_safe, "{self}");
        }
        self.assert_wait_agrees(problem.retry_after_ms);
        self.assert_no_internals();
        problem
    }

    /// The header counts whole seconds and must not promise an earlier moment than the body.
    #[track_caller]
    fn assert_wait_agrees(&self, body_ms: Option<u64>) {
        let header = self.header("retry-after").map(|seconds| seconds.parse::<u64>().unwrap());
        assert_eq!(header, body_ms.map(|ms| ms.div_ceil(1_000)), "Retry-After of {self}");
    }

    /// Nothing that only the server's authors should see.
    #[track_caller]
    fn assert_no_internals(&self) {
        let text = self.text().to_ascii_lowercase();
        for word in
            ["sqlx", "sqlite", "postgres", "panicked", ".rs:", "connection refused", "select ", "insert "]
        {
            assert!(!text.contains(word), "\"{word}\" in {self}");
        }
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        let short: String = body.chars().take(600).collect();
        write!(f, "{} -> {} {:?}\n{short}", self.asked, self.status, self.headers)
    }
}
