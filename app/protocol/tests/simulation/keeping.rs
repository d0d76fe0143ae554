//! How a driver talks to storage that stalls, refuses, closes and is cleared. What cannot be kept there is kept in
//! memory and in a second place, and taken along as soon as storage works again.

use protocol::outbox::{Config, Event, Item, Outbox, SessionId, State, Wish};

use crate::disk::{Done, Failure, Outcome, Rows, Weather, Work};
use crate::sabotage::Sabotage;
use crate::tab::{SILENCE_MS, Todo, Waiting};
use crate::world::World;

/// How soon storage is tried again.
const RETURN_MS: u64 = 5_000;

impl World {
    /// Asks storage, or the memory that stands in for it, and goes on with what comes of it; or waits.
    pub(crate) fn ask(&mut self, place: usize, work: Work) {
        let Some(tab) = &mut self.tabs[place] else { return };
        let returning = matches!(work, Work::Return);
        if tab.memory.is_some() && !returning {
            let edited = matches!(&work, Work::Enqueue(press, owner) if self.was_edited(press, *owner));
            let outcome = if edited { Err(Failure::Refused) } else { self.in_memory(place, &work) };
            return self.go_on(place, work, outcome);
        }
        if self.disk.weather == Weather::Away || tab.closed && !returning {
            return self.go_on(place, work, Err(Failure::Gone));
        }
        if self.disk.weather == Weather::Stalled || !self.disk.pending.is_empty() {
            let number = self.disk.queue(tab.session, work.clone());
            let until = self.now.monotonic_ms + SILENCE_MS;
            tab.waiting = Some(Waiting { number, work, until, outcome: None });
            return;
        }
        let session = tab.session;
        let outcome = self.transact(session, &work);
        self.go_on(place, work, outcome);
    }

    /// Storage does the oldest thing that it was asked for. Whether the tab still waits is another matter.
    pub(crate) fn proceed(&mut self) {
        let Some((session, number, work)) = self.disk.pending.pop_front() else { return };
        let outcome = self.transact(session, &work);
        let waiting = self.tabs.iter_mut().flatten().find(|tab| tab.session == session);
        if let Some(waiting) = waiting.and_then(|tab| tab.waiting.as_mut())
            && waiting.number == number
        {
            waiting.outcome.get_or_insert(outcome);
        }
    }

    /// One transaction, as the weather has it.
    fn transact(&mut self, session: SessionId, work: &Work) -> Outcome {
        let writes = !matches!(work, Work::Load | Work::Return | Work::Remove(_));
        match self.disk.weather {
            Weather::Away => return Err(Failure::Gone),
            Weather::Full if writes => return Err(Failure::Refused),
            Weather::FailsAfterCommit if writes => {
                self.disk.weather = Weather::Well;
                self.write(session, work);
                return Err(Failure::Refused);
            }
            Weather::Well | Weather::Stalled | Weather::Full | Weather::FailsAfterCommit => {}
        }
        Ok(self.write(session, work))
    }

    pub(crate) fn write(&mut self, session: SessionId, work: &Work) -> Done {
        match work {
            Work::Enqueue(press, owner) => {
                if let Some(known) = self.disk.rows.0.get(&press.id) {
                    return Done::Known(known.clone());
                }
                let item = self.item(press, *owner, self.disk.rows.next_seq());
                self.disk.rows.0.insert(press.id, item.clone());
                // The draft goes with the same transaction.
                for draft in &mut self.drafts {
                    if draft.take_if(|draft| draft.id == press.id).is_some() {
                        self.accepted.insert(press.id);
                    }
                }
                Done::Added(item)
            }
            Work::Save(row) => self.put(session, row, Rows::put),
            Work::Send(row, _) => self.put(session, row, Rows::put),
            Work::Restore(row) => self.put(session, row, Rows::add),
            Work::Load | Work::Return => Done::Rows(self.disk.rows.all()),
            Work::Remove(ids) => {
                for (id, revision) in ids {
                    if let Some(row) = self.disk.rows.0.remove(id) {
                        if row.revision == *revision {
                            self.note_removal(row);
                        } else {
                            self.disk.rows.0.insert(*id, row);
                        }
                    }
                }
                Done::Written
            }
        }
    }

    fn put(&mut self, session: SessionId, row: &Item, put: fn(&mut Rows, &Item) -> Done) -> Done {
        self.note_row(row);
        let stored = self.disk.rows.0.get(&row.id);
        let newer = stored.is_some_and(|stored| stored.version > Item::VERSION);
        self.note_lease(session, row);
        if self.sabotage == Sabotage::IgnoreConflicts && !newer
            || self.sabotage == Sabotage::OverwriteNewerRows && newer
        {
            self.disk.rows.0.insert(row.id, row.clone());
            return Done::Written;
        }
        put(&mut self.disk.rows, row)
    }

