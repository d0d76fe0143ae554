//! What to do next: whom to send, whom to ask about, when to wake.

use std::collections::BTreeMap;

use crate::key::PostId;
use crate::time::{Millis, Now};

use super::command::{Command, Request};
use super::event::Leadership;
use super::item::{Item, Operation, State, Try};
use super::machine::{Flight, Lead, Outbox, Step};

impl Outbox {
    /// The moment at which to give `Woken(Wake::Timer)` at the latest, on the monotonic clock.
    pub fn next_wake(&self) -> Option<Millis> {
        let mut moments = Vec::new();
        if self.is_watching() {
            moments.push(self.look_at);
        }
        match &self.flight {
            Some(flight) => moments.push(flight.watchdog),
            None if self.may_send() => moments.extend(self.next_choice()),
            None => {}
        }
        moments.into_iter().min()
    }

    /// When `choose` will find something to do, where nothing else happens before.
    fn next_choice(&self) -> Option<Millis> {
        let lease = self.mine().filter(|item| matches!(item.state, State::Sending { .. }));
        if let Some(lease) = lease.map(|item| self.leases.get(&item.id).copied().unwrap_or(0)).max() {
            return Some(lease);
        }
        if self.stand_in.is_some() {
            return Some(0);
        }
        let gate = self.pace.opens_at().unwrap_or(0);
        if self.mine().any(Item::is_unsent) {
            return Some(gate);
        }
        let polls = self.mine().filter(|item| item.is_queued_on_server());
        polls.map(|item| gate.max(self.poll_at(item.id))).min()
    }

    /// What falls due by itself.
    pub(super) fn keep_time(&mut self, step: &mut Step) {
        let now = step.now.monotonic_ms;
        if let Some(flight) = &self.flight
            && flight.watchdog <= now
        {
            let of = flight.of;
            step.commands.push(Command::Abort(of));
            self.unanswered(of, step);
        }
        if self.look_at <= now && self.is_watching() {
            self.look(step);
        }
        self.recover(step);
    }

    /// An item whose sender is dead waits for its next attempt: the same id, the same bytes.
    fn recover(&mut self, step: &mut Step) {
        let Lead::Yes { by, fresh: true } = self.lead else { return };
        for item in self.items.values_mut() {
            let State::Sending { owner, .. } = item.state else { continue };
            let ours = self.flight.as_ref().is_some_and(|flight| flight.of.id == item.id);
            let lease = self.leases.get(&item.id).copied().unwrap_or(0);
            let dead = owner == self.session || by == Leadership::Lock || lease <= step.now.monotonic_ms;
            if item.owner == self.user && !ours && dead {
                item.state = State::Waiting { next_at: step.now.wall_ms, not_before: None };
                item.uncertain = true;
                step.change(item.id);
            }
        }
    }

    /// Sends the next request, if this tab may send and nothing is under way.
    pub(super) fn choose(&mut self, step: &mut Step) {
        let busy =
            self.flight.is_some() || self.mine().any(|item| matches!(item.state, State::Sending { .. }));
        if !self.may_send() || busy {
            return;
        }
        if let Some(id) = self.stand_in {
            if self.mine().any(|item| item.id == id && item.is_unsent()) {
                return self.send(id, step);
            }
            self.stand_in = None;
        }
        if !self.pace.is_open(step.now.monotonic_ms) {
            return;
        }
        if let Some(id) = self.next_unsent() {
            self.send(id, step);
        } else if let Some(id) = self.next_poll(step.now) {
            self.poll(id, step);
        }
    }

    /// Whether storage is read from time to time: while some item can move without this tab's user.
    fn is_watching(&self) -> bool {
        self.mine().any(|item| !item.is_receipt() && !matches!(item.state, State::NeedsUser { .. }))
    }

    fn may_send(&self) -> bool {
        matches!(self.lead, Lead::Yes { fresh: true, .. }) && !self.is_paused()
    }

    /// The head of some room. Within a room the order is kept; among rooms the head that has failed least goes
    /// first, so one that always fails cannot stop the others.
    fn next_unsent(&self) -> Option<PostId> {
        let mut heads: BTreeMap<&str, &Item> = BTreeMap::new();
        for item in self.mine().filter(|item| item.is_unsent()) {
            let head = heads.entry(item.room()).or_insert(item);
            if (item.seq, item.id) < (head.seq, head.id) {
                *head = item;
            }
        }
        heads.into_values().min_by_key(|item| (item.failures, item.seq, item.id)).map(|item| item.id)
    }

