//! The stored posts of the room: read once, then kept up to date by the live stream.

use std::collections::BTreeSet;

use app::outbox_handle::LiveState;
use protocol::key::PostId;
use protocol::post::{Post, Room};
use protocol::timeline::Timeline;
use protocol::wire::FeedPage;

use crate::clock;
use crate::live::{Live, LiveEvent, News};
use crate::transport;

pub(crate) struct Feed {
    pub(crate) live: Live,
    timeline: Timeline,
    /// Whether the newest page was ever read: until then it is shown as the server rendered it.
    was_read: bool,
    /// Whether the newest page is to be read at the next sign of the server.
    due: bool,
    /// Every post that ever stood here: one that is missing later was deleted, or is on an older page.
    stood: BTreeSet<PostId>,
    pub(crate) state: LiveState,
}

impl Feed {
    pub(crate) fn new(room: Room, cursor: String, tell: impl Fn(LiveEvent) + 'static) -> Self {
        Self {
            live: Live::new(room.as_str().to_owned(), cursor, tell),
            timeline: Timeline::new(room),
            was_read: false,
            due: true,
            stood: BTreeSet::new(),
            state: LiveState::Connecting,
        }
    }

    /// Newest first; `None` until the page was read.
    pub(crate) fn posts(&self) -> Option<&[Post]> {
        self.was_read.then(|| self.timeline.posts())
    }

    pub(crate) fn post(&self, id: PostId) -> Option<&Post> {
        self.timeline.posts().iter().find(|post| post.id == id)
    }

    pub(crate) fn has_stood(&self, id: PostId) -> bool {
        self.stood.contains(&id)
    }

    /// Reads the newest page if that is due; whoever gets the future reports what came of it with [`Self::read`].
    pub(crate) fn reading(&mut self) -> Option<impl Future<Output = Option<FeedPage>> + 'static> {
        if !std::mem::take(&mut self.due) {
            return None;
        }
        let path = format!("/api/posts?room={}", js_sys::encode_uri_component(self.timeline.room().as_str()));
        Some(async move {
            let answer = transport::read(&path).await.ok()?;
            if answer.status == 200 { serde_json::from_str(&answer.body).ok() } else { None }
        })
    }

    pub(crate) fn read(&mut self, page: Option<FeedPage>) {
        let Some(page) = page else {
            self.due = true;
            return;
        };
        self.was_read = true;
        self.stood.extend(page.posts.iter().map(|post| post.id));
        self.timeline.newest_page(page.posts);
    }

    /// A post that is known to be stored.
    pub(crate) fn insert(&mut self, post: Post) {
        self.stood.insert(post.id);
        self.timeline.post(post);
    }

    /// Takes in what the live stream says, and returns a post that stands in the feed.
    pub(crate) fn hear(&mut self, news: News) -> Option<Post> {
        match news {
            News::Open => self.state = LiveState::Open,
            News::Ping => {}
            News::Lost => {
                if !matches!(self.state, LiveState::Paused(_)) {
                    self.state = LiveState::Paused(clock::local_time());
                }
            }
            News::Reset => self.due = true,
            News::Post(post) => {
                self.insert(post.clone());
                return Some(post);
            }
            News::Deleted(id) => self.timeline.delete(id),
        }
        None
    }
}
