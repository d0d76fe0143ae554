//! The draft in the composer: its id is minted before a word of it is written, and stays with it.
//!
//! A tab claims a draft by a lock named after it, and where locks do not work by a lease in the draft itself, which every
//! tab writes. So a reloaded or reopened tab finds its text again, and a cloned tab, or a second one, gets a draft of its
//! own.

use futures::channel::oneshot;
use protocol::key::PostId;
use protocol::post::Room;

use crate::browser;
use crate::clock;
use crate::locks::{self, How, Lock, Turn};
use crate::storage::{Draft, Storage, StorageError};

/// How long a draft is left to a tab that has not said that it lives.
const LEASE_MS: u64 = 15_000;

/// How often it says so.
const RENEWAL_MS: u64 = 5_000;

/// In `localStorage`: the draft whose page was left last. A lease ends with its page, and a page that is being left has
/// no time to say so in IndexedDB.
const LEFT: &str = "postonce-left-draft";

/// The draft of this tab.
pub(crate) struct Desk {
    pub(crate) id: PostId,
    room: Room,
    /// As it was last saved.
    content: String,
    /// When it was written to: a lease that is renewed is no writing.
    written_at: u64,
    /// Held while the page is shown; `None` without locks, and while the page is away.
    claim: Option<Lock>,
}

impl Desk {
    /// Takes up the draft that was left last, or begins an empty one. Returns the text to go on with. `None`
    /// without a source of ids.
    pub(crate) async fn open(room: Room, storage: &mut Storage) -> Option<(Self, String)> {
        let drafts = storage.drafts().await.unwrap_or_default();
        for draft in drafts.into_iter().filter(|draft| draft.room == room && !draft.content.is_empty()) {
            if let Some(desk) = Self::take_up(&draft, storage).await {
                return Some((desk, draft.content));
            }
        }
        Some((Self::begin(room).await?, String::new()))
    }

    async fn take_up(draft: &Draft, storage: &mut Storage) -> Option<Self> {
        let (id, room, content) = (draft.id, draft.room.clone(), draft.content.clone());
        if locks::exist() {
            let claim = claim(id).await?;
            return Some(Self { id, room, content, written_at: draft.saved_at, claim: Some(claim) });
        }
        if is_leased(draft) {
            return None;
        }
        forget_that_it_was_left(id);
        let desk = Self { id, room, content, written_at: draft.saved_at, claim: None };
        storage.save_draft(&desk.draft()?).await.ok()?;
        Some(desk)
    }

    /// An empty draft, under an id that nobody has.
    pub(crate) async fn begin(room: Room) -> Option<Self> {
        let id = clock::mint()?;
        Some(Self { id, room, content: String::new(), written_at: 0, claim: claim(id).await })
    }

    /// Keeps the text; an empty one needs no row.
    pub(crate) async fn save(&mut self, content: String, storage: &mut Storage) -> Result<(), StorageError> {
        self.content = content;
        self.written_at = clock::wall_ms();
        match self.draft() {
            Some(draft) => storage.save_draft(&draft).await,
            None => storage.remove_draft(self.id).await,
        }
    }

    /// The row to keep, where there is any text.
    pub(crate) fn draft(&self) -> Option<Draft> {
        let lease_until = clock::wall_ms() + LEASE_MS;
        let (id, room, content) = (self.id, self.room.clone(), self.content.clone());
        let draft = Draft { id, content, room, lease_until, saved_at: self.written_at };
        (!draft.content.is_empty()).then_some(draft)
    }

    /// Says that this tab still writes it; returns when to say so again, on the monotonic clock.
    pub(crate) async fn renew_lease(&mut self, storage: &mut Storage) -> Option<u64> {
        if let Some(draft) = self.draft() {
            // A lease that cannot be written ends, and the text is then offered twice rather than not at all.
            let _ = storage.save_draft(&draft).await;
        }
        Some(clock::monotonic_ms() + RENEWAL_MS)
    }

    /// A held lock keeps the page out of the back/forward cache; a lease would keep the text from the next page.
    pub(crate) async fn leave(&mut self, storage: &mut Storage) {
        self.claim = None;
        if let Some(draft) = self.draft() {
            let _ = storage.save_draft(&Draft { lease_until: 0, ..draft }).await;
        }
    }

    /// Claims the draft again; false where another tab took it up in the meantime.
    pub(crate) async fn come_back(&mut self, storage: &mut Storage) -> bool {
        if locks::exist() {
            self.claim = claim(self.id).await;
            return self.claim.is_some();
        }
        if was_left(self.id) {
            forget_that_it_was_left(self.id);
            return true;
        }
        let drafts = storage.drafts().await.unwrap_or_default();
        !drafts.iter().any(|draft| draft.id == self.id && is_leased(draft))
    }
}

/// Drafts that no tab writes, the one written to last first.
pub(crate) async fn left(own: Option<PostId>, storage: &Storage) -> Vec<Draft> {
    let drafts = storage.drafts().await.unwrap_or_default();
    let mut left = Vec::new();
    for draft in drafts.into_iter().filter(|draft| Some(draft.id) != own && !draft.content.is_empty()) {
        // The lock is asked for and given back at once.
        let is_free = if locks::exist() { claim(draft.id).await.is_some() } else { !is_leased(&draft) };
        if is_free {
            left.push(draft);
        }
    }
    left
}

/// A lease longer than any that is given was written by another clock, and says nothing.
fn is_leased(draft: &Draft) -> bool {
    let left = draft.lease_until.saturating_sub(clock::wall_ms());
    (1..=LEASE_MS).contains(&left) && !was_left(draft.id)
}

/// The page of this draft is left: said at once, before anything that takes time.
pub(crate) fn leave(id: PostId) {
    if !locks::exist()
        && let Some(storage) = browser::local_storage()
    {
        // Unsaid, the lease ends by itself.
        let _ = storage.set_item(LEFT, &id.to_string());
    }
}

fn was_left(id: PostId) -> bool {
    let left = browser::local_storage().and_then(|storage| storage.get_item(LEFT).ok().flatten());
    left.is_some_and(|left| left == id.to_string())
}

/// It has a page again.
fn forget_that_it_was_left(id: PostId) {
    if was_left(id)
        && let Some(storage) = browser::local_storage()
    {
        let _ = storage.remove_item(LEFT);
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
