//! Whether two requests under one key mean the same.
//!
//! The fingerprint covers decoded fields, never bytes: a form and a JSON body that mean the same post have the
//! same fingerprint, whatever their white space or order of keys.

use sha2::{Digest, Sha256};

use crate::key::PostId;
use crate::post::{NewPost, Revision};

/// The rule that new fingerprints are made by. It is stored beside each one, so that a later rule can be
/// compared with what an older server stored.
pub const VERSION: u8 = 1;

/// SHA-256 of what a request means, with the version of the rule that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    pub version: u8,
    pub digest: [u8; 32],
}

impl Fingerprint {
    /// The fingerprint of creating `post`. Fields are length-prefixed, so that no two posts run together.
    pub fn of_create(post: &NewPost) -> Self {
        let mut hash = Sha256::new();
        hash.update([VERSION]);
        field(&mut hash, b"create");
        field(&mut hash, post.content.as_bytes());
        match post.image_id {
            Some(image) => field(&mut hash, image.0.as_bytes()),
            None => field(&mut hash, b""),
        }
        field(&mut hash, post.room.as_str().as_bytes());
        Self { version: VERSION, digest: hash.finalize().into() }
    }

    /// The fingerprint of editing the post `id`.
    pub fn of_edit(id: PostId, revision: &Revision) -> Self {
        let (how, text) = match revision {
            Revision::Content(text) => (b"content".as_slice(), text),
            Revision::Append(text) => (b"append".as_slice(), text),
        };
        let mut hash = Sha256::new();
        hash.update([VERSION]);
        field(&mut hash, b"edit");
        field(&mut hash, id.as_bytes());
        field(&mut hash, how);
        field(&mut hash, text.as_bytes());
        Self { version: VERSION, digest: hash.finalize().into() }
    }
}

fn field(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post::ImageId;

    fn post(content: &str, room: &str) -> NewPost {
        NewPost::check(content.to_owned(), None, Some(room)).unwrap()
    }

    #[test]
    fn equal_posts_have_one_fingerprint_and_any_field_changes_it() {
        let base = post("hello", "lobby");
        let mut pictured = base.clone();
        pictured.image_id = Some(ImageId(uuid::Uuid::from_u128(7)));
        assert_eq!(Fingerprint::of_create(&base), Fingerprint::of_create(&base.clone()));
        for other in [post("hello ", "lobby"), post("hello", "lobby2"), post("hell", "o-lobby"), pictured] {
            assert_ne!(Fingerprint::of_create(&base), Fingerprint::of_create(&other), "{other:?}");
        }
    }

    #[test]
    fn an_edit_is_told_apart_by_its_target_its_kind_and_its_text() {
        let (one, two) = (PostId::mint(1, [1; 10]), PostId::mint(1, [2; 10]));
        let content = |text: &str| Revision::Content(text.to_owned());
        let base = Fingerprint::of_edit(one, &content("hello"));
        assert_eq!(base, Fingerprint::of_edit(one, &content("hello")));
        for other in [
            Fingerprint::of_edit(two, &content("hello")),
            Fingerprint::of_edit(one, &content("hello ")),
            Fingerprint::of_edit(one, &Revision::Append("hello".to_owned())),
            Fingerprint::of_create(&post("hello", "lobby")),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn case_47_the_rule_of_version_1_never_changes() {
        let digest = Fingerprint::of_create(&post("hello", "lobby")).digest;
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "501e01272bc9db8245992fabc84a9bfd9a30a0292987b2dca9c34a9f685636ee");
    }
}
