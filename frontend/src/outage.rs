//! The outage page's hands: the plug is a fault that this browser's requests carry, and everything else is asked of
//! the server.

use app::outage_handle::{OutageAsk, OutageHandle, Story};
use app::outbox_handle::{Ask, OutboxHandle};
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use protocol::fault::{Fault, FaultPoint, Plan};
use protocol::outage::{LogAnswer, Replayed};
use protocol::wire::FeedPage;
use serde::de::DeserializeOwned;
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;

use crate::{browser, clock, page, transport};

/// Where it is needed.
const PAGES: [&str; 2] = ["/outage", "/tour/9"];

/// Between two looks at the log while something moves, and between two thoughts while nothing does.
const LOOK_MS: u32 = 400;
const REST_MS: u32 = 1_000;

/// How long the server may take over what is asked of the log.
const LIMIT_MS: u64 = 20_000;

/// How many posts one press writes.
const POSTS: usize = 10;

/// Of a thousand replies so many are lost, always by the same seed.
const LOST_PER_MILLE: u16 = 300;
const SEED: u64 = 42;

/// How long a story may wait for its posts, in looks.
const LOOKS: u32 = 150;

const KEPT: &str = "outage.until";

/// A handle that this module serves for as long as the page lives.
pub(crate) fn handle(outbox: OutboxHandle) -> OutageHandle {
    let (tell, asks) = unbounded();
    // Once the page is gone nobody listens.
    let handle = OutageHandle::new(move |ask| drop(tell.unbounded_send(ask)));
    if PAGES.contains(&page::path().as_str()) {
        spawn_local(Outage { handle, outbox, plug: recall(), weather: None }.serve(asks));
    }
    handle
}

/// An outage under way.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Plug {
    /// By the server's clock, in Unix milliseconds.
    until_ms: u64,
    /// The same moment by this device's clock, which may be wrong.
    here_ms: u64,
}

/// What decides which faults requests carry.
type Weather = (Option<u64>, bool, bool);

struct Outage {
    handle: OutageHandle,
    outbox: OutboxHandle,
    plug: Option<Plug>,
    weather: Option<Weather>,
}

impl Outage {
    async fn serve(mut self, mut asks: UnboundedReceiver<OutageAsk>) {
        // Whatever is sent from here on meets the outage that was under way before a reload.
        self.tend();
        if !self.look().await {
            return self
                .handle
                .problem
                .set(Some("This server’s log cannot be read, so nothing can be tried here."));
        }
        // Without a cryptographic source no ids can be minted, and nothing is taken over.
        self.handle.able.set(clock::mint().is_some());
        loop {
            self.tend();
            let pause = if self.is_moving() { LOOK_MS } else { REST_MS };
            match select(asks.next(), TimeoutFuture::new(pause)).await {
                Either::Left((Some(ask), _)) => {
                    self.handle.problem.set(None);
                    self.on(ask).await;
                    // A look that fails is followed by the next one.
                    self.look().await;
                }
                Either::Left((None, _)) => return,
                Either::Right(_) if self.is_moving() && browser::is_visible() => {
                    self.look().await;
                }
                Either::Right(_) => {}
            }
        }
    }

    async fn on(&mut self, ask: OutageAsk) {
        match ask {
            OutageAsk::Pull { seconds } => self.pull(seconds).await,
            OutageAsk::End => self.end().await,
            OutageAsk::Write { room } => {
                self.write(room);
            }
            OutageAsk::Crash => {
                self.ask_log::<LogAnswer>("crash").await;
            }
            OutageAsk::Replay => {
                self.replay().await;
                self.handle.busy.set(false);
            }
            OutageAsk::Story { room } => {
                self.story(room).await;
                self.handle.busy.set(false);
            }
        }
    }

    /// The server's clock says until when; it is asked anew each time.
    async fn pull(&mut self, seconds: u64) {
        let answer = transport::read("/api/capabilities").await.ok();
        let Some(date) = answer.and_then(|answer| answer.date) else {
            return self.handle.problem.set(Some("The server did not answer, so nothing was unplugged."));
        };
        let server_ms = js_sys::Date::parse(&date).max(0.0) as u64;
        let length = seconds * 1_000;
        self.plug = Some(Plug { until_ms: server_ms + length, here_ms: clock::wall_ms() + length });
        keep(self.plug);
        self.tend();
    }

    /// What is sent from here on carries no fault, and what was set aside is let go.
    async fn end(&mut self) {
        self.plug = None;
        keep(None);
        self.tend();
        self.ask_log::<LogAnswer>("release").await;
    }

    /// Writes ten posts through the outbox, and returns their texts.
    fn write(&self, room: String) -> Vec<String> {
        let batch = clock::wall_ms() / 100 % 100_000;
        let texts: Vec<String> =
            (1..=POSTS).map(|number| format!("Post {number} of {POSTS}, batch {batch}")).collect();
        self.outbox.ask(Ask::Write { texts: texts.clone(), room });
        texts
    }

    async fn replay(&self) {
        if let Some(replayed) = self.ask_log::<Replayed>("replay").await {
            self.handle.replays.update(|replays| replays.push(replayed));
        }
    }

