//! The machine's commands, carried out.

use std::collections::VecDeque;

use leptos::prelude::{GetUntracked, Set};
use protocol::fault::FaultPoint;
use protocol::outbox::{Command, Event, Item, Leadership, NoAnswer, Request};
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;

use crate::clock;
use crate::locks::{How, Lock};
use crate::storage::{Saved, Storage};
use crate::transport;

use super::{Driver, Happening, LOOK_AGAIN, say};

/// The lock of the tab that sends. Safety does not hang on it: the server's unique key decides.
const SENDER: &str = "outbox";

impl Driver {
    /// Tells the machine and does what it says, until nothing follows.
    pub(super) async fn feed(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for command in self.decide(event) {
                events.extend(self.obey(command).await);
            }
        }
    }

    /// The weather is the page's signal: the machine draws from it, and what is left goes back.
    fn decide(&mut self, event: Event) -> Vec<Command> {
        let armed = self.handle.weather.get_untracked();
        if &armed != self.outbox.weather() {
            self.outbox.handle(Event::Weather(armed.clone()), clock::now(), clock::random());
        }
        let commands = self.outbox.handle(event, clock::now(), clock::random());
        if &armed != self.outbox.weather() {
            self.handle.weather.set(self.outbox.weather().clone());
        }
        commands
    }

    async fn obey(&mut self, command: Command) -> Option<Event> {
        match command {
            Command::Save(ours) => match self.keep(&ours).await {
                Saved::Done => None,
                Saved::Conflict(stored) => Some(Event::Conflict { ours, stored }),
            },
            Command::Send { row, request } => {
                if let Some(row) = row
                    && let Saved::Conflict(stored) = self.keep(&row).await
                {
                    return Some(Event::NotSent { of: request.of, stored });
                }
                self.send(request)
            }
            Command::Restore(ours) => match self.restore(&ours).await {
                Saved::Done => None,
                Saved::Conflict(stored) => Some(Event::Conflict { ours, stored }),
            },
            Command::Abort(of) => {
                if let Some(controller) = self.under_way.borrow_mut().remove(&of) {
                    controller.abort();
                }
                None
            }
            Command::Load => Some(Event::Loaded(self.look().await)),
            Command::Remove(rows) => {
                // Rows that stay are told of again when storage is next read.
                let _ = self.storage.remove(&rows).await;
                None
            }
            Command::Record(record) => {
                self.storage.record(&record).await;
                None
            }
            Command::Stored(post) => {
                if let Some(feed) = &mut self.feed {
                    feed.insert(*post);
                }
                None
            }
            Command::Announce => {
                if let Some(channel) = &self.channel {
                    channel.tell(LOOK_AGAIN);
                }
                None
            }
            Command::Lead => self.lead(How::Queue),
            Command::Steal => self.lead(How::Steal),
            Command::Resign => {
                self.lock = None;
                Some(Event::LeaderLost)
            }
            Command::RenewIdentity => {
                self.renew_identity();
                None
            }
        }
    }

    /// Sends in the background: the loop goes on, and hears of the answer.
    fn send(&self, request: Request) -> Option<Event> {
        let of = request.of;
        if request.fault.is_some_and(|fault| fault.point == FaultPoint::RequestLost) {
            return Some(Event::NoAnswer { of, how: NoAnswer::Network });
        }
        let Ok(controller) = AbortController::new() else {
            return Some(Event::NoAnswer { of, how: NoAnswer::Network });
        };
        self.under_way.borrow_mut().insert(of, controller.clone());
        let (tell, under_way) = (self.tell.clone(), self.under_way.clone());
        spawn_local(async move {
            let answer = transport::send(&request, &controller).await;
            // A request that the machine gave up is not reported on.
            if under_way.borrow_mut().remove(&of).is_some() {
                let event = match answer {
                    Ok(answer) => Event::Answered { of, answer },
                    Err(how) => Event::NoAnswer { of, how },
                };
                say(&tell, Happening::Machine(Box::new(event)));
            }
        });
        None
    }

    /// Writes a row, at worst into memory.
    async fn keep(&mut self, item: &Item) -> Saved {
        loop {
            match self.storage.save(item).await {
                Ok(saved) => return self.heeded(saved).await,
                Err(why) => self.fall_back(why).await,
            }
        }
    }

    /// Writes a row that storage has lost.
    async fn restore(&mut self, item: &Item) -> Saved {
        loop {
            match self.storage.restore(item).await {
                Ok(saved) => return self.heeded(saved).await,
                Err(why) => self.fall_back(why).await,
            }
        }
    }

    /// A row that another version has written meanwhile is set aside, and shown as that.
    async fn heeded(&mut self, saved: Saved) -> Saved {
        if let Saved::Conflict(Some(row)) = &saved
            && row.version > Item::VERSION
        {
            self.look().await;
        }
        saved
    }

    /// Every row, those that are set aside among them.
    pub(super) async fn look(&mut self) -> Vec<Item> {
        loop {
            match self.storage.load().await {
                Ok(stored) => {
                    self.unreadable = stored.unreadable;
                    return stored.items;
                }
                Err(why) => self.fall_back(why).await,
            }
        }
    }

    /// Without storage that tabs share there is nothing to take turns at.
    fn lead(&mut self, how: How) -> Option<Event> {
        if let Storage::Memory(_) = self.storage {
            return Some(Event::LeaderGained(Leadership::Lock));
        }
        if !self.leads.take(clock::monotonic_ms()) {
            self.lock = None;
            return Some(Event::LeaderGained(Leadership::Lease));
        }
        let tell = self.tell.clone();
        self.lock = Lock::ask(SENDER, how, move |turn| say(&tell, Happening::Turn(turn)));
        if self.lock.is_some() { None } else { Some(Event::LeaderGained(Leadership::Lease)) }
    }
}
