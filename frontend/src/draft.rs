//! The draft in the composer: its id is minted before a word of it is written, and stays with it.
//!
//! A tab claims a draft by a lock named after it. So a reloaded or reopened tab finds its text again, and a cloned
//! tab, or a second one, gets a draft of its own.

use futures::channel::oneshot;
use protocol::key::PostId;
use protocol::post::Room;

use crate::clock;
use crate::locks::{self, How, Lock, Turn};
use crate::storage::{Draft, Storage, StorageError};

/// The draft of this tab.
pub(crate) struct Desk {
    pub(crate) id: PostId,
    room: Room,
    /// Held while the page is shown; `None` without locks, and while the page is away.
    claim: Option<Lock>,
}

impl Desk {
    /// Takes up the draft that was left last, or begins an empty one. Returns the text to go on with. `None`
    /// without a source of ids.
    pub(crate) async fn open(room: Room, storage: &Storage) -> Option<(Self, String)> {
        let drafts = storage.drafts().await.unwrap_or_default();
        for draft in drafts.into_iter().filter(|draft| draft.room == room && !draft.content.is_empty()) {
            if let Some(desk) = Self::take_up(&draft, storage).await {
                return Some((desk, draft.content));
            }
        }
        Some((Self::begin(room).await?, String::new()))
    }

    async fn take_up(draft: &Draft, storage: &Storage) -> Option<Self> {
        if locks::exist() {
            let claim = claim(draft.id).await?;
            return Some(Self { id: draft.id, room: draft.room.clone(), claim: Some(claim) });
        }
        // Whether another tab has it cannot be known: the text is taken, its id is not. A stored draft was never
        // sent, so nothing is known by that id.
        let desk = Self::begin(draft.room.clone()).await?;
        storage.remove_draft(draft.id).await.ok()?;
        desk.save(draft.content.clone(), storage).await.ok()?;
        Some(desk)
    }

    /// An empty draft, under an id that nobody has.
    pub(crate) async fn begin(room: Room) -> Option<Self> {
        let id = clock::mint()?;
        Some(Self { id, room, claim: claim(id).await })
    }

    /// Keeps the text; an empty one needs no row.
    pub(crate) async fn save(&self, content: String, storage: &Storage) -> Result<(), StorageError> {
        if content.is_empty() {
            return storage.remove_draft(self.id).await;
        }
        let saved_at = clock::wall_ms();
        storage.save_draft(&Draft { id: self.id, content, room: self.room.clone(), saved_at }).await
    }

    /// A held lock keeps the page out of the back/forward cache.
    pub(crate) fn leave(&mut self) {
        self.claim = None;
    }

    /// Claims the draft again; false where another tab took it up in the meantime.
    pub(crate) async fn come_back(&mut self) -> bool {
        self.claim = claim(self.id).await;
        self.claim.is_some() || !locks::exist()
    }
}

/// The lock of a draft, if no other tab holds it.
async fn claim(id: PostId) -> Option<Lock> {
    let (tell, told) = oneshot::channel();
    let tell = std::cell::Cell::new(Some(tell));
    let lock = Lock::ask(&format!("draft-{id}"), How::IfFree, move |turn| {
        if let Some(tell) = tell.take() {
            // Nobody listens any more where the page gave up waiting.
            let _ = tell.send(turn);
        }
    })?;
    match told.await {
        Ok(Turn::Granted) => Some(lock),
        Ok(Turn::Gone) | Err(_) => None,
    }
}
