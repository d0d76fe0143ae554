//! What an attempt of each lane sends: the same post and the same fault, another key.

use uuid::Uuid;

use crate::fault::{Fault, FaultPoint};
use crate::key::PostId;
use crate::time::Millis;
use crate::trace::Lane;
use crate::wire::{CreateBody, header};

use super::order::Request;

/// What the browser minted for one press, before anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    /// Groups the requests of every lane; their posts go to the room of this name.
    pub run: Uuid,
    /// The post's id, the key of every lane that sends one.
    pub id: PostId,
    /// The key that a lane which mints one per edit uses after the edit.
    pub edited: PostId,
}

/// The room of a run: its 32 hex digits.
pub fn room(run: Uuid) -> String {
    run.as_simple().to_string()
}

/// What one attempt is made of.
pub(super) struct Attempt<'a> {
    pub(super) lane: Lane,
    pub(super) names: &'a Names,
    pub(super) number: u32,
    pub(super) text: &'a str,
    pub(super) is_edited: bool,
    pub(super) timeout_ms: Millis,
    pub(super) fault: Option<Fault>,
}

impl Attempt<'_> {
    pub(super) fn request(&self) -> Request {
        let body =
            CreateBody { content: self.text.to_owned(), image_id: None, room: Some(room(self.names.run)) };
        let mut headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            (header::RUN.to_owned(), self.names.run.to_string()),
            (header::ATTEMPT.to_owned(), self.number.to_string()),
        ];
        if let Some(key) = self.key() {
            headers.push((header::IDEMPOTENCY_KEY.to_owned(), key));
        }
        if let Some(fault) = self.fault.filter(|fault| fault.point != FaultPoint::RequestLost) {
            headers.push((header::FAULT.to_owned(), fault.to_string()));
        }
        let (method, path) = self.target();
        Request {
            attempt: self.number,
            method,
            path,
            headers,
            // Strings and a missing picture: this cannot fail.
            body: serde_json::to_string(&body).unwrap_or_default(),
            timeout_ms: self.timeout_ms,
            fault: self.fault,
        }
    }

    fn target(&self) -> (&'static str, String) {
        match self.lane {
            Lane::Naive => ("POST", "/api/naive/posts".to_owned()),
            Lane::Uuid => ("PUT", format!("/api/posts/{}", self.names.id)),
            Lane::Key => ("POST", "/api/posts".to_owned()),
            Lane::CheckThenInsert
            | Lane::KeyAfterCommit
            | Lane::Cache
            | Lane::RetryWithoutKey
            | Lane::NewKeyPerEdit
            | Lane::ServerMinted => ("POST", format!("/api/lab/museum/{}/posts", self.lane)),
        }
    }

    fn key(&self) -> Option<String> {
        match self.lane {
            // The UUID lane has its key in the path.
            Lane::Naive | Lane::Uuid | Lane::ServerMinted => None,
            Lane::Key => Some(format!("lab-{}", self.names.run.as_simple())),
            Lane::RetryWithoutKey => (self.number == 1).then(|| self.names.id.to_string()),
            Lane::NewKeyPerEdit if self.is_edited => Some(self.names.edited.to_string()),
            Lane::NewKeyPerEdit | Lane::CheckThenInsert | Lane::KeyAfterCommit | Lane::Cache => {
                Some(self.names.id.to_string())
            }
        }
    }
}
