//! The feed of one room: what the server has and what still waits, merged by id.
//!
//! A post reaches a feed by up to four ways: the page, the live stream, the answer to its own request, and the
//! outbox before all of them. They come in any order, and each post stands there once.

use std::collections::{BTreeMap, BTreeSet};

use crate::key::PostId;
use crate::outbox::{Gone, Item, State, Wish};
use crate::post::{Post, Room};
use crate::time::Millis;

/// How long a posted item may stand in the feed by its receipt alone, before the post itself has come.
const ECHO_WAIT_MS: Millis = 60_000;

/// The posts of one room as far as they are loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    room: Room,
    /// Newest first, in the server's order.
    posts: Vec<Post>,
    /// Ids that are gone for good, so that a page read before a deletion cannot bring them back.
    deleted: BTreeSet<PostId>,
}

/// One element of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// Not stored yet, as far as this browser knows.
    Pending(&'a Item),
    /// Stored; with the item that posted it, while its receipt is kept.
    Stored(&'a Post, Option<&'a Item>),
}

impl Entry<'_> {
    pub const fn id(&self) -> PostId {
        match self {
            Self::Pending(item) => item.id,
            Self::Stored(post, _) => post.id,
        }
    }
}

impl Timeline {
    pub const fn new(room: Room) -> Self {
        Self { room, posts: Vec::new(), deleted: BTreeSet::new() }
    }

    pub const fn room(&self) -> &Room {
        &self.room
    }

    /// Newest first.
    pub fn posts(&self) -> &[Post] {
        &self.posts
    }

    /// The newest page. Its order is the server's: a post that is new here is put before the first known one
    /// that follows it there.
    pub fn newest_page(&mut self, page: Vec<Post>) {
        let mut place = 0;
        for post in page {
            place = self.place(post, place);
        }
    }

    /// The page that follows the last loaded post.
    pub fn older_page(&mut self, page: Vec<Post>) {
        let mut place = self.posts.len();
        for post in page {
            place = self.place(post, place);
        }
    }

    /// A post from the live stream or from an answer: the newest, unless it is known; then it was edited.
    pub fn post(&mut self, post: Post) {
        self.place(post, 0);
    }

    /// The server says that it is gone.
    pub fn delete(&mut self, id: PostId) {
        self.deleted.insert(id);
        self.posts.retain(|post| post.id != id);
    }

    /// Replaces the post where it is known, else inserts it at `place`; gives the place after it.
    fn place(&mut self, post: Post, place: usize) -> usize {
        if post.room != self.room || self.deleted.contains(&post.id) {
            return place;
        }
        if let Some(known) = self.posts.iter().position(|known| known.id == post.id) {
            self.posts[known] = post;
            known + 1
        } else {
            let place = place.min(self.posts.len());
            self.posts.insert(place, post);
            place + 1
        }
    }

    /// The feed as it is shown, newest first: what waits, then what is stored; each id once. `wall_ms` is the
    /// present moment in Unix milliseconds.
    pub fn entries<'a>(&'a self, items: &[&'a Item], wall_ms: Millis) -> Vec<Entry<'a>> {
        let by_id: BTreeMap<PostId, &Item> = items.iter().map(|item| (item.id, *item)).collect();
        let stored: BTreeSet<PostId> = self.posts.iter().map(|post| post.id).collect();
        let mut pending: Vec<&Item> = by_id
            .values()
            .copied()
            .filter(|item| item.room() == self.room.as_str())
            .filter(|item| !stored.contains(&item.id) && !self.deleted.contains(&item.id))
            .filter(|item| stands_alone(item, wall_ms))
            .collect();
        pending.sort_by_key(|item| std::cmp::Reverse((item.seq, item.id)));
        let pending = pending.into_iter().map(Entry::Pending);
        let gone = |id| by_id.get(&id).is_some_and(|item| is_deleted(item));
        let stored = self.posts.iter().filter(|post| !gone(post.id));
        pending.chain(stored.map(|post| Entry::Stored(post, by_id.get(&post.id).copied()))).collect()
    }
}

/// Whether an item is shown while its post is not here. An old receipt is not: its post is on a page that is
/// not loaded.
fn stands_alone(item: &Item, wall_ms: Millis) -> bool {
    match item.receipt_at() {
        None => item.wish == Wish::Post || item.is_unsent(),
        Some(at) => matches!(item.state, State::Acked { .. }) && wall_ms.saturating_sub(at) < ECHO_WAIT_MS,
    }
}

/// Whether the server has said that the post is gone: a page that was read before may still hold it.
const fn is_deleted(item: &Item) -> bool {
    matches!(item.state, State::Gone { why: Gone::Cancelled | Gone::Deleted, .. })
}
