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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::outbox::Acked;
    use crate::time::Timestamp;
    use crate::user::UserId;
    use crate::wire::CreateBody;

    const ME: UserId = UserId(Uuid::from_u128(1));

    fn id(number: u64) -> PostId {
        PostId::mint(number, [0; 10])
    }

    fn post(number: u64) -> Post {
        Post {
            id: id(number),
            user_id: ME,
            author: "Teal Otter".to_owned(),
            image_id: None,
            content: format!("post {number}"),
            room: Room::lobby(),
            create_timestamp: Timestamp::from_unix_ms(0),
        }
    }

    fn item(number: u64, state: State) -> Item {
        let body = CreateBody { content: format!("post {number}"), image_id: None, room: None };
        Item { state, ..Item::new(id(number), ME, body, number, 0) }
    }

    fn page(numbers: impl Iterator<Item = u64>) -> Vec<Post> {
        numbers.map(post).collect()
    }

    fn shown(timeline: &Timeline, items: &[Item]) -> Vec<PostId> {
        let items: Vec<&Item> = items.iter().collect();
        timeline.entries(&items, 0).iter().map(Entry::id).collect()
    }

    #[test]
    fn o12_a_post_is_never_pending_and_stored_at_once() {
        let mut timeline = Timeline::new(Room::lobby());
        let mine = item(1, State::Queued);
        assert_eq!(timeline.entries(&[&mine], 0), [Entry::Pending(&mine)]);
        timeline.post(post(1));
        assert_eq!(timeline.entries(&[&mine], 0), [Entry::Stored(&post(1), Some(&mine))]);
    }

    #[test]
    fn an_edit_replaces_in_place_and_a_deletion_is_final() {
        let mut timeline = Timeline::new(Room::lobby());
        timeline.newest_page(page([3, 2, 1].into_iter()));
        timeline.post(Post { content: "edited".to_owned(), ..post(2) });
        assert_eq!(timeline.posts()[1].content, "edited");
        timeline.delete(id(2));
        timeline.newest_page(page([3, 2, 1].into_iter()));
        assert_eq!(timeline.posts(), page([3, 1].into_iter()));
    }

    #[test]
    fn a_page_after_an_absence_fills_the_gap_where_the_server_has_it() {
        let mut timeline = Timeline::new(Room::lobby());
        timeline.newest_page(page([2, 1].into_iter()));
        timeline.post(post(5));
        timeline.newest_page(page([5, 4, 3, 2].into_iter()));
        timeline.older_page(page([0].into_iter()));
        assert_eq!(timeline.posts(), page([5, 4, 3, 2, 1, 0].into_iter()));
    }

    #[test]
    fn a_receipt_stands_alone_only_until_its_post_must_have_come() {
        let timeline = Timeline::new(Room::lobby());
        let fresh = item(1, State::Acked { how: Acked::Created, at: 0 });
        assert_eq!(timeline.entries(&[&fresh], ECHO_WAIT_MS - 1).len(), 1);
        assert_eq!(timeline.entries(&[&fresh], ECHO_WAIT_MS).len(), 0);
    }

    #[test]
    fn a_cancelled_post_is_hidden_even_where_a_page_still_holds_it() {
        let mut timeline = Timeline::new(Room::lobby());
        timeline.post(post(1));
        let gone = item(1, State::Gone { why: Gone::Cancelled, at: 0 });
        assert_eq!(shown(&timeline, &[gone]), []);
    }

    proptest! {
        #[test]
        fn each_post_stands_once_in_the_servers_order_whichever_way_it_came(
            stored in 1_u64..12, ways in proptest::collection::vec(0_u8..3, 0..30), sent in 0_u64..15,
        ) {
            let mut timeline = Timeline::new(Room::lobby());
            let mut streamed = 0;
            for way in ways {
                match way {
                    0 if streamed < stored => {
                        streamed += 1;
                        timeline.post(post(streamed));
                    }
                    1 => timeline.newest_page(page((0..streamed).rev().map(|number| number + 1))),
                    _ => timeline.post(post(streamed.max(1))),
                }
                streamed = streamed.max(1);
            }
            let items: Vec<Item> = (1..=sent).map(|number| item(number, State::Queued)).collect();
            let shown = shown(&timeline, &items);
            let unique: BTreeSet<_> = shown.iter().collect();
            prop_assert_eq!(unique.len(), shown.len());
            let posts: Vec<PostId> = timeline.posts().iter().map(|post| post.id).collect();
            prop_assert!(posts.is_sorted_by(|newer, older| newer > older));
        }
    }
}
