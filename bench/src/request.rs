//! Requests as bytes, made before the clock runs as far as that is possible.

use std::io::Write;

use uuid::Uuid;

/// About as long as a post is: the median of what people write is short.
const CONTENT: &str = "The network may lose the answer; the post stays one, however often it is sent.";

/// Writes `PUT /api/posts/{id}` into `out`.
pub(crate) fn put(out: &mut Vec<u8>, id: Uuid, token: &str, room: &str) {
    put_content(out, id, token, room, CONTENT);
}

/// Writes a post whose content is `content`, which must need no escaping.
pub(crate) fn put_content(out: &mut Vec<u8>, id: Uuid, token: &str, room: &str, content: &str) {
    let length = content.len() + room.len() + r#"{"content":"","room":""}"#.len();
    // Writing to a Vec cannot fail.
    let _ = write!(
        out,
        "PUT /api/posts/{} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n\
         {{\"content\":\"{content}\",\"room\":\"{room}\"}}",
        id.hyphenated(),
    );
}

/// Writes `GET {path}` into `out`.
pub(crate) fn get(out: &mut Vec<u8>, path: &str, token: &str) {
    let _ = write!(out, "GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\r\n");
}
