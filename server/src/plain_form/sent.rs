//! The form as it was sent, as far as it can be read: for the page that gives it back. What is stored is read strictly.

use protocol::key::PostId;
use protocol::post::{LOBBY, Room};
use protocol::user::UserId;
use serde_json::{Map, Value};

use crate::api::form::{fields_as_sent, newlines};
use crate::identity::parse_user;

/// The fields of the form.
const NAMES: [&str; 4] = ["id", "as_user", "room", "content"];

/// What the form was sent with.
pub(super) struct Sent {
    pub id: Option<PostId>,
    pub content: String,
    pub room: String,
    /// Whom the form was rendered for, where it says so.
    pub named: Option<UserId>,
}

type Pairs = Vec<(String, String)>;

impl Sent {
    /// Reads a body in each of the ways in which forms are sent. What is none of them is taken for the text.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let other_ways: [&dyn Fn() -> Option<Pairs>; 3] =
            [&|| object(bytes), &|| parts(&text), &|| Some(lines(&text))];
        let has_content = |pairs: &Pairs| field(pairs, "content").is_some();
        let mut pairs = fields_as_sent(bytes);
        if !has_content(&pairs) {
            let other = other_ways.iter().find_map(|read| read().filter(has_content));
            pairs = other.unwrap_or(pairs);
        }
        // A form without its text has nothing to give back; a body that is no form at all is text.
        let is_form = pairs.iter().any(|(name, _)| is_field(name));
        let content = field(&pairs, "content").unwrap_or(if is_form { "" } else { &*text });
        let room = field(&pairs, "room").and_then(|room| Room::parse(room).ok());
        Self {
            id: field(&pairs, "id").and_then(|id| PostId::parse(id).ok()),
            content: newlines(content),
            room: room.map_or_else(|| LOBBY.to_owned(), |room| room.as_str().to_owned()),
            named: field(&pairs, "as_user").and_then(parse_user),
        }
    }
}

fn is_field(name: &str) -> bool {
    NAMES.contains(&name)
}

fn field<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
}

/// `application/json`.
fn object(bytes: &[u8]) -> Option<Pairs> {
    let object: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
    let texts = object.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
    Some(texts.collect())
}

/// `multipart/form-data`, whose first line is the boundary.
fn parts(text: &str) -> Option<Pairs> {
    let (boundary, _) = text.split_once("\r\n")?;
    let boundary = format!("\r\n{}", boundary.strip_prefix("--").map(|_| boundary)?);
    let text = format!("\r\n{text}");
    let parts = text.split(&boundary).filter_map(|part| {
        let (head, value) = part.split_once("\r\n\r\n")?;
        let (_, name) = head.split_once("name=\"")?;
        Some((name.split('"').next()?.to_owned(), value.to_owned()))
    });
    Some(parts.collect())
}

/// `text/plain`: a line for each field, and more where a value has line breaks.
fn lines(text: &str) -> Pairs {
    let mut pairs = Pairs::new();
    for line in text.strip_suffix("\r\n").unwrap_or(text).split("\r\n") {
        match line.split_once('=').filter(|(name, _)| is_field(name)) {
            Some((name, value)) => pairs.push((name.to_owned(), value.to_owned())),
            None => {
                if let Some((_, value)) = pairs.last_mut() {
                    value.push('\n');
                    value.push_str(line);
                }
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn a_text_is_given_back_however_it_was_sent() {
        let parts = format!(
            "--x\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n{ID}\r\n--x\r\nContent-Disposition: \
             form-data; name=\"content\"\r\n\r\none & two\r\n=three\r\n--x--\r\n"
        );
        for (body, content, has_id) in [
            (format!("id={ID}&content=one+%26+two%0D%0A%3Dthree&room=lobby"), "one & two\n=three", true),
            (format!("id={ID}\r\ncontent=one & two\r\n=three\r\nroom=lobby\r\n"), "one & two\n=three", true),
            (parts, "one & two\n=three", true),
            (format!("{{\"id\": \"{ID}\", \"content\": \"one & two\\n=three\"}}"), "one & two\n=three", true),
            ("one & two\n=three".to_owned(), "one & two\n=three", false),
            (format!("id={ID}&room=lobby"), "", true),
            (String::new(), "", false),
            (format!("content=first&content=second&id={ID}"), "first", true),
            (format!("content=%ff!&id={ID}"), "\u{fffd}!", true),
        ] {
            let sent = Sent::read(body.as_bytes());
            assert_eq!(sent.content, content, "{body}");
            assert_eq!(sent.id.is_some(), has_id, "{body}");
            assert_eq!(sent.room, "lobby", "{body}");
        }
    }
}