    async fn story(&mut self, room: String) {
        self.handle.story.set(None);
        self.handle.replays.update(Vec::clear);
        let known = self.handle.log.with_untracked(|log| log.records.len());
        self.pull(60).await;
        let texts = self.write(room.clone());
        self.until(|log| log.records.len() >= known + POSTS).await;
        self.end().await;
        self.until(|log| log.waiting() == 0).await;
        self.replay().await;
        self.replay().await;
        let rows = rows(&room, &texts).await;
        let replays = self.handle.replays.get_untracked();
        self.handle.story.set(Some(Story { written: texts.len(), rows, replays }));
    }

    /// Looks until the log is as wished, or for as long as anybody would wait.
    async fn until(&mut self, is_so: impl Fn(&LogAnswer) -> bool) {
        for _ in 0..LOOKS {
            self.look().await;
            self.tend();
            if self.handle.log.with_untracked(&is_so) {
                return;
            }
            TimeoutFuture::new(LOOK_MS).await;
        }
        self.handle.problem.set(Some("The log did not get there in time."));
    }

    /// Whether the log could be read.
    async fn look(&self) -> bool {
        let answer = transport::read("/api/lab/log").await.ok().filter(|answer| answer.status == 200);
        let log = answer.and_then(|answer| serde_json::from_str::<LogAnswer>(&answer.body).ok());
        let Some(log) = log else { return false };
        if self.handle.log.with_untracked(|old| *old != log) {
            self.handle.log.set(log);
        }
        true
    }

    /// Asks something of the log; `None` is said on the page.
    async fn ask_log<T: DeserializeOwned>(&self, what: &str) -> Option<T> {
        let path = format!("/api/lab/log/{what}");
        let controller = AbortController::new().ok()?;
        let none: [(&str, String); 0] = [];
        let answer = transport::exchange("POST", &path, &none, None, LIMIT_MS, &controller).await.ok();
        let read = answer.as_ref().filter(|answer| answer.status == 200);
        let read = read.and_then(|answer| serde_json::from_str(&answer.body).ok());
        if read.is_none() {
            let busy = answer.is_some_and(|answer| answer.status == 429);
            self.handle.problem.set(Some(if busy {
                "Somebody else’s replay is under way. Try again in a moment."
            } else {
                "The server did not do it."
            }));
        }
        read
    }

    /// Whether the log may change by itself.
    fn is_moving(&self) -> bool {
        let unsettled =
            |item: &app::outbox_handle::Pending| !matches!(item.state, "posted" | "replayed" | "needs-you");
        self.plug.is_some()
            || self.handle.log.with_untracked(|log| log.waiting() > 0)
            || self.outbox.pending.with_untracked(|items| items.iter().any(unsettled))
    }

    /// Keeps the countdown, and the faults that requests carry.
    fn tend(&mut self) {
        let now = clock::wall_ms();
        self.plug = self.plug.filter(|plug| plug.here_ms > now);
        let left = self.plug.map(|plug| (plug.here_ms - now).div_ceil(1_000));
        if self.handle.left.get_untracked() != left {
            self.handle.left.set(left);
        }
        let lossy = self.handle.lossy.get_untracked();
        let waits = self.handle.log.with_untracked(|log| log.waiting() > 0);
        // A reply can be lost on top of the outage only while this author waits in the log already: a request carries
        // one fault, and the order sends it to the log all the same.
        let weather = (self.plug.map(|plug| plug.until_ms), lossy, lossy && waits);
        if self.weather.unwrap_or_default() != weather {
            self.outbox.weather.set(plan(weather));
        }
        self.weather = Some(weather);
    }
}

fn plan((until_ms, lossy, waits): Weather) -> Plan {
    let away = until_ms.map(|until_ms| Fault { until_ms, ..Fault::at(FaultPoint::DatabaseAway) });
    let lost = (Fault::at(FaultPoint::ReplyLost), LOST_PER_MILLE);
    match away {
        None if lossy => Plan::odds(SEED, vec![lost]),
        None => Plan::Calm,
        Some(away) if waits => Plan::odds(SEED, vec![lost, (away, 1_000 - LOST_PER_MILLE)]),
        Some(fault) => Plan::Next { fault, left: u32::MAX },
    }
}

/// How many rows of the room have one of these texts.
async fn rows(room: &str, texts: &[String]) -> usize {
    let answer = transport::read(&format!("/api/posts?room={room}&limit=100")).await.ok();
    let page = answer.and_then(|answer| serde_json::from_str::<FeedPage>(&answer.body).ok());
    let posts = page.map(|page| page.posts).unwrap_or_default();
    posts.iter().filter(|post| texts.contains(&post.content)).count()
}

/// An outage goes on over a reload of its page.
fn keep(plug: Option<Plug>) {
    let Some(storage) = storage() else { return };
    // A storage that refuses forgets the plug; what is queued is kept elsewhere.
    let _ = match plug {
        Some(plug) => storage.set_item(KEPT, &format!("{},{}", plug.until_ms, plug.here_ms)),
        None => storage.remove_item(KEPT),
    };
}

fn recall() -> Option<Plug> {
    let text = storage()?.get_item(KEPT).ok()??;
    let (until, here) = text.split_once(',')?;
    Some(Plug { until_ms: until.parse().ok()?, here_ms: here.parse().ok()? })
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}
