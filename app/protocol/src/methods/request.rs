//! The requests of a trial, in their order.

use serde_json::json;

use super::record::{Names, Record};
use super::trial::Trial;
use crate::wire::{NaivePost, header};

/// What is put on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    /// Without the identity.
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<String>,
    /// Whether it has to say who sends it.
    pub signed: bool,
}

impl Request {
    fn new(method: &'static str, path: String) -> Self {
        Self { method, path, headers: Vec::new(), body: None, signed: false }
    }

    fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    fn json(mut self, body: &serde_json::Value) -> Self {
        self.headers.push(("Content-Type", "application/json".to_owned()));
        self.body = Some(body.to_string());
        self
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Under a quoted key, as the header's draft spells it.
    fn key(self, key: &str) -> Self {
        self.header("Idempotency-Key", format!("\"{key}\""))
    }
}

/// The path that names the post of an experiment.
fn post_path(names: &Names) -> String {
    format!("/api/posts/{}", names.id)
}

fn put(names: &Names, text: &str) -> Request {
    let body = json!({ "content": text, "room": names.room() });
    Request::new("PUT", post_path(names)).json(&body).signed()
}

fn naive(names: &Names, text: &str) -> Request {
    let body = json!({ "content": text, "room": names.room() });
    Request::new("POST", "/api/naive/posts".to_owned()).json(&body).header("Run", names.run.to_string())
}

fn patch(names: &Names, body: &serde_json::Value, key: &str) -> Request {
    Request::new("PATCH", post_path(names)).json(body).key(key).signed()
}

impl Trial {
    /// What has to be there before the first call is measured.
    pub fn preparation(self, names: &Names, text: &str) -> Vec<Request> {
        match self {
            Self::Put | Self::Post | Self::PostKey | Self::CountingGet | Self::AppendingPut => Vec::new(),
            Self::Patch => vec![naive(names, text)],
            // The tag is needed here, and there something to compare with: a read gives both.
            Self::StaleTag | Self::Head => vec![put(names, text), Request::new("GET", post_path(names))],
            Self::Get
            | Self::Options
            | Self::Delete
            | Self::PatchKey
            | Self::PatchSet
            | Self::PatchAppend
            | Self::StalePlain
            | Self::StaleKey => vec![put(names, text)],
        }
    }

    /// Where the state is read, which changes nothing.
    pub fn state_path(self, names: &Names) -> String {
        if self.is_on_the_control_arm() {
            format!("/api/naive/posts?run={}&limit=100", names.run)
        } else {
            format!("/api/posts?room={}&limit=100", names.room())
        }
    }

    /// The next request of a record; `None` where what came before does not allow one.
    pub fn next(self, record: &Record) -> Option<Request> {
        let Record { names, text, calls, .. } = record;
        let number = calls.len() + 1;
        let fresh = format!("{}-{number}", names.run.simple());
        Some(match self {
            Self::Get | Self::Head | Self::Options => Request::new(self.method(), post_path(names)),
            Self::Put => put(names, text),
            Self::Delete => Request::new("DELETE", post_path(names)).signed(),
            Self::Post => naive(names, text),
            Self::Patch => {
                let row: NaivePost = serde_json::from_str(&record.prepared_body()?).ok()?;
                Request::new("PATCH", format!("/api/naive/posts/{}", row.id))
                    .json(&json!({ "append": "!" }))
                    .header("Run", names.run.to_string())
            }
            Self::PostKey => {
                let body = json!({ "content": text, "room": names.room() });
                Request::new("POST", "/api/posts".to_owned()).json(&body).key(&names.id.to_string()).signed()
            }
            Self::PatchKey => patch(names, &json!({ "append": "!" }), &names.run.simple().to_string()),
            Self::PatchSet => patch(names, &json!({ "content": format!("{text}!") }), &fresh),
            Self::PatchAppend => patch(names, &json!({ "append": "!" }), &fresh),
            Self::CountingGet => Request::new("GET", format!("/api/lab/promise/visits/{}", names.run)),
            Self::AppendingPut => Request::new("PUT", format!("/api/lab/promise/notes/{}", names.run))
                .json(&json!({ "content": text })),
            Self::StalePlain | Self::StaleTag | Self::StaleKey => return self.stale(record, &fresh),
        })
    }

    /// A, then B, then A as it was sent first, from somewhere that had not heard of B.
    fn stale(self, record: &Record, fresh: &str) -> Option<Request> {
        let Record { names, calls, .. } = record;
        if calls.len() == 2 && self != Self::StalePlain {
            // The late copy is the first request, byte for byte, and under its key it would be recognised.
            let mut again = calls.first()?.request.clone();
            if self == Self::StaleTag {
                again.headers.retain(|(name, _)| !name.eq_ignore_ascii_case(header::IDEMPOTENCY_KEY));
                again = again.key(fresh);
            }
            return Some(again);
        }
        let text = if calls.len() == 1 { "B" } else { "A" };
        let request = patch(names, &json!({ "content": text }), fresh);
        if self == Self::StaleTag {
            return Some(request.header("If-Match", record.last_tag()?));
        }
        Some(request)
    }
}
