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

use app::outbox_handle::{Keeping, OutboxHandle};
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender};
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use protocol::key::PostId;
use protocol::outbox::{Config, Event, Leadership, Outbox, SessionId, Try, Wake};

use web_sys::AbortController;

use crate::browser;
use crate::channel::Channel;
use crate::clock;
use crate::draft::Desk;
use crate::feed::Feed;
use crate::locks::{Lock, Turn};
use crate::page::Page;
use crate::storage::{Storage, Unreadable};
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
    /// On the newest page of a room.
    feed: Option<Feed>,
    /// Whether leaving the page would lose something.
    unsaved: Rc<Cell<bool>>,
    asked_to_persist: bool,
    /// Requests that are not answered yet.
    under_way: Rc<RefCell<BTreeMap<Try, AbortController>>>,
    /// How often the database had to be opened again.
    reopened: u32,
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
        let (storage, keeping) = match Storage::open().await {
            Ok(storage) => (storage, Keeping::Durable),
            Err(why) => (Storage::in_memory([]), Keeping::Memory(format!("The reason: {why}."))),
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
            feed,
            unsaved: unsaved.clone(),
            asked_to_persist: false,
            under_way: Rc::default(),
            reopened: 0,
            renew_at: None,
            renewals_failed: 0,
            next_paint: None,
        };
        browser::guard_leaving(unsaved);
        let tell = driver.tell.clone();
        browser::listen(move |hint| say(&tell, Happening::Hint(hint)));
        driver.watch_storage();
        driver.open_desk().await;
        driver.join();
        driver.tend_feed();
        let rows = driver.look().await;
        driver.feed(Event::Loaded(rows)).await;
        if !browser::is_online() {
            driver.feed(Event::Woken(Wake::Offline)).await;
        }
        driver
    }

    /// Takes up a draft, on a page with a composer.
    async fn open_desk(&mut self) {
        let Some(room) = self.page.room.clone() else { return };
        if let Some((desk, content)) = Desk::open(room, &self.storage).await {
            self.handle.draft_id.set(Some(desk.id));
            self.handle.draft_text.set(content);
            self.desk = Some(desk);
        }
    }

    /// Joins the other tabs: at the start, and when the page returns.
    fn join(&mut self) {
        let tell = self.tell.clone();
        self.channel = Channel::open("outbox", move |text| {
            if text == LOOK_AGAIN {
                say(&tell, Happening::Machine(Box::new(Event::LookAgain)));
            }
        });
        if let Some(feed) = &mut self.feed {
            feed.live.start();
        }
    }

    /// The moment that the next turn is due, on the monotonic clock.
    fn deadline(&self) -> Option<u64> {
        let live = self.feed.as_ref().and_then(|feed| feed.live.deadline());
        [self.outbox.next_wake(), live, self.renew_at, self.next_paint].into_iter().flatten().min()
    }

    async fn on_time(&mut self) {
        let now = clock::monotonic_ms();
        if self.outbox.next_wake().is_some_and(|wake| wake <= now) {
            self.feed(Event::Woken(Wake::Timer)).await;
        }
        if self.renew_at.is_some_and(|at| at <= now) {
            self.renew_identity();
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
            Happening::IdentityRead(user) => self.on_identity(user).await,
            Happening::StorageClosed { newer } => self.on_storage_closed(newer).await,
        }
    }
}

/// Tells the loop. Once the page is gone nobody listens.
pub(crate) fn say(tell: &Teller, happening: Happening) {
    let _ = tell.unbounded_send(happening);
}