    /// A tab without locks that takes another one's attempt for dead before its lease is over.
    fn note_lease(&mut self, session: SessionId, row: &Item) {
        let Some(stored) = self.disk.rows.0.get(&row.id) else { return };
        let State::Sending { owner, lease_until, .. } = stored.state else { return };
        let taken = match row.state {
            State::Sending { owner: other, .. } => other != owner,
            State::Waiting { not_before: None, .. } => row.attempts == stored.attempts && row.uncertain,
            _ => false,
        };
        let alive = self.tabs.iter().flatten().any(|tab| {
            tab.session == owner && tab.fetches.keys().any(|of| of.id == row.id && of.number == row.attempts)
        });
        // Whoever has not heard of a conflict yet writes over what it does not know.
        let undisturbed = !self.clock_was_set
            && !self.tabs.iter().flatten().any(|tab| tab.is_to_hear_of(row.id))
            && stored.revision + 1 == row.revision
            && self.tabs.iter().flatten().all(|tab| !tab.was_in_memory);
        if owner != session && taken && alive && undisturbed && !self.locks && self.now.wall_ms < lease_until
        {
            self.leases_broken.insert(row.id);
        }
    }

    /// What a written row says of its intent.
    pub(crate) fn note_row(&mut self, row: &Item) {
        // Whoever needs the user, is kept by the log, or is to be gone may be overtaken by those behind.
        let aside = matches!(row.state, State::NeedsUser { .. }) || row.is_queued_on_server();
        if aside || row.wish == Wish::Remove || matches!(row.state, State::Gone { .. }) {
            self.stepped_aside.insert(row.id);
        }
        if let Some(at) = row.receipt_at() {
            let first = self.settled.entry(row.id).or_insert(at);
            *first = at.min(*first);
        }
        self.accepted.insert(row.id);
    }

    fn in_memory(&mut self, place: usize, work: &Work) -> Outcome {
        let Some(mut rows) = self.tabs[place].as_mut().and_then(|tab| tab.memory.take()) else {
            return Err(Failure::Gone);
        };
        let done = match work {
            Work::Enqueue(press, owner) => match rows.0.get(&press.id) {
                Some(known) => Done::Known(known.clone()),
                None => {
                    let item = self.item(press, *owner, rows.next_seq());
                    rows.0.insert(press.id, item.clone());
                    if self.tabs[place].as_ref().is_some_and(|tab| tab.is_blind) {
                        // This page could not know what it posted before.
                        self.stepped_aside.insert(press.id);
                    }
                    Done::Added(item)
                }
            },
            Work::Save(row) => {
                self.note_row(row);
                rows.put(row)
            }
            Work::Send(row, _) => {
                self.note_row(row);
                self.sent_from_memory.insert(row.id);
                rows.put(row)
            }
            Work::Restore(row) => rows.add(row),
            Work::Load | Work::Return => Done::Rows(rows.all()),
            Work::Remove(ids) => {
                for (id, revision) in ids {
                    if rows.0.get(id).is_some_and(|row| row.revision == *revision)
                        && let Some(row) = rows.0.remove(id)
                    {
                        // Storage may hold an older word of it, which this page will not know better by then.
                        self.excused.insert(*id);
                        self.note_removal(row);
                    }
                }
                Done::Written
            }
        };
        if let Some(tab) = &mut self.tabs[place] {
            tab.memory = Some(rows);
        }
        Ok(done)
    }

