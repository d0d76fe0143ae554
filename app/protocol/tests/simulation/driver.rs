//! What a driver does with each command: the storage, the lock, and the requests.

use protocol::outbox::{Command, Event, Item, Leadership, NoAnswer, Operation, Request, SessionId};

use crate::disk::{Weather, Work};
use crate::network::Packet;
use crate::reference::{Ask, Server, Trouble};
use crate::restraint::is_wish;
use crate::sabotage::Sabotage;
use crate::tab::{Happening, Todo};
use crate::world::World;

impl World {
    /// Lets one tab's driver do one thing; false where it has nothing to do, or storage keeps it waiting.
    pub(crate) fn drive(&mut self, place: usize) -> bool {
        let Some(tab) = self.tabs[place].as_mut().filter(|tab| !tab.frozen) else { return false };
        if let Some(waiting) = &mut tab.waiting {
            if let Some(outcome) = waiting.outcome.take() {
                if let Some(waiting) = tab.waiting.take() {
                    self.go_on(place, waiting.work, outcome);
                }
            } else if self.disk.weather == Weather::Stalled {
                return false;
            } else {
                self.proceed();
            }
            self.keep_in_second_place(place);
            return true;
        }
        if tab.todo.is_empty() {
            match tab.follow_ups.pop_front() {
                Some(event) => self.feed(place, event),
                None => {
                    let Some(happening) = tab.inbox.pop_front() else { return false };
                    self.on(place, happening);
                }
            }
        }
        self.carry_out_next(place);
        self.keep_in_second_place(place);
        true
    }

    fn carry_out_next(&mut self, place: usize) {
        let Some(tab) = self.tabs[place].as_mut().filter(|tab| tab.waiting.is_none()) else { return };
        let session = tab.session;
        match tab.todo.pop_front() {
            Some(Todo::Obey(command)) => self.obey(place, session, command),
            Some(Todo::Fetch(request)) => self.fetch(place, request),
            None => {}
        }
    }

    /// An event is handled only when all commands of the last one are carried out.
    fn on(&mut self, place: usize, happening: Happening) {
        match happening {
            Happening::Machine(event) => self.feed(place, event),
            Happening::Pressed(press) => {
                let Some(tab) = &self.tabs[place] else { return };
                let owner = tab.user;
                // What is posted needs no second row. An id is known for a day after its answer; what is pressed again
                // later still is the server's to tell.
                let receipt = tab.outbox.item(press.id).filter(|item| item.is_receipt());
                let posted = receipt.or_else(|| self.receipts.get(&press.id));
                match posted.map(|known| known.body == press.body()) {
                    Some(true) => return self.accept(place, &press),
                    Some(false) => return self.press_under_another_id(place, &press, owner),
                    None => {}
                }
                // The machine may know the id as another text, whatever storage has forgotten since.
                match tab.outbox.item(press.id).filter(|known| known.body != press.body()).cloned() {
                    Some(known) => self.on_known(place, &press, owner, known),
                    None => self.ask(place, Work::Enqueue(press, owner)),
                }
            }
            Happening::StorageClosed => {
                // Most likely the site's data were cleared: what this tab knows is written again.
                if self.tabs[place].as_ref().is_some_and(|tab| tab.memory.is_none()) {
                    self.ask(place, Work::Load);
                }
            }
            Happening::TryStorage => {
                if self.tabs[place].as_ref().is_some_and(|tab| tab.memory.is_some()) {
                    self.ask(place, Work::Return);
                }
            }
        }
    }

    /// What came of a command is told before anything else; in a schedule with calm storage in its turn, since a driver
    /// may do that as well.
    pub(crate) fn follow_up(&mut self, place: usize, event: Event) {
        if self.calm {
            return self.tell(place, event);
        }
        if let Some(tab) = &mut self.tabs[place] {
            tab.follow_ups.push_back(event);
        }
    }

    /// Tells the machine, and keeps what it says is to be done.
    pub(crate) fn feed(&mut self, place: usize, mut event: Event) {
        if is_wish(&event) {
            self.tabs.iter_mut().flatten().for_each(|tab| tab.restraint.lift());
        }
        let (now, clock) = (self.now, self.clock());
        let Some(tab) = &mut self.tabs[place] else { return };
        if let Event::Identity(user) = event {
            tab.user = user;
        }
        let heard = event.clone();
        if let Event::Answered { answer, .. } = &mut event
            && self.sabotage == Sabotage::IgnoreRetryAfter
        {
            answer.body = answer.body.replace("retry_after_ms", "ignored");
        }
        let mut commands = tab.outbox.handle(event, clock, self.random.next_u64());
        tab.restraint.heard(&heard, &commands, now);
        if let Event::NoAnswer { of, .. } | Event::Answered { of, .. } = heard
            && self.sabotage == Sabotage::IgnoreBudget
        {
            commands.extend(tab.outbox.handle(Event::TryNow(of.id), clock, 0));
        }
        tab.todo.extend(commands.into_iter().map(Todo::Obey));
    }

