//! One tab: the machine, and a driver that obeys it step by step, so that a crash can fall between any two.

use std::collections::{BTreeMap, VecDeque};

use protocol::allowance::Allowance;
use protocol::key::PostId;
use protocol::outbox::{Command, Config, Event, NoAnswer, Outbox, Request, SessionId, Try, Wake};
use protocol::time::{Millis, Now};
use protocol::user::UserId;

use crate::disk::{Failure, Outcome, Press, Rows, Work};
use crate::restraint::Restraint;

/// How long storage may be silent before the tab goes on without it.
pub(crate) const SILENCE_MS: Millis = 8_000;

#[derive(Debug)]
pub(crate) struct Tab {
    pub(crate) session: SessionId,
    /// Whose session the page believes it has.
    pub(crate) user: UserId,
    pub(crate) outbox: Outbox,
    /// What happened and was not handled yet.
    pub(crate) inbox: VecDeque<Happening>,
    /// What came of the last commands, which goes before.
    pub(crate) follow_ups: VecDeque<Event>,
    /// What is still to be carried out, in order.
    pub(crate) todo: VecDeque<Todo>,
    /// Requests under way, and when each is given up.
    pub(crate) fetches: BTreeMap<Try, Millis>,
    pub(crate) frozen: bool,
    /// What storage was asked for: the driver does nothing else meanwhile.
    pub(crate) waiting: Option<Waiting>,
    /// The rows of a tab that has to do without storage.
    pub(crate) memory: Option<Rows>,
    /// Whether it ever had to do without storage, and whether it has never read it.
    pub(crate) was_in_memory: bool,
    pub(crate) is_blind: bool,
    /// Whether its connection to storage is closed.
    pub(crate) closed: bool,
    pub(crate) reopenings: Allowance,
    /// When storage is tried again (monotonic).
    pub(crate) return_at: Option<Millis>,
    /// The text of the composer, until its press is decided.
    pub(crate) composer: Option<Press>,
    pub(crate) restraint: Restraint,
}

/// Something happened to the driver.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are events, and an inbox is short")]
pub(crate) enum Happening {
    Machine(Event),
    Pressed(Press),
    /// The connection was closed from outside.
    StorageClosed,
    /// It is time to try storage again.
    TryStorage,
}

/// A command, or the second half of a `Send` whose row is durable.
#[derive(Debug)]
pub(crate) enum Todo {
    Obey(Command),
    Fetch(Request),
}

/// A transaction under way.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) number: u64,
    pub(crate) work: Work,
    /// When the tab gives up (monotonic).
    pub(crate) until: Millis,
    pub(crate) outcome: Option<Outcome>,
}

impl Tab {
    pub(crate) fn new(session: SessionId, user: UserId, confirm_seen: bool, now: Now) -> Self {
        let config = Config { confirm_seen, ..Config::default() };
        Self {
            session,
            user,
            outbox: Outbox::new(config, session, user, now),
            inbox: VecDeque::new(),
            follow_ups: VecDeque::new(),
            todo: VecDeque::new(),
            fetches: BTreeMap::new(),
            frozen: false,
            waiting: None,
            memory: None,
            was_in_memory: false,
            is_blind: false,
            closed: false,
            reopenings: Allowance::new(3, 20_000),
            return_at: None,
            composer: None,
            restraint: Restraint::default(),
        }
    }

    pub(crate) fn tell(&mut self, event: Event) {
        self.inbox.push_back(Happening::Machine(event));
    }

    /// Gives the timer where it is due, and gives up on what took too long. `clock` is what the machine is told.
    pub(crate) fn tick(&mut self, now: Now, clock: Now) {
        if self.frozen {
            return;
        }
        if let Some(waiting) = &mut self.waiting
            && waiting.until <= now.monotonic_ms
        {
            waiting.outcome.get_or_insert(Err(Failure::Silent));
        }
        if self.return_at.take_if(|at| *at <= now.monotonic_ms).is_some() {
            self.inbox.push_back(Happening::TryStorage);
        }
        let late: Vec<Try> =
            self.fetches.iter().filter(|(_, at)| **at <= now.monotonic_ms).map(|(of, _)| *of).collect();
        for of in late {
            self.fetches.remove(&of);
            self.tell(Event::NoAnswer { of, how: NoAnswer::Timeout });
        }
        let due = self.outbox.next_wake().is_some_and(|moment| moment <= clock.monotonic_ms);
        let waking =
            |happening: &Happening| matches!(happening, Happening::Machine(Event::Woken(Wake::Timer)));
        if due && !self.inbox.iter().any(waking) {
            self.tell(Event::Woken(Wake::Timer));
        }
    }

    /// Whether its machine knows the item, or is about to be told of it.
    pub(crate) fn knows(&self, id: PostId) -> bool {
        let telling = |happening: &Happening| matches!(happening, Happening::Machine(Event::Enqueued(item)) if item.id == id);
        self.outbox.item(id).is_some() || self.inbox.iter().any(telling)
    }

    /// Whether it has yet to hear that a row of this item was not written.
    pub(crate) fn is_to_hear_of(&self, id: PostId) -> bool {
        let telling = self.inbox.iter().filter_map(|happening| match happening {
            Happening::Machine(event) => Some(event),
            _ => None,
        });
        telling.chain(&self.follow_ups).any(|event| match event {
            Event::Conflict { ours, .. } => ours.id == id,
            Event::NotSent { of, .. } => of.id == id,
            _ => false,
        })
    }

    /// Whether the text of this press would survive everything but the end of the tab.
    pub(crate) fn holds(&self, id: PostId) -> bool {
        let in_memory = self.memory.as_ref().is_some_and(|rows| rows.0.contains_key(&id));
        in_memory || self.outbox.item(id).is_some_and(|item| !item.is_receipt())
    }
}
