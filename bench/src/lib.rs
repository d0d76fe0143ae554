//! The pure steps of a create, for benchmarks that need no server: by time in `benches/rules.rs`, by instructions in
//! `src/bin/instructions.rs`.

use anyhow::Context;
use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::post::{NewPost, Post};
use protocol::time::Timestamp;
use protocol::user::{UserId, display_name};
use protocol::wire::CreateBody;
use uuid::Uuid;

/// The id in the path of the request.
pub const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// The body of the request.
pub const BODY: &str = r#"{"content":"The network may lose the answer; the post stays one, however often it is sent.","room":"lobby"}"#;

/// Everything before the writer: the id read, the body read and checked, its meaning hashed.
///
/// # Errors
/// None for [`ID`] and [`BODY`].
pub fn understand(id: &str, body: &[u8]) -> anyhow::Result<(PostId, NewPost, Fingerprint)> {
    let id = PostId::parse(id).context("no id")?;
    let body: CreateBody = serde_json::from_slice(body)?;
    let post = NewPost::check(body.content, None, body.room.as_deref())?;
    let fingerprint = Fingerprint::of_create(&post);
    Ok((id, post, fingerprint))
}

/// Everything after the writer: the post as it is answered.
///
/// # Errors
/// None for posts that were understood.
pub fn answer(id: PostId, post: NewPost) -> anyhow::Result<Vec<u8>> {
    let user_id = UserId(Uuid::from_u128(7));
    let post = Post {
        id,
        user_id,
        author: display_name(user_id),
        image_id: post.image_id,
        content: post.content,
        room: post.room,
        create_timestamp: Timestamp::from_unix_ms(1_700_000_000_000),
    };
    Ok(serde_json::to_vec(&post)?)
}

/// One create but for the writer.
///
/// # Errors
/// Those of [`understand`] and [`answer`].
pub fn create(id: &str, body: &[u8]) -> anyhow::Result<usize> {
    let (id, post, fingerprint) = understand(id, body)?;
    Ok(answer(id, post)?.len() + usize::from(fingerprint.digest[0]))
}
