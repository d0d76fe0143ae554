//! The supervisor of live updates. It never gives up.
//!
//! An `EventSource` reconnects by itself after some failures only: an HTTP error ends it for good, and a thawed page
//! may find it dead without a word. So here every failure ends a stream, silence counts as failure, and the next
//! stream goes on where the last one ended.
//!
//! Over HTTP/1.1 a browser opens six connections to a host, so one stream per tab would stop the seventh from
//! loading. The tab that holds the lock reads the stream for all tabs of its room and passes it on. Without locks
//! every visible tab reads its own.

mod stream;

use std::rc::Rc;

use protocol::allowance::Allowance;
use protocol::backoff::Backoff;

use crate::channel::Channel;
use crate::clock;
use crate::locks::{How, Lock, Turn};
use stream::Stream;
pub(crate) use stream::{Bulletin, News};

/// The server's heartbeat comes every 15 s: two missed ones and a little mean that nobody is there.
const SILENCE_MS: u64 = 35_000;

/// A feed should catch up soon after the server is back.
const BACKOFF: Backoff = Backoff { base_ms: 500, cap_ms: 8_000, floor_ms: 200 };

/// What reaches the supervisor from outside.
#[derive(Clone, Debug)]
pub(crate) enum LiveEvent {
    Heard(Bulletin),
    Turn(Turn),
    /// Another tab asks whether somebody reads the stream.
    Asked,
}

pub(crate) struct Live {
    room: String,
    /// The change cursor to go on from; empty starts from the present.
    cursor: String,
    tell: Rc<dyn Fn(LiveEvent)>,
    channel: Option<Channel>,
    seat: Seat,
    stream: Option<Stream>,
    /// How many streams were opened; the number of the last one.
    opened: u32,
    is_open: bool,
    failures: u32,
    /// How often the lock may be asked for.
    turns: Allowance,
    /// On the monotonic clock: when silence becomes failure, or when to try again.
    deadline: Option<u64>,
}

/// Who reads the stream.
enum Seat {
    Stopped,
    /// Another tab reads it, as long as it is heard of; this one waits for its turn.
    Follower(Lock),
    /// This tab reads it for all.
    Reader(#[expect(dead_code, reason = "held so that no other tab reads")] Lock),
    /// There are no locks: this tab reads for itself.
    Alone,
}

impl Live {
    pub(crate) fn new(room: String, cursor: String, tell: impl Fn(LiveEvent) + 'static) -> Self {
        Self {
            room,
            cursor,
            tell: Rc::new(tell),
            channel: None,
            seat: Seat::Stopped,
            stream: None,
            opened: 0,
            is_open: false,
            failures: 0,
            turns: Allowance::new(10, 5_000),
            deadline: None,
        }
    }

    /// When [`Live::tend`] is due, on the monotonic clock.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.deadline
    }

    /// Takes part: at the start, and when the page is shown again.
    pub(crate) fn start(&mut self) {
        if !matches!(self.seat, Seat::Stopped) {
            return;
        }
        let tell = self.tell.clone();
        self.channel = Channel::open(&self.name(), move |text| match serde_json::from_str(&text) {
            Ok(bulletin) => tell(LiveEvent::Heard(bulletin)),
            Err(_) => tell(LiveEvent::Asked),
        });
        if self.channel.is_some() && self.turns.take(clock::monotonic_ms()) {
            self.ask(How::Queue);
        } else {
            // Without a channel a tab that follows would hear nothing; and a lock that is lost again and again is none.
            self.seat = Seat::Alone;
        }
        match self.seat {
            Seat::Follower(_) => {
                self.say("?");
                self.deadline = Some(clock::monotonic_ms() + SILENCE_MS);
            }
            _ => self.open(),
        }
    }

    /// Stops: an open channel, a held lock or a stream would keep the page out of the back/forward cache.
    pub(crate) fn stop(&mut self) {
        self.channel = None;
        self.stream = None;
        self.seat = Seat::Stopped;
        self.is_open = false;
        self.deadline = None;
    }

    /// Without locks a hidden tab stops, for the sake of the visible ones.
    pub(crate) fn hidden(&mut self) {
        if matches!(self.seat, Seat::Alone) {
            self.stop();
        }
    }

    /// A good moment to look whether the stream is there: the page is shown again, or the browser is online.
    pub(crate) fn wake(&mut self) {
        match self.seat {
            Seat::Stopped => self.start(),
            Seat::Reader(_) | Seat::Alone if self.stream.is_none() => {
                self.deadline = Some(clock::monotonic_ms())
            }
            Seat::Follower(_) | Seat::Reader(_) | Seat::Alone => {}
        }
    }