    fn send(&mut self, id: PostId, step: &mut Step) {
        let Some(item) = self.items.get_mut(&id) else { return };
        // A stand-in is no retry of its own: it is part of its queue's one probe.
        if item.attempts > 0 && self.stand_in != Some(id) {
            self.pace.retrying();
        }
        self.pace.open();
        item.attempts = item.attempts.saturating_add(1);
        let of = Try { id, operation: item.operation(), number: item.attempts };
        item.state = State::Sending {
            attempt: item.attempts,
            owner: self.session,
            lease_until: step.now.wall_ms + self.config.lease_ms,
        };
        item.revision += 1;
        let fault = self.weather.fault(item.attempts);
        let request = Request::new(item, of, fault, self.config.attempt_ms);
        step.commands.push(Command::Send { row: Some(Box::new(item.clone())), request });
        self.take_off(of, fault, step.now);
    }

    fn next_poll(&self, now: Now) -> Option<PostId> {
        let due = self.mine().filter(|item| item.is_queued_on_server());
        let due = due.filter(|item| self.poll_at(item.id) <= now.monotonic_ms);
        due.min_by_key(|item| self.poll_at(item.id)).map(|item| item.id)
    }

    fn poll(&mut self, id: PostId, step: &mut Step) {
        let Some(item) = self.items.get(&id) else { return };
        self.poll_count = self.poll_count.saturating_add(1);
        let of = Try { id, operation: Operation::Status, number: self.poll_count };
        let request = Request::new(item, of, None, self.config.attempt_ms);
        step.commands.push(Command::Send { row: None, request });
        self.take_off(of, None, step.now);
    }

    fn take_off(&mut self, of: Try, fault: Option<crate::fault::Fault>, now: Now) {
        let watchdog = now.monotonic_ms + self.config.lease_ms;
        self.tried_at.entry(of.id).or_insert(now.monotonic_ms);
        self.flight = Some(Flight { of, started: now, fault, watchdog });
    }

    /// Asks for the lead while there is work, and gives it back when there is none: a lock that is held keeps
    /// the browser from putting the page away.
    pub(super) fn follow_leadership(&mut self, step: &mut Step) {
        let unsettled = |item: &Item| item.is_unsent() || item.is_queued_on_server();
        let work = !self.away && !self.is_paused() && self.mine().any(unsettled);
        match self.lead {
            Lead::No if work => {
                self.lead = Lead::Asked { stole: false };
                step.commands.push(Command::Lead);
            }
            Lead::Asked { .. } if !work => self.resign(step),
            Lead::Yes { .. } if self.away => self.resign(step),
            Lead::Yes { fresh: true, .. } if !work && self.flight.is_none() => self.resign(step),
            // A lock that cannot even be stolen is no lock: the leases in the rows are all there is.
            Lead::Asked { stole: true } if self.is_overdue(step.now) => {
                self.leader_gained(Leadership::Lease, step);
            }
            Lead::Asked { .. } if self.is_overdue(step.now) => {
                self.lead = Lead::Asked { stole: true };
                for lease in self.leases.values_mut() {
                    *lease = step.now.monotonic_ms + self.config.lease_ms;
                }
                step.commands.push(Command::Steal);
            }
            Lead::No | Lead::Asked { .. } | Lead::Yes { .. } => {}
        }
    }

    fn resign(&mut self, step: &mut Step) {
        self.lead = Lead::No;
        self.note_leases(step.now);
        step.commands.push(Command::Resign);
    }

    /// Whether whoever holds the lead has let an item wait for longer than a living sender would.
    fn is_overdue(&self, now: Now) -> bool {
        let unsent = self.mine().filter(|item| item.is_unsent());
        unsent.filter_map(|item| self.leases.get(&item.id)).any(|lease| *lease <= now.monotonic_ms)
    }

    /// The items of the present user, in no particular order.
    pub(super) fn mine(&self) -> impl Iterator<Item = &Item> {
        self.items.values().filter(|item| item.owner == self.user)
    }

    fn poll_at(&self, id: PostId) -> Millis {
        self.polls.get(&id).copied().unwrap_or(0)
    }
}
