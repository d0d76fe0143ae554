//! Everything at once: two tabs, their storage and lock, the network, the server, and both clocks.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use protocol::fault::SplitMix64;
use protocol::key::PostId;
use protocol::outbox::{Event, Item, NoAnswer, SessionId, Try};
use protocol::time::{Millis, Now};
use protocol::user::UserId;
use protocol::wire::CreateBody;
use uuid::Uuid;

use crate::network::{Network, Packet};
use crate::reference::{ME, Server, Trouble};
use crate::tab::{Storage, Tab};

/// How a driver or a machine can be wrong; the invariants must notice each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sabotage {
    None,
    /// A retry goes out under a new id.
    NewIdOnRetry,
    /// The row is removed when it is sent, not when it is answered.
    DropBeforeAnswer,
    /// The request goes out before the row says so.
    SendBeforeSave,
    /// A retry sends an edited text under the old id.
    EditOnRetry,
    /// No answer is taken for success.
    TrustSilence,
    /// Rows are written over whatever is there.
    IgnoreConflicts,
    /// A 404 of something else is taken for the server's.
    TrustStrangers,
    /// Requests do not say whose they are.
    SendAsWhoever,
    /// Receipts are removed with the next attempt.
    DropReceiptsEarly,
}

/// One thing that the user wanted posted.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) content: String,
    pub(crate) room: &'static str,
    pub(crate) owner: UserId,
    /// The tab that it was written in, and the how-manieth it is.
    pub(crate) tab: usize,
    pub(crate) seq: u64,
}

pub(crate) struct World {
    pub(crate) random: SplitMix64,
    pub(crate) now: Now,
    pub(crate) storage: Storage,
    pub(crate) tabs: [Option<Tab>; 2],
    pub(crate) network: Network,
    pub(crate) server: Server,
    pub(crate) trouble: Trouble,
    pub(crate) sabotage: Sabotage,
    pub(crate) intents: BTreeMap<PostId, Intent>,
    /// The first body sent under each id, and whether a create was ever sent.
    pub(crate) sent: BTreeMap<PostId, String>,
    /// Ids sent with a second content.
    pub(crate) two_contents: BTreeSet<PostId>,
    /// Intents whose order no longer binds: they stepped aside, or the log was lost on the way.
    pub(crate) stepped_aside: BTreeSet<PostId>,
    /// Intents that are not durable: not yet, or no longer since the user cleared the browser's data.
    pub(crate) not_durable: BTreeSet<PostId>,
    /// Intents that were there when the browser's data was cleared: what was decided about them is lost.
    pub(crate) ever_cleared: BTreeSet<PostId>,
    /// Receipts that were removed in time.
    pub(crate) receipts: BTreeMap<PostId, Item>,
    /// Rows that were removed though no receipt.
    pub(crate) removed_early: BTreeSet<PostId>,
    /// Whose session the browser's cookie is.
    pub(crate) cookie: UserId,
    pub(crate) clock_was_set: bool,
    pub(crate) locks: bool,
    confirm_seen: bool,
    pub(crate) lock: Option<SessionId>,
    pub(crate) waiters: VecDeque<SessionId>,
    sessions: u128,
}

impl World {
    pub(crate) fn new(seed: u64, sabotage: Sabotage) -> Self {
        let mut random = SplitMix64::new(seed);
        let locks = random.below(4) > 0;
        let confirm_seen = random.below(2) > 0;
        let mut world = Self {
            random,
            now: Now { monotonic_ms: 0, wall_ms: 1_600_000_000_000 },
            storage: Storage::default(),
            tabs: [None, None],
            network: Network::default(),
            server: Server::default(),
            trouble: Trouble::None,
            sabotage,
            intents: BTreeMap::new(),
            sent: BTreeMap::new(),
            two_contents: BTreeSet::new(),
            stepped_aside: BTreeSet::new(),
            not_durable: BTreeSet::new(),
            ever_cleared: BTreeSet::new(),
            receipts: BTreeMap::new(),
            removed_early: BTreeSet::new(),
            cookie: ME,
            clock_was_set: false,
            locks,
            confirm_seen,
            lock: None,
            waiters: VecDeque::new(),
            sessions: 0,
        };
        world.open(0);
        world
    }

    pub(crate) fn mint(&mut self) -> PostId {
        let bits = self.random.next_u64().to_be_bytes();
        let mut random = [0; 10];
        random[..8].copy_from_slice(&bits);
        PostId::mint(self.now.wall_ms, random)
    }

    pub(crate) fn open(&mut self, place: usize) {
        if self.tabs[place].is_none() {
            self.sessions += 1;
            let session = SessionId(Uuid::from_u128(self.sessions));
            let rows = self.storage.rows.values().cloned().collect();
            self.tabs[place] = Some(Tab::open(session, self.cookie, self.confirm_seen, rows, self.now));
        }
    }

