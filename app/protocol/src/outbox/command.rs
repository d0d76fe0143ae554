//! What a driver is told to do.

use crate::fault::Fault;
use crate::key::PostId;
use crate::post::Post;
use crate::time::Millis;
use crate::user::UserId;
use crate::wire::{CreateBody, header};

use super::attempts::AttemptRecord;
use super::item::{Item, Operation, Try};

/// To be carried out in order; each that touches storage completes before the next begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Write the row, in one transaction that first reads what is there: only over the revision just before
    /// its own (0 is no row), and never over a row of a newer version. If anything else is there, or nothing,
    /// answer with [`super::Event::Conflict`].
    Save(Item),
    /// Write the row where there is none, since storage has lost it. Else answer with `Conflict`.
    Restore(Item),
    /// Write `row` as for `Save`, and only when that is durable send the request; then report exactly one of
    /// `Answered`, `NoAnswer`, and `NotSent` where the row could not be written. A request without a row
    /// changes nothing and is sent at once.
    Send { row: Option<Box<Item>>, request: Request },
    /// Give this request up if it is still under way: it was not heard of for longer than its timeout, as when
    /// the computer slept. Nothing is to be reported of it.
    Abort(Try),
    /// Read every row and answer with [`super::Event::Loaded`].
    Load,
    /// Delete these rows, receipts that nobody needs any more: each only if it is still at this revision.
    Remove(Vec<(PostId, u64)>),
    /// Keep the record of one attempt, beside at most 499 others.
    Record(AttemptRecord),
    /// An answer carried this post as it is stored: show it.
    Stored(Box<Post>),
    /// Tell the other tabs that storage changed.
    Announce,
    /// Ask for the lock that makes this tab the one that sends, and wait for it.
    Lead,
    /// Take the lock from a tab that holds it and does nothing.
    Steal,
    /// Give the lock back, or the wait for it up.
    Resign,
    /// The server does not know the session: get one, and tell whose it is.
    RenewIdentity,
}

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Put,
    Delete,
    Get,
}

impl Method {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Get => "GET",
        }
    }
}

/// One request, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// To be given back with whatever comes of it.
    pub of: Try,
    /// Whose intent it is: the server refuses it where the session is somebody else's.
    pub owner: UserId,
    /// JSON; the same bytes at every attempt.
    pub body: Option<String>,
    /// What shall befall it. `request-lost` is the one fault that the browser makes: it does not send.
    pub fault: Option<Fault>,
    /// After this long without an answer the attempt is given up.
    pub timeout_ms: Millis,
}

impl Request {
    pub(super) fn new(item: &Item, of: Try, fault: Option<Fault>, timeout_ms: Millis) -> Self {
        let body = match of.operation {
            Operation::Create => Some(bytes(&item.body)),
            Operation::Delete | Operation::Status => None,
        };
        Self { of, owner: item.owner, body, fault, timeout_ms }
    }

    pub const fn method(&self) -> Method {
        match self.of.operation {
            Operation::Create => Method::Put,
            Operation::Delete => Method::Delete,
            Operation::Status => Method::Get,
        }
    }

    /// The path, which carries the id: the key of the operation.
    pub fn path(&self) -> String {
        match self.of.operation {
            Operation::Create | Operation::Delete => format!("/api/posts/{}", self.of.id),
            Operation::Status => format!("/api/posts/{}/status", self.of.id),
        }
    }

    /// The headers, without those that the browser adds.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![(header::AS_USER, self.owner.to_string())];
        if self.body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        if self.of.operation != Operation::Status {
            headers.push((header::ATTEMPT, self.of.number.to_string()));
        }
        if let Some(fault) = self.fault {
            headers.push((header::FAULT, fault.to_string()));
        }
        headers
    }
}

/// The JSON of a body: a function of the content alone, so every attempt sends the same bytes.
fn bytes(body: &CreateBody) -> String {
    let mut object = serde_json::Map::new();
    object.insert("content".to_owned(), body.content.clone().into());
    if let Some(image) = body.image_id {
        object.insert("image_id".to_owned(), image.to_string().into());
    }
    if let Some(room) = &body.room {
        object.insert("room".to_owned(), room.clone().into());
    }
    serde_json::Value::Object(object).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::UserId;
    use uuid::Uuid;

    #[test]
    fn a_request_is_what_the_contract_says() {
        let id = PostId::mint(1, [7; 10]);
        let body = CreateBody { content: "a \"b\"".to_owned(), image_id: None, room: Some("r".to_owned()) };
        let item = Item::new(id, UserId(Uuid::nil()), body.clone(), 1, 1);
        let of = Try { id, operation: Operation::Create, number: 2 };
        let request = Request::new(&item, of, Fault::parse("reply-lost").ok(), 10_000);
        assert_eq!((request.method().as_str(), request.path()), ("PUT", format!("/api/posts/{id}")));
        let sent: CreateBody = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        assert_eq!(sent, body);
        let names: Vec<_> = request.headers().into_iter().collect();
        assert_eq!(names[0], ("as-user", Uuid::nil().to_string()));
        assert_eq!(names[2], ("attempt", "2".to_owned()));
        assert_eq!(names[3], ("fault", "reply-lost".to_owned()));
    }
}
