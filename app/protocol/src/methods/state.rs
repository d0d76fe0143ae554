//! The state that a trial is about, made canonical and hashed.
//!
//! The state is the list of rows that the server gives for the experiment's own room, or for its own run on the
//! control arm. It is taken from the body of that list: fields in alphabetical order, no white space.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// What the server held at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The canonical bytes, which are JSON.
    pub text: String,
    /// SHA-256 of the bytes, in hexadecimal digits.
    pub hash: String,
    /// How many rows there are.
    pub rows: usize,
}

impl State {
    /// From the body of a list of rows, `{"posts": […], "next": …}`; `None` where it is none.
    pub fn of_list(body: &str) -> Option<Self> {
        let list: Value = serde_json::from_str(body).ok()?;
        let rows = list.get("posts")?.as_array()?;
        // A `Value` keeps an object's fields in alphabetical order.
        let text = serde_json::to_string(rows).ok()?;
        let hash = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        Some(Self { text, hash, rows: rows.len() })
    }

    /// The first eight digits of the hash, enough to tell a handful of states apart.
    pub fn short(&self) -> &str {
        self.hash.get(..8).unwrap_or(&self.hash)
    }

    /// The content of each row, in the order of the list.
    pub fn contents(&self) -> Vec<String> {
        let rows: Vec<Value> = serde_json::from_str(&self.text).unwrap_or_default();
        let content = |row: &Value| Some(row.get("content")?.as_str()?.to_owned());
        rows.iter().filter_map(content).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_depends_on_what_is_listed_and_on_nothing_else() {
        let one = State::of_list(r#"{"posts": [{"id": 1, "content": "a"}], "next": null}"#).unwrap();
        let same = State::of_list(r#"{"next":"p1","posts":[{"content":"a","id":1}]}"#).unwrap();
        assert_eq!(one, same);
        assert_eq!((one.text.as_str(), one.rows), (r#"[{"content":"a","id":1}]"#, 1));
        assert_eq!(one.contents(), ["a"]);
        let none = State::of_list(r#"{"posts": []}"#).unwrap();
        // SHA-256 of `[]`.
        assert_eq!(none.short(), "4f53cda1");
        assert_ne!(none.hash, one.hash);
        assert_eq!(State::of_list("[]"), None);
        assert_eq!(State::of_list("<html>"), None);
    }
}
