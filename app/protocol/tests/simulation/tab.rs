//! One tab: the machine, and a driver that obeys it step by step, so that a crash can fall between any two.

use std::collections::{BTreeMap, VecDeque};

use protocol::fault::SplitMix64;
use protocol::key::PostId;
use protocol::outbox::{Command, Config, Event, Item, Outbox, Request, SessionId, Try};
use protocol::time::{Millis, Now};
use protocol::user::UserId;

/// What all tabs share: rows, as the browser keeps them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Storage {
    pub(crate) rows: BTreeMap<PostId, Item>,
    pub(crate) seq: u64,
}

impl Storage {
    /// Compare and put: over the revision just before, where 0 is no row.
    pub(crate) fn put(&mut self, row: &Item) -> Result<(), Option<Box<Item>>> {
        let stored = self.rows.get(&row.id);
        if stored.map_or(0, |stored| stored.revision) + 1 != row.revision {
            return Err(stored.cloned().map(Box::new));
        }
        self.rows.insert(row.id, row.clone());
        Ok(())
    }

    /// Put where there is nothing.
    pub(crate) fn add(&mut self, row: &Item) -> Result<(), Option<Box<Item>>> {
        if let Some(stored) = self.rows.get(&row.id) {
            return Err(Some(Box::new(stored.clone())));
        }
        self.rows.insert(row.id, row.clone());
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct Tab {
    pub(crate) session: SessionId,
    /// Whose session the page believes it has.
    pub(crate) user: UserId,
    pub(crate) outbox: Outbox,
    /// What happened and was not handled yet.
    pub(crate) inbox: VecDeque<Event>,
    /// What is still to be carried out, in order.
    pub(crate) todo: VecDeque<Todo>,
    /// Requests under way, and when each is given up.
    pub(crate) fetches: BTreeMap<Try, Millis>,
    pub(crate) frozen: bool,
}

/// A command, or the second half of a `Send` whose row is durable.
#[derive(Debug)]
pub(crate) enum Todo {
    Obey(Command),
    Fetch(Request),
}

impl Tab {
    pub(crate) fn open(
        session: SessionId,
        user: UserId,
        confirm_seen: bool,
        rows: Vec<Item>,
        now: Now,
    ) -> Self {
        let config = Config { confirm_seen, ..Config::default() };
        Self {
            session,
            user,
            outbox: Outbox::new(config, session, user, now),
            inbox: VecDeque::from([Event::Loaded(rows)]),
            todo: VecDeque::new(),
            fetches: BTreeMap::new(),
            frozen: false,
        }
    }

    /// Whether the driver has anything to do.
    pub(crate) fn is_busy(&self) -> bool {
        !self.frozen && (!self.todo.is_empty() || !self.inbox.is_empty())
    }

    /// The next thing to carry out. An event is handled only when all commands of the last one are done.
    pub(crate) fn next(&mut self, now: Now, random: &mut SplitMix64) -> Option<Todo> {
        if self.todo.is_empty() {
            let event = self.inbox.pop_front()?;
            if let Event::Identity(user) = event {
                self.user = user;
            }
            let commands = self.outbox.handle(event, now, random.next_u64());
            self.todo = commands.into_iter().map(Todo::Obey).collect();
        }
        self.todo.pop_front()
    }

    /// Gives the timer where it is due, and gives up on requests that took too long.
    pub(crate) fn tick(&mut self, now: Now) {
        if self.frozen {
            return;
        }
        let late: Vec<Try> =
            self.fetches.iter().filter(|(_, at)| **at <= now.monotonic_ms).map(|(of, _)| *of).collect();
        for of in late {
            self.fetches.remove(&of);
            self.inbox.push_back(Event::NoAnswer { of, how: protocol::outbox::NoAnswer::Timeout });
        }
        let due = self.outbox.next_wake().is_some_and(|moment| moment <= now.monotonic_ms);
        let waking = |event: &Event| matches!(event, Event::Woken(protocol::outbox::Wake::Timer));
        if due && !self.inbox.iter().any(waking) {
            self.inbox.push_back(Event::Woken(protocol::outbox::Wake::Timer));
        }
    }
}
