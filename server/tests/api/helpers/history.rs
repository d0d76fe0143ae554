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
    /// Answered with `deleted`.
    pub deleted: BTreeSet<Uuid>,
}

impl History {
    pub fn promises(&self) -> MutexGuard<'_, Promises> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Two answers about one id must agree on everything.
    pub fn stored(&self, post: &Post) {
        let id = post.id.as_uuid();
        if let Some(earlier) = self.promises().stored.insert(id, post.clone()) {
            assert_eq!(earlier, *post, "two answers tell two posts of one id");
        }
    }

    pub fn deleted(&self, id: Uuid) {
        self.promises().deleted.insert(id);
    }
}