    /// What follows for the tab.
    pub(crate) fn go_on(&mut self, place: usize, work: Work, outcome: Outcome) {
        match (work, outcome) {
            (Work::Enqueue(press, _), Err(Failure::Refused)) => {
                // The text is the user's again, in the composer.
                if self.sabotage == Sabotage::TrustRefusals {
                    self.accept(place, &press);
                }
            }
            (Work::Enqueue(press, owner), Err(why)) => {
                self.fall_back(place, why);
                if self.sabotage == Sabotage::ForgetUndecidedText && why == Failure::Silent {
                    return self.accept(place, &press);
                }
                self.ask(place, Work::Enqueue(press, owner));
            }
            (Work::Enqueue(press, owner), Ok(Done::Known(known))) => {
                self.on_known(place, &press, owner, known)
            }
            (Work::Enqueue(press, _), Ok(Done::Added(item))) => {
                self.accept(place, &press);
                self.feed(place, Event::Enqueued(item));
            }
            // Rows that stay are told of again when storage is next read.
            (Work::Remove(_), _) => {}
            (Work::Return, Ok(Done::Rows(rows))) => self.come_back(place, rows),
            (Work::Return, _) => self.try_again_later(place),
            (work, Err(why)) => {
                self.fall_back(place, why);
                self.ask(place, work);
            }
            (Work::Save(ours) | Work::Restore(ours), Ok(Done::Conflict(stored))) => {
                self.follow_up(place, Event::Conflict { ours, stored: stored.map(|row| *row) });
            }
            (Work::Send(_, request), Ok(Done::Conflict(stored))) => {
                self.follow_up(place, Event::NotSent { of: request.of, stored: stored.map(|row| *row) });
            }
            (Work::Send(row, request), Ok(_)) => {
                if self.sabotage == Sabotage::DropBeforeAnswer {
                    self.disk.rows.0.remove(&row.id);
                }
                if let Some(tab) = &mut self.tabs[place] {
                    tab.todo.push_front(Todo::Fetch(request));
                }
            }
            (Work::Load, Ok(Done::Rows(rows))) => self.follow_up(place, Event::Loaded(rows)),
            (Work::Save(_) | Work::Restore(_) | Work::Load | Work::Enqueue(..), Ok(_)) => {}
        }
    }

    /// Opens a closed connection again, or goes on in memory with all that is known.
    fn fall_back(&mut self, place: usize, why: Failure) {
        let away = self.disk.weather == Weather::Away;
        let Some(tab) = &mut self.tabs[place] else { return };
        if why == Failure::Gone && tab.reopenings.take(self.now.monotonic_ms) && !away {
            tab.closed = false;
            return;
        }
        let known = tab.outbox.items().into_iter().map(|item| (item.id, item.clone()));
        tab.memory = Some(Rows(known.collect()));
        tab.was_in_memory = true;
        tab.closed = true;
        self.try_again_later(place);
    }

    fn try_again_later(&mut self, place: usize) {
        if let Some(tab) = &mut self.tabs[place] {
            tab.return_at = Some(self.now.monotonic_ms + RETURN_MS);
        }
    }

    /// Storage works again: what happened without it is taken along.
    fn come_back(&mut self, place: usize, rows: Vec<Item>) {
        let rows = self.take_in(place, rows);
        let clock = self.clock();
        let Some(tab) = &mut self.tabs[place] else { return };
        let session = tab.session;
        tab.memory = None;
        tab.closed = false;
        tab.is_blind = false;
        let event = if self.sabotage == Sabotage::ReturnEmptyHanded {
            tab.outbox = Outbox::new(Config::default(), session, tab.user, clock);
            Event::Loaded(rows)
        } else {
            Event::StorageBack(rows)
        };
        self.resign(session);
        self.feed(place, event);
    }

    /// Puts what pages without storage left in the second place where it belongs, and returns all rows.
    pub(crate) fn take_in(&mut self, place: usize, mut rows: Vec<Item>) -> Vec<Item> {
        let Some(own) = self.tabs[place].as_ref().map(|tab| tab.session) else { return rows };
        let in_memory = self.tabs[place].as_ref().is_some_and(|tab| tab.memory.is_some() && tab.is_blind);
        let left: Vec<SessionId> = self.rescue.keys().filter(|session| **session != own).copied().collect();
        for session in left {
            let items = self.rescue[&session].clone();
            // Others that its page had may be under way already.
            self.stepped_aside.extend(items.iter().map(|item| item.id));
            for mut item in items {
                if rows.iter().any(|row| row.id == item.id) {
                    continue;
                }
                // Its page may have sent it since it was written down.
                item.uncertain |= item.attempts > 0;
                if in_memory {
                    if let Some(memory) = self.tabs[place].as_mut().and_then(|tab| tab.memory.as_mut()) {
                        memory.0.insert(item.id, item.clone());
                    }
                } else if self.disk.weather == Weather::Full
                    || self.transact(own, &Work::Restore(item.clone())).is_err()
                {
                    return rows;
                }
                rows.push(item);
            }
            if !in_memory {
                self.rescue.remove(&session);
            }
        }
        rows
    }

    /// Writes down what would be lost with this page, where anything would.
    pub(crate) fn keep_in_second_place(&mut self, place: usize) {
        let Some(tab) = &self.tabs[place] else { return };
        if !tab.todo.is_empty() || !tab.follow_ups.is_empty() || tab.waiting.is_some() {
            return;
        }
        if let Some(memory) = &tab.memory {
            let unsent = memory.0.values().filter(|item| !item.is_receipt()).cloned().collect();
            self.rescue.insert(tab.session, unsent);
        } else if !self.rescue.is_empty() {
            self.rescue.remove(&tab.session);
        }
    }
}
