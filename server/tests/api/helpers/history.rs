//! What the server has promised in the course of a story.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use protocol::post::Post;
use uuid::Uuid;

/// Every promise that an answer made, to be held against the database at the end.
#[derive(Default)]
pub struct History(Mutex<Promises>);

#[derive(Default)]
pub struct Promises {
    /// Answered with 200 or 201.
    pub stored: BTreeMap<Uuid, Post>,
    /// Every content that an answer told, by id.
    pub told: BTreeMap<Uuid, BTreeSet<String>>,
    /// Edited since: answers may tell one content or another.
    pub edited: BTreeSet<Uuid>,
    /// Creates that were answered with 202: stored once, or refused with a reason.
    pub queued: BTreeSet<Uuid>,
    /// Answered with `deleted`.
    pub deleted: BTreeSet<Uuid>,
}

impl History {
    pub fn promises(&self) -> MutexGuard<'_, Promises> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Two answers about one id must agree on everything; on content only until it is edited.
    pub fn stored(&self, post: &Post) {
        let id = post.id.as_uuid();
        let mut promises = self.promises();
        promises.told.entry(id).or_default().insert(post.content.clone());
        let Some(mut earlier) = promises.stored.insert(id, post.clone()) else { return };
        if promises.edited.contains(&id) {
            earlier.content.clone_from(&post.content);
        }
        drop(promises);
        assert_eq!(earlier, *post, "two answers tell two posts of one id");
    }

    pub fn edited(&self, post: &Post) {
        self.promises().edited.insert(post.id.as_uuid());
        self.stored(post);
    }

    pub fn queued(&self, id: Uuid) {
        self.promises().queued.insert(id);
    }

    pub fn deleted(&self, id: Uuid) {
        self.promises().deleted.insert(id);
    }
}
