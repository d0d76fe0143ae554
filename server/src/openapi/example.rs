//! What the document's examples are about: one post of one author, in one room.

use protocol::key::PostId;
use protocol::outage::{Crash, LogAnswer, LogRecord, LogState, Replayed};
use protocol::post::{Post, Room};
use protocol::time::Timestamp;
use protocol::trace::{Lane, LedgerEvent, Row, Seen, TryFailure, Wrote};
use protocol::user::{UserId, display_name};
use protocol::wire::{
    Capabilities, FeedPage, Limits, NaivePage, NaivePost, PostState, SessionAnswer, StateAnswer, StatusAnswer,
};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ledger::RunAnswer;

/// The example post's id.
pub const ID: &str = "0198f2c4-6b1e-7a3d-9c52-2f8e4d7b1a60";

/// Another post's, which is deleted.
pub const ID_TO_DELETE: &str = "0198f2c4-91d7-7e08-b3f6-5a1c0e8d42b7";

/// The author of both.
pub const USER: &str = "5f0c7b1e-2d3a-4c8b-9e6f-1a2b3c4d5e6f";

/// An experiment.
pub const RUN: &str = "6d2f1c9a-8e47-4b35-a1d0-7c3e9f528b64";

/// An idempotency key that is no UUID.
pub const KEY: &str = "order-42-comment-1";

/// A fault that the server's own retry mends.
pub const FAULT: &str = "rolled-back; tries=1";

/// Its text, and what is added to it.
pub const CONTENT: &str = "Hello, world";
pub const ADDITION: &str = " (edited)";

fn uuid(text: &str) -> Uuid {
    Uuid::try_parse(text).unwrap_or_default()
}

fn post_id(text: &str) -> PostId {
    PostId::parse(text).unwrap_or_else(|_| PostId::mint(0, [0; 10]))
}

fn post_of(content: &str) -> Post {
    let user_id = UserId(uuid(USER));
    Post {
        id: post_id(ID),
        user_id,
        author: display_name(user_id),
        image_id: None,
        content: content.to_owned(),
        room: Room::lobby(),
        create_timestamp: moment(),
    }
}

fn moment() -> Timestamp {
    Timestamp::parse("2026-03-14T09:26:53.589Z").unwrap_or_default()
}

fn value(of: impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

pub fn post() -> Value {
    value(post_of(CONTENT))
}

pub fn edited_post() -> Value {
    value(post_of(&format!("{CONTENT}{ADDITION}")))
}

pub fn page() -> Value {
    value(FeedPage { posts: vec![post_of(CONTENT)], next: Some("p41".to_owned()) })
}

pub fn status(state: PostState) -> Value {
    value(StatusAnswer { state, problem: None })
}

pub fn state(id: &str, state: PostState) -> Value {
    value(StateAnswer { id: post_id(id), state })
}

pub fn session() -> Value {
    let token = format!("{USER}.{}", "9c4e".repeat(16));
    value(SessionAnswer { user_id: UserId(uuid(USER)), token })
}

pub fn capabilities(limits: Limits) -> Value {
    value(Capabilities {
        id_versions: vec![4, 7],
        key_retention: "forever".to_owned(),
        in_flight: "attach".to_owned(),
        faults: true,
        limits,
    })
}

fn naive_row(content: &str) -> NaivePost {
    NaivePost { id: 42, content: content.to_owned(), room: Room::lobby(), create_timestamp: moment() }
}

pub fn naive_post() -> Value {
    value(naive_row(CONTENT))
}

pub fn appended_naive_post() -> Value {
    value(naive_row(&format!("{CONTENT}{ADDITION}")))
}

pub fn naive_page() -> Value {
    value(NaivePage { posts: vec![naive_row(CONTENT)], next: None })
}

/// The body of a create.
pub fn create() -> Value {
    json!({ "content": CONTENT, "room": "lobby" })
}

/// An arrival that stored its post with the second try.
pub fn run() -> Value {
    let path = format!("/api/posts/{ID}");
    let sql = vec!["insert into posts … on conflict (id) do nothing".to_owned()];
    let row = Row { id: ID.to_owned(), content: CONTENT.to_owned() };
    let seen = [
        Seen::Arrived {
            lane: Lane::Uuid,
            attempt: 1,
            nth: 1,
            method: "PUT".to_owned(),
            path,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: create().to_string(),
            fault: Some(FAULT.to_owned()),
        },
        Seen::Try { number: 1, sql: sql.clone() },
        Seen::TryFailed { number: 1, how: TryFailure::RolledBack, row: None },
        Seen::Try { number: 2, sql },
        Seen::Wrote { wrote: Wrote::Inserted, row },
        Seen::Answered { status: 201, replayed: false, body: post().to_string() },
    ];
    let events = (0..).zip(seen).map(|(number, seen)| LedgerEvent {
        number,
        arrival: 1,
        at_us: u64::from(number) * 250,
        seen,
    });
    value(RunAnswer::new(uuid(RUN), uuid("b1a6c1de-0f52-4c83-8d2b-93c7e5a41f06"), false, events.collect()))
}

/// One record that was applied twice.
pub fn log() -> Value {
    let id = PostId::parse(ID).ok();
    let record = |id| LogRecord { id, partition: 0, position: 41, state: LogState::Applied };
    let crash = Crash { armed: false, unsaved: 1, again: 1, changed: 0 };
    value(LogAnswer { records: id.map(record).into_iter().collect(), crash: Some(crash) })
}

pub fn replayed() -> Value {
    let hash = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
    value(Replayed {
        records: 10,
        applied: 0,
        feed_hash_before: hash.to_owned(),
        feed_hash_after: hash.to_owned(),
    })
}
