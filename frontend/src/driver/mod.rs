//! The one loop that obeys the outbox machine.
//!
//! Everything that happens comes in through one channel and is dealt with to its end before the next: the machine
//! decides, its commands are carried out in order, and what comes of them goes back to the machine. There is one
//! timer, set anew after every turn.

mod asks;
mod failing;
mod happening;
mod hints;
mod identity;
mod obey;
mod paint;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use app::outbox_handle::{Keeping, LeftDraft, OutboxHandle};
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender};
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use protocol::allowance::Allowance;
use protocol::key::PostId;
use protocol::outbox::{Config, Event, Leadership, Outbox, SessionId, Try, Wake};
use protocol::user::UserId;
use uuid::Uuid;
use web_sys::AbortController;

use crate::browser::{self, Hint};
use crate::channel::Channel;
use crate::clock;
use crate::draft::{self, Desk};
use crate::feed::Feed;
use crate::locks::{self, Lock, Turn};
use crate::page::Page;
use crate::spent;
use crate::storage::{Draft, Rescue, Storage, Unreadable};
pub(crate) use happening::Happening;

/// The sending half of the loop's channel.
pub(crate) type Teller = UnboundedSender<Happening>;

/// Words between tabs, on the channel `outbox`.
const LOOK_AGAIN: &str = "look again";

pub(crate) struct Driver {
    handle: OutboxHandle,
    tell: Teller,
    page: Page,
    outbox: Outbox,
    storage: Storage,
    unreadable: Vec<Unreadable>,
    /// The lock of the tab that sends, held or waited for.
    lock: Option<Lock>,
    channel: Option<Channel>,
    /// On a page with a composer.
    desk: Option<Desk>,
    /// An item whose text was taken back into the composer: it is given up once the draft is saved.
    taken_back: Option<PostId>,
    /// The last draft whose id turned out to stand for another text, and the id that its text was posted under.
    renamed: Option<(PostId, PostId)>,
    /// On the newest page of a room.
    feed: Option<Feed>,
    /// Whether leaving the page would lose something.
    unsaved: Rc<Cell<bool>>,
    asked_to_persist: bool,
    /// Requests that are not answered yet.
    under_way: Rc<RefCell<BTreeMap<Try, AbortController>>>,
    /// How often a closed database may be opened again at once.
    reopenings: Allowance,
    /// In memory: when storage is tried again, on the monotonic clock, how often that failed, and what was opened.
    return_at: Option<u64>,
    returns_failed: u32,
    opened: Rc<RefCell<Option<Storage>>>,
    /// The second place for unsent texts.
    rescue: Rescue,
    /// Drafts that no tab writes, and the one whose text was taken into the composer.
    left_drafts: Vec<Draft>,
    taken_up: Option<PostId>,
    /// How often the lead and the identity may be asked for: whatever answers in vain must not be asked for ever.
    leads: Allowance,
    renewals: Allowance,
    /// When the lease of the draft is written again, on the monotonic clock.
    lease_at: Option<u64>,
    /// When to ask again whose session this is, on the monotonic clock, and how often that gave nothing.
    renew_at: Option<u64>,
    renewals_failed: u32,
    /// When words change by themselves, on the monotonic clock.
    next_paint: Option<u64>,
}

/// Runs for as long as the page lives. On a page without an identity nothing is taken over.
pub(crate) async fn run(handle: OutboxHandle, tell: Teller, mut happenings: UnboundedReceiver<Happening>) {
    // The page is taken over in a task of its own, and this begins in the next: a press in between is not kept waiting.
    TimeoutFuture::new(0).await;
    let (Some(page), Some(session)) = (Page::read(), clock::session()) else { return };
    let mut driver = Driver::open(handle, tell, page, session).await;
    loop {
        driver.paint();
        let happening = match driver.deadline() {
            None => happenings.next().await,
            Some(deadline) => {
                let wait = deadline.saturating_sub(clock::monotonic_ms());
                let timer = TimeoutFuture::new(u32::try_from(wait).unwrap_or(u32::MAX));
                match select(happenings.next(), timer).await {
                    Either::Left((happening, _)) => happening,
                    Either::Right(_) => {
                        driver.on_time().await;
                        continue;
                    }
                }
            }
        };
        match happening {
            Some(happening) => driver.on(happening).await,
            None => return,
        }
    }
}

