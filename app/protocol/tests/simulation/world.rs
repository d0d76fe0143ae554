//! Everything at once: two tabs, their storage and lock, the network, the server, and both clocks.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use protocol::fault::SplitMix64;
use protocol::key::PostId;
use protocol::outbox::{Event, Item, NoAnswer, SessionId, Try};
use protocol::time::{Millis, Now};
use protocol::user::UserId;
use uuid::Uuid;

use crate::disk::{Disk, Press, Rows, Weather};
use crate::network::{Network, Packet};
use crate::reference::{ME, Server, Trouble};
use crate::sabotage::Sabotage;
use crate::tab::{Happening, Tab};

/// One thing that the user wanted posted.
#[derive(Clone, Debug)]
pub(crate) struct Intent {
    pub(crate) content: String,
    pub(crate) room: &'static str,
    /// Whose it is by its last row, and by any.
    pub(crate) owner: UserId,
    pub(crate) owners: BTreeSet<UserId>,
    /// The tab that it was written in, and the how-manieth it is; 0 before it is anywhere.
    pub(crate) tab: usize,
    pub(crate) seq: u64,
    /// The page that took it off the composer.
    pub(crate) session: Option<SessionId>,
    /// Whether it came by a composer, which keeps the text until it is accepted.
    pub(crate) pressed: bool,
}

impl Intent {
    pub(crate) fn new(press: &Press, owner: UserId, tab: usize) -> Self {
        let Press { content, room, .. } = press.clone();
        let owners = BTreeSet::from([owner]);
        Self { content, room, owner, owners, tab, seq: 0, session: None, pressed: true }
    }
}

pub(crate) struct World {
    pub(crate) random: SplitMix64,
    pub(crate) now: Now,
    pub(crate) disk: Disk,
    /// What pages without storage wrote down in the second place.
    pub(crate) rescue: BTreeMap<SessionId, Vec<Item>>,
    /// The composer's text of a page that is gone, for the next page of the same tab.
    pub(crate) drafts: [Option<Press>; 2],
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
    /// Intents that the outbox owes the user: a row says so, or a composer was emptied.
    pub(crate) accepted: BTreeSet<PostId>,
    /// Intents that are lost and cannot be held against anybody: the user cleared the only place that held them, or
    /// the only tab that held them crashed.
    pub(crate) excused: BTreeSet<PostId>,
    /// Ids whose text was changed after storage had refused their press.
    pub(crate) edited: BTreeSet<PostId>,
    /// Intents that were settled at some time, and when first by the wall clock.
    pub(crate) settled: BTreeMap<PostId, Millis>,
    /// Intents sent by a tab that had to do without storage, so that no other tab could know.
    pub(crate) sent_from_memory: BTreeSet<PostId>,
    /// Rows that a newer version of the page wrote.
    pub(crate) newer: BTreeMap<PostId, Item>,
    /// Items taken from a tab whose lease was not over.
    pub(crate) leases_broken: BTreeSet<PostId>,
    /// A request that should have waited.
    pub(crate) unrestrained: Option<String>,
    /// Presses that became rows.
    pub(crate) presses: u64,
    /// Intents that were there when the browser's data was cleared: what was decided about them is lost.
    pub(crate) ever_cleared: BTreeSet<PostId>,
    /// Receipts that were removed in time.
    pub(crate) receipts: BTreeMap<PostId, Item>,
    /// Rows that were removed though no receipt.
    pub(crate) removed_early: BTreeSet<PostId>,
    /// Whose session the browser's cookie is.
    pub(crate) cookie: UserId,
    pub(crate) clock_was_set: bool,
    /// Whether nothing is ever wrong with storage, other than that its rows are cleared.
    pub(crate) calm: bool,
    pub(crate) locks: bool,
    confirm_seen: bool,
    pub(crate) lock: Option<SessionId>,
    pub(crate) waiters: VecDeque<SessionId>,
    sessions: u128,
}