    /// Does what is due: opens the next stream, or gives up on one that is silent.
    pub(crate) fn tend(&mut self) -> Option<News> {
        if self.deadline.is_none_or(|deadline| clock::monotonic_ms() < deadline) {
            return None;
        }
        match self.seat {
            Seat::Stopped => {
                self.deadline = None;
                None
            }
            Seat::Follower(_) => {
                // A reader that is frozen holds the lock and says nothing.
                self.ask(How::Steal);
                self.deadline = Some(clock::monotonic_ms() + SILENCE_MS);
                self.is_open.then(|| self.lost())
            }
            Seat::Reader(_) | Seat::Alone if self.stream.is_none() => {
                self.open();
                None
            }
            Seat::Reader(_) | Seat::Alone => {
                let bulletin = self.bulletin("error");
                self.handle(LiveEvent::Heard(bulletin))
            }
        }
    }

    pub(crate) fn handle(&mut self, event: LiveEvent) -> Option<News> {
        match event {
            LiveEvent::Turn(Turn::Granted) => {
                let Seat::Follower(lock) = std::mem::replace(&mut self.seat, Seat::Stopped) else {
                    return None;
                };
                self.seat = Seat::Reader(lock);
                self.open();
                None
            }
            LiveEvent::Turn(Turn::Gone) => {
                // Another tab thought this one dead.
                self.stop();
                self.start();
                None
            }
            LiveEvent::Asked => {
                if self.stream.is_some() && self.is_open {
                    self.pass_on(&self.bulletin("ping"));
                }
                None
            }
            LiveEvent::Heard(bulletin) => self.hear(&bulletin),
        }
    }

    fn hear(&mut self, bulletin: &Bulletin) -> Option<News> {
        let reads = self.stream.is_some();
        if matches!(self.seat, Seat::Stopped) || (reads && bulletin.stream != self.opened) {
            return None;
        }
        if reads {
            self.pass_on(bulletin);
        }
        self.deadline = Some(clock::monotonic_ms() + SILENCE_MS);
        if !bulletin.cursor.is_empty() {
            self.cursor.clone_from(&bulletin.cursor);
        }
        match bulletin.news()? {
            News::Lost => Some(self.lost()),
            // To be told anything is to be connected, also for a tab that follows.
            News::Ping if !self.is_open => {
                self.is_open = true;
                Some(News::Open)
            }
            news => {
                self.is_open = true;
                self.failures = 0;
                Some(news)
            }
        }
    }

    fn lost(&mut self) -> News {
        self.is_open = false;
        if !matches!(self.seat, Seat::Follower(_)) {
            self.stream = None;
            let wait = BACKOFF.delay(self.failures, clock::random());
            self.failures = self.failures.saturating_add(1);
            self.deadline = Some(clock::monotonic_ms() + wait);
        }
        News::Lost
    }

    fn open(&mut self) {
        self.opened += 1;
        let tell = self.tell.clone();
        let tell = Rc::new(move |bulletin| tell(LiveEvent::Heard(bulletin)));
        let room = js_sys::encode_uri_component(&self.room);
        let after = js_sys::encode_uri_component(&self.cursor);
        let url = if self.cursor.is_empty() {
            format!("/api/rooms/{room}/events")
        } else {
            format!("/api/rooms/{room}/events?after={after}")
        };
        self.stream = Stream::open(&url, self.opened, tell);
        self.deadline = Some(clock::monotonic_ms() + SILENCE_MS);
    }

    fn ask(&mut self, how: How) {
        let tell = self.tell.clone();
        let lock = Lock::ask(&self.name(), how, move |turn| tell(LiveEvent::Turn(turn)));
        self.seat = lock.map_or(Seat::Alone, Seat::Follower);
    }

    /// The name of the lock and of the channel: tabs that show the same room share a stream.
    fn name(&self) -> String {
        format!("live-{}", self.room)
    }

    fn bulletin(&self, name: &str) -> Bulletin {
        let (name, cursor) = (name.to_owned(), self.cursor.clone());
        Bulletin { name, data: String::new(), cursor, stream: self.opened }
    }

    fn pass_on(&self, bulletin: &Bulletin) {
        if let Ok(text) = serde_json::to_string(bulletin) {
            self.say(&text);
        }
    }

    fn say(&self, text: &str) {
        if let Some(channel) = &self.channel {
            channel.tell(text);
        }
    }
}