    fn obey(&mut self, place: usize, session: SessionId, command: Command) {
        match command {
            Command::Save(row) => self.ask(place, Work::Save(row)),
            Command::Restore(row) => self.ask(place, Work::Restore(row)),
            Command::Send { row: None, request } => self.fetch(place, request),
            Command::Send { row: Some(row), request } => self.save_and_send(place, row, request),
            Command::Abort(of) => {
                if let Some(tab) = &mut self.tabs[place] {
                    tab.fetches.remove(&of);
                }
            }
            Command::Load => self.ask(place, Work::Load),
            Command::Remove(ids) => self.ask(place, Work::Remove(ids)),
            // A hint to the other tab; one in four gets lost.
            Command::Announce if self.random.below(4) > 0 => self.tell(1 - place, Event::LookAgain),
            // Without storage that tabs share there is nothing to take turns at.
            Command::Lead | Command::Steal if self.is_in_memory(place) => {
                self.follow_up(place, Event::LeaderGained(Leadership::Lock));
            }
            Command::Lead | Command::Steal if !self.locks => {
                let ignored = self.sabotage == Sabotage::IgnoreLeases;
                let by = if ignored { Leadership::Lock } else { Leadership::Lease };
                self.follow_up(place, Event::LeaderGained(by));
            }
            Command::Lead => {
                self.waiters.push_back(session);
                self.grant();
            }
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

    fn is_in_memory(&self, place: usize) -> bool {
        self.tabs[place].as_ref().is_some_and(|tab| tab.memory.is_some())
    }

    pub(crate) fn note_removal(&mut self, row: Item) {
        // What is settled may be put back by a tab that slept, or after all was cleared, and go once more.
        let again = self.receipts.contains_key(&row.id) || self.ever_cleared.contains(&row.id);
        let settled = again && self.settled.contains_key(&row.id);
        if !settled && (!row.is_receipt() || self.is_early(&row)) {
            self.removed_early.insert(row.id);
        }
        self.receipts.insert(row.id, row);
    }

    /// A receipt is kept for a day, as far as the clock was let alone.
    fn is_early(&self, row: &Item) -> bool {
        let first = self.settled.get(&row.id).copied().or_else(|| row.receipt_at());
        let age = first.map_or(0, |at| self.now.wall_ms.saturating_sub(at));
        !self.clock_was_set && age < 24 * 3_600_000
    }

    fn save_and_send(&mut self, place: usize, row: Box<Item>, request: Request) {
        if self.sabotage == Sabotage::DropReceiptsEarly {
            let rows = std::mem::take(&mut self.disk.rows.0);
            let (receipts, rest) = rows.into_iter().partition(|(_, row)| row.is_receipt());
            self.disk.rows.0 = rest;
            let receipts: std::collections::BTreeMap<_, _> = receipts;
            receipts.into_values().for_each(|row| self.note_removal(row));
        }
        if self.sabotage == Sabotage::SendBeforeSave {
            self.fetch(place, request);
            if let Some(tab) = &mut self.tabs[place] {
                tab.todo.push_front(Todo::Obey(Command::Save(*row)));
            }
            return;
        }
        self.ask(place, Work::Send(row, request));
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
        // A text that was changed after a refusal may find its id used where nobody here knows; the server does.
        if let Some(body) = &request.body
            && !self.edited.contains(&id)
            && self.sent.entry(id).or_insert_with(|| body.clone()) != body
        {
            self.two_contents.insert(id);
        }
        let silent = self.sabotage == Sabotage::TrustSilence;
        let Some(tab) = &mut self.tabs[place] else { return };
        if let Err(broken) = tab.restraint.sends(of, self.now) {
            self.unrestrained.get_or_insert(broken);
        }
        if self.network.offline {
            tab.tell(Event::NoAnswer { of, how: NoAnswer::Network });
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
            tab.tell(Event::Answered { of, answer });
        }
        self.network.push(Packet::Request { from, of, ask });
    }

    fn tell_session(&mut self, session: SessionId, event: Event) {
        if let Some(tab) = self.tabs.iter_mut().flatten().find(|tab| tab.session == session) {
            tab.tell(event);
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