impl Driver {
    async fn open(handle: OutboxHandle, tell: Teller, page: Page, session: SessionId) -> Self {
        locks::try_out().await;
        let (storage, keeping) = match Storage::open().await {
            Ok(storage) => (storage, Keeping::Durable),
            Err(why) => (Storage::in_memory([], Vec::new()), Keeping::Memory(format!("The reason: {why}."))),
        };
        handle.keeping.set(keeping);
        let feed = match (&page.room, &page.cursor) {
            (Some(room), Some(cursor)) => {
                let tell = tell.clone();
                Some(Feed::new(room.clone(), cursor.clone(), move |event| say(&tell, Happening::Live(event))))
            }
            _ => None,
        };
        let outbox = Outbox::new(Config::default(), session, page.user_id, clock::now());
        let unsaved = Rc::new(Cell::new(false));
        let mut driver = Self {
            handle,
            tell,
            page,
            outbox,
            storage,
            unreadable: Vec::new(),
            lock: None,
            channel: None,
            desk: None,
            taken_back: None,
            renamed: None,
            feed,
            unsaved: unsaved.clone(),
            asked_to_persist: false,
            under_way: Rc::default(),
            reopenings: Allowance::new(3, 20_000),
            return_at: None,
            returns_failed: 0,
            opened: Rc::default(),
            rescue: Rescue::new(session),
            left_drafts: Vec::new(),
            taken_up: None,
            leads: Allowance::new(20, 5_000),
            renewals: Allowance::new(10, 5_000),
            lease_at: None,
            renew_at: None,
            renewals_failed: 0,
            next_paint: None,
        };
        browser::guard_leaving(unsaved);
        let tell = driver.tell.clone();
        browser::listen(move |hint| {
            if hint == Hint::Left
                && let Some(draft) = handle.draft_id.get_untracked()
            {
                draft::leave(draft);
            }
            say(&tell, Happening::Hint(hint));
        });
        driver.watch_storage();
        if !driver.storage.is_durable() {
            driver.try_to_return_later();
        }
        let rows = driver.look().await;
        let rows = driver.take_in_what_was_left(rows).await;
        spent::forget(&mut driver.storage).await;
        driver.open_desk().await;
        driver.join();
        driver.tell_identity();
        driver.tend_feed();
        driver.feed(Event::Loaded(rows)).await;
        driver.list_drafts().await;
        if !browser::is_online() {
            driver.feed(Event::Woken(Wake::Offline)).await;
        }
        driver
    }

    /// Takes up a draft, on a page with a composer.
    async fn open_desk(&mut self) {
        let Some(room) = self.page.room.clone() else { return };
        if let Some((desk, content)) = Desk::open(room, &mut self.storage).await {
            self.handle.draft_id.set(Some(desk.id));
            self.handle.draft_text.set(content);
            self.desk = Some(desk);
            self.keep_lease().await;
        }
    }

    /// Tells the page of drafts that no tab writes.
    async fn list_drafts(&mut self) {
        let own = self.desk.as_ref().map(|desk| desk.id);
        self.left_drafts = draft::left(own, &self.storage).await;
        let left = self.left_drafts.iter().map(|draft| LeftDraft {
            id: draft.id,
            content: draft.content.clone(),
            room: draft.room.as_str().to_owned(),
        });
        paint::put(self.handle.left_drafts, left.collect());
    }

    /// Joins the other tabs: at the start, and when the page returns.
    fn join(&mut self) {
        let tell = self.tell.clone();
        self.channel = Channel::open("outbox", move |text| {
            if text == LOOK_AGAIN {
                say(&tell, Happening::Machine(Box::new(Event::LookAgain)));
            } else if let Some(user) = text.strip_prefix(identity::IDENTITY)
                && let Ok(user) = Uuid::try_parse(user)
            {
                say(&tell, Happening::IdentityHeard(UserId(user)));
            }
        });
        if let Some(feed) = &mut self.feed {
            feed.live.start();
        }
    }

    /// The moment that the next turn is due, on the monotonic clock.
    fn deadline(&self) -> Option<u64> {
        let live = self.feed.as_ref().and_then(|feed| feed.live.deadline());
        let own = [self.renew_at, self.next_paint, self.return_at, self.lease_at];
        own.into_iter().chain([self.outbox.next_wake(), live]).flatten().min()
    }

    /// A lease tells tabs without locks that this one still writes its draft.
    async fn keep_lease(&mut self) {
        self.lease_at = None;
        if let Some(desk) = &mut self.desk {
            self.lease_at = desk.renew_lease(&mut self.storage).await;
        }
    }

    async fn on_time(&mut self) {
        let now = clock::monotonic_ms();
        if self.outbox.next_wake().is_some_and(|wake| wake <= now) {
            self.feed(Event::Woken(Wake::Timer)).await;
        }
        if self.renew_at.is_some_and(|at| at <= now) {
            self.renew_identity();
        }
        if self.return_at.is_some_and(|at| at <= now) {
            self.try_to_return();
        }
        if self.lease_at.is_some_and(|at| at <= now) {
            self.keep_lease().await;
            // A tab that is closed tells nobody that it has left a draft.
            if browser::is_visible() {
                self.list_drafts().await;
            }
        }
        if let Some(feed) = &mut self.feed
            && let Some(news) = feed.live.tend()
        {
            feed.hear(news);
        }
    }

    async fn on(&mut self, happening: Happening) {
        match happening {
            Happening::Asked(ask) => self.on_ask(ask).await,
            Happening::Machine(event) => self.feed(*event).await,
            Happening::Turn(Turn::Granted) => self.feed(Event::LeaderGained(Leadership::Lock)).await,
            Happening::Turn(Turn::Gone) => {
                self.lock = None;
                self.feed(Event::LeaderLost).await;
            }
            Happening::Hint(hint) => self.on_hint(hint).await,
            Happening::Live(event) => self.on_live(event).await,
            Happening::FeedRead(page) => self.on_feed_read(page).await,
            Happening::IdentityHeard(user) => self.on_identity_heard(user),
            Happening::StorageTried => self.on_storage_tried().await,
            Happening::IdentityRead(user) => self.on_identity(user).await,
            Happening::StorageClosed { newer } => self.on_storage_closed(newer).await,
        }
    }
}

/// Tells the loop. Once the page is gone nobody listens.
pub(crate) fn say(tell: &Teller, happening: Happening) {
    let _ = tell.unbounded_send(happening);
}