impl World {
    pub(crate) fn new(seed: u64, sabotage: Sabotage, calm: bool) -> Self {
        let mut random = SplitMix64::new(seed);
        let locks = random.below(4) > 0;
        let confirm_seen = random.below(2) > 0;
        let mut world = Self {
            random,
            now: Now { monotonic_ms: 0, wall_ms: 1_600_000_000_000 },
            disk: Disk::default(),
            rescue: BTreeMap::new(),
            drafts: [None, None],
            tabs: [None, None],
            network: Network::default(),
            server: Server::default(),
            trouble: Trouble::None,
            sabotage,
            intents: BTreeMap::new(),
            sent: BTreeMap::new(),
            two_contents: BTreeSet::new(),
            stepped_aside: BTreeSet::new(),
            accepted: BTreeSet::new(),
            excused: BTreeSet::new(),
            edited: BTreeSet::new(),
            settled: BTreeMap::new(),
            sent_from_memory: BTreeSet::new(),
            newer: BTreeMap::new(),
            leases_broken: BTreeSet::new(),
            unrestrained: None,
            presses: 0,
            ever_cleared: BTreeSet::new(),
            receipts: BTreeMap::new(),
            removed_early: BTreeSet::new(),
            cookie: ME,
            clock_was_set: false,
            calm,
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

    /// The two clocks as the machines are told them.
    pub(crate) fn clock(&self) -> Now {
        let trusting = self.sabotage == Sabotage::TrustWallClock;
        let monotonic_ms = if trusting { self.now.wall_ms } else { self.now.monotonic_ms };
        Now { monotonic_ms, ..self.now }
    }

    pub(crate) fn open(&mut self, place: usize) {
        if self.tabs[place].is_some() {
            return;
        }
        self.sessions += 1;
        let session = SessionId(Uuid::from_u128(self.sessions));
        let mut tab = Tab::new(session, self.cookie, self.confirm_seen, self.clock());
        tab.composer = self.drafts[place].take();
        let answers = !matches!(self.disk.weather, Weather::Away | Weather::Stalled);
        if !answers {
            tab.memory = Some(Rows::default());
            tab.was_in_memory = true;
            tab.is_blind = true;
            tab.closed = true;
            tab.return_at = Some(self.now.monotonic_ms);
        }
        self.tabs[place] = Some(tab);
        let rows = if answers { self.disk.rows.all() } else { Vec::new() };
        let rows = if self.rescue.is_empty() { rows } else { self.take_in(place, rows) };
        self.tell(place, Event::Loaded(rows));
    }

    /// All that the tab had in memory is lost, but for the draft; the browser lets go of its lock.
    pub(crate) fn crash(&mut self, place: usize) {
        let Some(tab) = self.tabs[place].take() else { return };
        let session = tab.session;
        // The next page finds what this one kept in the second place, but not before all that was written since.
        self.stepped_aside.extend(tab.memory.iter().flat_map(|rows| rows.0.keys()));
        self.drafts[place] = tab.composer;
        if self.disk.pending.iter().any(|(asking, ..)| *asking == session) {
            let committed = self.random.below(2) > 0;
            self.disk.pending.retain(|(asking, ..)| committed || *asking != session);
        }
        self.resign(session);
        self.excuse_what_is_nowhere();
    }

    /// What no place holds any more is gone, and nobody could help it.
    fn excuse_what_is_nowhere(&mut self) {
        let nowhere = self.intents.keys().filter(|id| !self.is_somewhere(**id));
        let lost: Vec<PostId> = nowhere.copied().collect();
        self.excused.extend(lost);
    }

    /// Whether any place holds the post or its text, other than a receipt in some tab's memory.
    pub(crate) fn is_somewhere(&self, id: PostId) -> bool {
        let written = |press: &Option<Press>| press.as_ref().is_some_and(|press| press.id == id);
        self.disk.rows.0.contains_key(&id)
            || self.receipts.contains_key(&id)
            || self.tabs.iter().flatten().any(|tab| tab.holds(id) || written(&tab.composer))
            || self.rescue.values().flatten().any(|item| item.id == id)
            || self.drafts.iter().any(written)
    }

    pub(crate) fn tell(&mut self, place: usize, event: Event) {
        if let Some(tab) = &mut self.tabs[place] {
            tab.tell(event);
        }
    }

    /// A frozen tab does nothing, and keeps what it holds.
    pub(crate) fn freeze(&mut self, place: usize, frozen: bool) {
        let clock = self.clock();
        if let Some(tab) = &mut self.tabs[place] {
            tab.frozen = frozen;
            tab.tick(self.now, clock);
        }
    }

    pub(crate) fn advance(&mut self, ms: Millis) {
        self.now.monotonic_ms += ms;
        self.now.wall_ms += ms;
        let clock = self.clock();
        for tab in self.tabs.iter_mut().flatten() {
            tab.tick(self.now, clock);
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
                    tab.tell(Event::Answered { of, answer });
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
            tab.tell(Event::NoAnswer { of, how: NoAnswer::Network });
        }
    }

    /// The user clears the browser's data while tabs are open: what a tab still holds comes back.
    pub(crate) fn clear_storage(&mut self) {
        self.ever_cleared.extend(self.intents.keys());
        self.disk.rows.0.clear();
        // What a newer version wrote was left to it.
        self.excused.extend(self.newer.keys());
        self.newer.clear();
        self.rescue.clear();
        self.drafts = [None, None];
        self.excuse_what_is_nowhere();
    }

    /// The browser closes the connections to storage; `told` where it says so.
    pub(crate) fn close_storage(&mut self, told: bool) {
        for tab in self.tabs.iter_mut().flatten() {
            tab.closed = true;
            if told {
                tab.inbox.push_back(Happening::StorageClosed);
            }
        }
    }

    /// A newer version of the page writes the row in a shape of its own.
    pub(crate) fn renew(&mut self, id: PostId) {
        let Some(row) = self.disk.rows.0.get_mut(&id).filter(|row| !row.is_receipt()) else { return };
        row.version = Item::VERSION + 1;
        row.revision += 1;
        self.newer.insert(id, row.clone());
        // Nobody here can send it, so it holds nobody up.
        self.stepped_aside.insert(id);
    }

    pub(crate) fn holds_lock(&self) -> bool {
        self.lock.is_some()
    }
}
