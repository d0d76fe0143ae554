//! What components may see of the browser's hands, and ask of them.
//!
//! The `frontend` crate fills this before hydration. On the server, and in a browser without WebAssembly, nothing
//! is there: components then show what the server rendered and leave forms to the browser.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::fault::Plan;
use protocol::key::PostId;
use protocol::post::Post;

/// Something the visitor asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Post the draft. The draft's id is the post's id.
    Post { id: PostId, content: String, room: String },
    /// Post these texts in their order, each under an id of its own.
    Write { texts: Vec<String>, room: String },
    /// The composer's text changed.
    SaveDraft { id: PostId, content: String },
    /// Skip the delay, never the single flight.
    TryNow(PostId),
    /// Stop, and make sure it is gone.
    Cancel(PostId),
    /// Send the same id and content again.
    Retry(PostId),
    /// Take the text back into the composer, under a new id.
    PostAsNew(PostId),
    /// Put the text on the clipboard.
    CopyText(PostId),
    /// Forget an unsent post; the page has had it confirmed.
    Discard(PostId),
    /// Forget a post that may be stored, and delete it there; the page has had it confirmed.
    DiscardUnsure(PostId),
    /// Send again whatever needs the visitor.
    RetryAll,
    /// Forget whatever needs the visitor; the page has had it confirmed.
    DiscardAll,
    /// Put the text of a draft that no tab writes into the composer.
    TakeUpDraft(PostId),
    /// Forget a draft that no tab writes; the page has had it confirmed.
    DiscardDraft(PostId),
    /// Delete one's own stored post; the page has had it confirmed.
    Delete(PostId),
}

/// A post on its way, as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    pub id: PostId,
    pub content: String,
    pub room: String,
    /// The `data-state` of the post: `saved`, `sending`, `waiting`, `posted`, `replayed`, `queued`, `needs-you`.
    pub state: &'static str,
    /// The chip's words, for example *Sending, try 2*.
    pub words: String,
    /// A sentence below the post, for example why it needs the user.
    pub note: Option<String>,
    /// What may be asked of it.
    pub actions: Vec<Ask>,
}

/// A text that was begun and that no tab writes any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftDraft {
    pub id: PostId,
    pub content: String,
    pub room: String,
}

/// How putting a text on the clipboard went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    Done,
    /// The browser refused, or has no clipboard for this page.
    Refused,
    /// The browser has not said yet.
    Unanswered,
}

/// How safe an unsent post is in this browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Keeping {
    /// Storage has not been opened.
    #[default]
    Opening,
    /// In IndexedDB: reloads and crashes lose nothing.
    Durable,
    /// In memory only; the text says why.
    Memory(String),
}

/// Whether live updates arrive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LiveState {
    #[default]
    Connecting,
    Open,
    /// Paused since a local time such as `12:04`.
    Paused(String),
}

/// The seam between the page and the browser's hands.
#[derive(Clone, Copy)]
pub struct OutboxHandle {
    /// Posts on their way and fresh receipts, oldest first. The feed shows a receipt at its stored post; one whose
    /// post is not among [`OutboxHandle::posts`] is shown by itself, so drop it once its post has been there.
    pub pending: RwSignal<Vec<Pending>>,
    /// Stored posts of the room, newest first; `None` until the driver has taken over from the server's page.
    pub posts: RwSignal<Option<Vec<Post>>>,
    /// The id of the draft in the composer; `None` until the browser has minted one.
    pub draft_id: RwSignal<Option<PostId>>,
    /// Text for the composer. Set it to a restored draft or to the text of *Edit as new*, and to nothing once
    /// the posted draft is saved; each setting counts, also to the same text. The composer never loses what was
    /// typed in the meantime.
    pub draft_text: RwSignal<String>,
    /// A draft that could not be saved, said plainly beside the composer.
    pub draft_problem: RwSignal<Option<String>>,
    /// Counts the presses of Post that were not taken: their text is the visitor's again.
    pub refused_presses: RwSignal<u32>,
    /// Drafts that no tab writes, the newest first.
    pub left_drafts: RwSignal<Vec<LeftDraft>>,
    /// Which post's text was copied last, and how that went; each setting counts.
    pub copied: RwSignal<Option<(PostId, Copied)>>,
    pub keeping: RwSignal<Keeping>,
    pub live: RwSignal<LiveState>,
    /// Which faults the next attempts meet: the page arms it, the driver draws from it
    /// (`weather.try_update(|plan| plan.fault(attempt))`), and the page shows what is left.
    pub weather: RwSignal<Plan>,

    ask: StoredValue<Arc<dyn Fn(Ask) + Send + Sync>>,
}

impl OutboxHandle {
    /// A handle whose asks go to `ask`.
    pub fn new(ask: impl Fn(Ask) + Send + Sync + 'static) -> Self {
        Self {
            pending: RwSignal::default(),
            posts: RwSignal::default(),
            draft_id: RwSignal::default(),
            draft_text: RwSignal::default(),
            draft_problem: RwSignal::default(),
            refused_presses: RwSignal::default(),
            left_drafts: RwSignal::default(),
            copied: RwSignal::default(),
            keeping: RwSignal::default(),
            live: RwSignal::default(),
            weather: RwSignal::default(),

            ask: StoredValue::new(Arc::new(ask)),
        }
    }

    /// The handle of this page. Where nobody provided one, which is so on the server, it is one that does nothing.
    pub fn of_page() -> Self {
        use_context().unwrap_or_else(|| {
            let idle = Self::new(|_| ());
            provide_context(idle);
            idle
        })
    }

    pub fn ask(&self, ask: Ask) {
        self.ask.with_value(|handler| handler(ask));
    }
}
