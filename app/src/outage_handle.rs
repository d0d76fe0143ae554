//! What the outage page may see of the browser's hands, and ask of them.
//!
//! The `frontend` crate fills this before hydration. Elsewhere nothing is there: components show what the server
//! rendered.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::outage::{LogAnswer, Replayed};
use protocol::user::UserId;

/// Something the visitor asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutageAsk {
    /// For so many seconds the database is away to what this browser sends.
    Pull { seconds: u64 },
    /// The database is there again, also to what was set aside until later.
    End,
    /// Write ten posts into this room.
    Write { room: String },
    /// The consumer stops once, before it has saved its offset.
    Crash,
    /// Apply the whole of one's own log again.
    Replay,
    /// All of it: an outage, ten posts, its end, and two replays.
    Story { room: String },
}

/// What came of [`OutageAsk::Story`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    pub written: usize,
    /// Rows with the texts that were written, as the server lists them at the end.
    pub rows: usize,
    pub replays: Vec<Replayed>,
}

impl Story {
    /// Whether the rows hashed the same before and after every replay.
    pub fn is_unchanged(&self) -> bool {
        let first = self.replays.first().map(|replay| &replay.feed_hash_before);
        self.replays
            .iter()
            .all(|replay| Some(&replay.feed_hash_before) == first && Some(&replay.feed_hash_after) == first)
    }
}

/// The seam between the outage page and the browser's hands.
#[derive(Clone, Copy)]
pub struct OutageHandle {
    /// Whether the browser's hands are there and can mint ids.
    pub able: RwSignal<bool>,
    /// Seconds until the database is back; `None` while it is there.
    pub left: RwSignal<Option<u64>>,
    /// Whether three replies in ten are lost.
    pub lossy: RwSignal<bool>,
    /// This visitor's part of the server's log, as it was read last.
    pub log: RwSignal<LogAnswer>,
    /// What replays did, oldest first.
    pub replays: RwSignal<Vec<Replayed>>,
    /// Why the last ask came to nothing.
    pub problem: RwSignal<Option<&'static str>>,
    /// A replay or a story is under way.
    pub busy: RwSignal<bool>,
    pub story: RwSignal<Option<Story>>,
    ask: StoredValue<Arc<dyn Fn(OutageAsk) + Send + Sync>>,
}

impl OutageHandle {
    /// A handle whose asks go to `ask`.
    pub fn new(ask: impl Fn(OutageAsk) + Send + Sync + 'static) -> Self {
        Self {
            able: RwSignal::default(),
            left: RwSignal::default(),
            lossy: RwSignal::default(),
            log: RwSignal::default(),
            replays: RwSignal::default(),
            problem: RwSignal::default(),
            busy: RwSignal::default(),
            story: RwSignal::default(),
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

    /// While a replay or a story is under way, another is not begun, however fast the presses come.
    pub fn ask(&self, ask: OutageAsk) {
        if !self.able.get_untracked() {
            return;
        }
        if matches!(ask, OutageAsk::Replay | OutageAsk::Story { .. }) {
            if self.busy.get_untracked() {
                return;
            }
            self.busy.set(true);
        }
        self.ask.with_value(|handler| handler(ask));
    }
}

/// The room that this visitor's outages are tried in: nobody else is told its name.
pub fn own_room(user: UserId) -> String {
    let digits = user.0.simple().to_string();
    format!("outage-{}", digits.get(8..).unwrap_or_default())
}