    /// All that the tab had in memory is lost; the browser lets go of its lock.
    pub(crate) fn crash(&mut self, place: usize) {
        if let Some(tab) = self.tabs[place].take() {
            self.resign(tab.session);
        }
    }

    /// The user presses *Post*: one transaction, then the tab hears of it.
    pub(crate) fn post(&mut self, place: usize, room: &'static str) {
        let Some(owner) = self.tabs[place].as_ref().map(|tab| tab.user) else { return };
        let id = self.mint();
        let content = format!("post {}", self.intents.len());
        self.storage.seq += 1;
        let body = CreateBody { content: content.clone(), image_id: None, room: Some(room.to_owned()) };
        let item = Item::new(id, owner, body, self.storage.seq, self.now.wall_ms);
        self.storage.rows.insert(id, item.clone());
        self.intents.insert(id, Intent { content, room, owner, tab: place, seq: self.storage.seq });
        self.tell(place, Event::Enqueued(item));
    }

    /// The user wants the text of `old` posted as another post, with a text of its own.
    pub(crate) fn post_as_new(&mut self, place: usize, old: PostId) {
        let Some(tab) = &self.tabs[place] else { return };
        // The machine knows another identity only once it has been told.
        let told = tab.inbox.iter().any(|event| matches!(event, Event::Identity(_)));
        if tab.outbox.item(old).is_none_or(Item::is_receipt) || told {
            return;
        }
        let owner = tab.user;
        let new = self.mint();
        let content = format!("post {}", self.intents.len());
        let body = CreateBody { content: content.clone(), image_id: None, room: Some("lobby".to_owned()) };
        self.intents.insert(new, Intent { content, room: "lobby", owner, tab: place, seq: 0 });
        // Until its row is durable the intent is still the old item's; and its place in the order is its own.
        self.not_durable.insert(new);
        self.stepped_aside.insert(new);
        self.tell(place, Event::PostAsNew { old, new, body: Some(body) });
    }

    pub(crate) fn tell(&mut self, place: usize, event: Event) {
        if let Some(tab) = &mut self.tabs[place] {
            tab.inbox.push_back(event);
        }
    }

    /// A frozen tab does nothing, and keeps what it holds.
    pub(crate) fn freeze(&mut self, place: usize, frozen: bool) {
        if let Some(tab) = &mut self.tabs[place] {
            tab.frozen = frozen;
            tab.tick(self.now);
        }
    }

    pub(crate) fn advance(&mut self, ms: Millis) {
        self.now.monotonic_ms += ms;
        self.now.wall_ms += ms;
        for tab in self.tabs.iter_mut().flatten() {
            tab.tick(self.now);
        }
    }

    /// One packet arrives.
    pub(crate) fn deliver(&mut self, draw: u64) {
        match self.network.take(draw) {
            Some(Packet::Request { from, of, ask }) => {
                let mut answer = self.server.answer(&ask, self.trouble);
                if self.sabotage == Sabotage::TrustStrangers && self.trouble == Trouble::Intercepted(404) {
                    answer = self.server.pretended_404();
                }
                self.network.push(Packet::Reply { to: from, of, answer });
            }
            Some(Packet::Reply { to, of, answer }) => {
                let late = self.random.below(2) > 0;
                if let Some(tab) = self.tabs.iter_mut().flatten().find(|tab| tab.session == to)
                    && (tab.fetches.remove(&of).is_some() || late)
                {
                    tab.inbox.push_back(Event::Answered { of, answer });
                }
            }
            None => {}
        }
    }

    /// One packet is lost; half the time the browser notices that the connection is cut.
    pub(crate) fn lose(&mut self, draw: u64) {
        let (session, of) = match self.network.take(draw) {
            Some(Packet::Request { from, of, .. }) => (from, of),
            Some(Packet::Reply { to, of, .. }) => (to, of),
            None => return,
        };
        let noticed = self.random.below(2) > 0;
        self.cut(session, of, noticed);
    }

    fn cut(&mut self, session: SessionId, of: Try, noticed: bool) {
        if let Some(tab) = self.tabs.iter_mut().flatten().find(|tab| tab.session == session)
            && noticed
            && tab.fetches.remove(&of).is_some()
        {
            tab.inbox.push_back(Event::NoAnswer { of, how: NoAnswer::Network });
        }
    }

    /// The user clears the browser's data while tabs are open.
    pub(crate) fn clear_storage(&mut self) {
        self.not_durable.extend(self.intents.keys());
        self.ever_cleared.extend(self.intents.keys());
        self.storage.rows.clear();
    }

    pub(crate) fn holds_lock(&self) -> bool {
        self.lock.is_some()
    }
}
