//! What a driver does with each command: the storage, the lock, and the requests.

use protocol::key::PostId;
use protocol::outbox::{
    Command, Event, Item, Leadership, NoAnswer, Operation, Request, SessionId, State, Wish,
};

use crate::network::Packet;
use crate::reference::{Ask, Server, Trouble};
use crate::tab::{Storage, Todo};
use crate::world::{Sabotage, World};

/// A way of writing a row; what is there instead where it is not written.
type Put = fn(&mut Storage, &Item) -> Result<(), Option<Box<Item>>>;

impl World {
    /// Lets one tab's driver do one thing; false where it has nothing to do.
    pub(crate) fn drive(&mut self, place: usize) -> bool {
        let Some(tab) = self.tabs[place].as_mut().filter(|tab| tab.is_busy()) else { return false };
        if let Some(todo) = tab.next(self.now, &mut self.random) {
            let session = tab.session;
            match todo {
                Todo::Obey(command) => self.obey(place, session, command),
                Todo::Fetch(request) => self.fetch(place, request),
            }
        }
        true
    }

    fn obey(&mut self, place: usize, session: SessionId, command: Command) {
        match command {
            Command::Save(row) => {
                if let Err(stored) = self.put(&row, Storage::put) {
                    self.tell(place, Event::Conflict { ours: row, stored: unbox(stored) });
                }
            }
            Command::Restore(row) => {
                if let Err(stored) = self.put(&row, Storage::add) {
                    self.tell(place, Event::Conflict { ours: row, stored: unbox(stored) });
                }
            }
            Command::Send { row: None, request } => self.fetch(place, request),
            Command::Send { row: Some(row), request } => self.save_and_send(place, &row, request),
            Command::Abort(of) => {
                if let Some(tab) = &mut self.tabs[place] {
                    tab.fetches.remove(&of);
                }
            }
            Command::Load => {
                let rows = self.storage.rows.values().cloned().collect();
                self.tell(place, Event::Loaded(rows));
            }
            Command::Remove(ids) => {
                for (id, revision) in ids {
                    if self.storage.rows.get(&id).is_some_and(|row| row.revision == revision) {
                        self.obey_removal(id);
                    }
                }
            }
            // A hint to the other tab; one in four gets lost.
            Command::Announce if self.random.below(4) > 0 => self.tell(1 - place, Event::LookAgain),
            Command::Lead if self.locks => {
                self.waiters.push_back(session);
                self.grant();
            }
            Command::Lead => self.tell(place, Event::LeaderGained(Leadership::Lease)),
            Command::Steal => {
                if let Some(holder) = self.lock.take() {
                    self.tell_session(holder, Event::LeaderLost);
                }
                self.waiters.retain(|waiter| *waiter != session);
                self.waiters.push_front(session);
                self.grant();
            }
            Command::Resign => self.resign(session),
            Command::RenewIdentity => self.tell(place, Event::Identity(self.cookie)),
            Command::Announce | Command::Record(_) | Command::Stored(_) => {}
        }
    }

    fn obey_removal(&mut self, id: PostId) {
        let Some(row) = self.storage.rows.remove(&id) else { return };
        if !row.is_receipt() || self.is_early(&row) {
            self.removed_early.insert(row.id);
        }
        self.receipts.insert(row.id, row);
    }

    /// A receipt is kept for a day, as far as the clock was let alone.
    fn is_early(&self, row: &Item) -> bool {
        let age = row.receipt_at().map_or(0, |at| self.now.wall_ms.saturating_sub(at));
        !self.clock_was_set && age < 24 * 3_600_000
    }

    fn put(&mut self, row: &Item, put: Put) -> Result<(), Option<Box<Item>>> {
        // Whoever needs the user, is kept by the log, or is to be gone may be overtaken by those behind.
        let aside = matches!(row.state, State::NeedsUser { .. }) || row.is_queued_on_server();
        if aside || row.wish == Wish::Remove || matches!(row.state, State::Gone { .. }) {
            self.stepped_aside.insert(row.id);
        }
        if self.sabotage == Sabotage::IgnoreConflicts {
            self.storage.rows.insert(row.id, row.clone());
        } else {
            put(&mut self.storage, row)?;
        }
        self.not_durable.remove(&row.id);
        Ok(())
    }

    fn save_and_send(&mut self, place: usize, row: &Item, request: Request) {
        if self.sabotage == Sabotage::DropReceiptsEarly {
            let receipts: Vec<PostId> =
                self.storage.rows.values().filter(|row| row.is_receipt()).map(|row| row.id).collect();
            for id in receipts {
                self.obey_removal(id);
            }
        }
        if self.sabotage == Sabotage::SendBeforeSave {
            self.fetch(place, request);
            let saving = Todo::Obey(Command::Save(row.clone()));
            if let Some(tab) = &mut self.tabs[place] {
                tab.todo.push_front(saving);
            }
            return;
        }
        match self.put(row, Storage::put) {
            Ok(()) => {
                if self.sabotage == Sabotage::DropBeforeAnswer {
                    self.storage.rows.remove(&row.id);
                }
                if let Some(tab) = &mut self.tabs[place] {
                    tab.todo.push_front(Todo::Fetch(request));
                }
            }
            Err(stored) => self.tell(place, Event::NotSent { of: request.of, stored: unbox(stored) }),
        }
    }

    fn fetch(&mut self, place: usize, mut request: Request) {
        let of = request.of;
        let mut id = of.id;
        if of.number > 1 && of.operation == Operation::Create {
            match self.sabotage {
                Sabotage::NewIdOnRetry => id = self.mint(),
                Sabotage::EditOnRetry => request.body = request.body.map(|body| body.replace("post", "edit")),
                _ => {}
            }
        }
        if let Some(body) = &request.body
            && self.sent.entry(id).or_insert_with(|| body.clone()) != body
        {
            self.two_contents.insert(id);
        }
        let silent = self.sabotage == Sabotage::TrustSilence;
        let Some(tab) = &mut self.tabs[place] else { return };
        if self.network.offline {
            tab.inbox.push_back(Event::NoAnswer { of, how: NoAnswer::Network });
            return;
        }
        tab.fetches.insert(of, self.now.monotonic_ms + request.timeout_ms);
        let from = tab.session;
        let named = (self.sabotage != Sabotage::SendAsWhoever).then_some(request.owner);
        let ask = Ask { session: self.cookie, named, method: request.method(), id, body: request.body };
        if silent && of.operation == Operation::Create {
            let mut pretended = Server::default();
            let answer = pretended.answer(&ask, Trouble::None);
            tab.fetches.remove(&of);
            tab.inbox.push_back(Event::Answered { of, answer });
        }
        self.network.push(Packet::Request { from, of, ask });
    }

    fn tell_session(&mut self, session: SessionId, event: Event) {
        if let Some(tab) = self.tabs.iter_mut().flatten().find(|tab| tab.session == session) {
            tab.inbox.push_back(event);
        }
    }

    pub(crate) fn resign(&mut self, session: SessionId) {
        self.waiters.retain(|waiter| *waiter != session);
        if self.lock == Some(session) {
            self.lock = None;
        }
        self.grant();
    }

    fn grant(&mut self) {
        if self.lock.is_none()
            && let Some(next) = self.waiters.pop_front()
        {
            self.lock = Some(next);
            self.tell_session(next, Event::LeaderGained(Leadership::Lock));
        }
    }
}

fn unbox(row: Option<Box<Item>>) -> Option<Item> {
    row.map(|row| *row)
}
