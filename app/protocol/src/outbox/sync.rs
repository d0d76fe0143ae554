//! Several tabs, one storage: rows that others wrote, the lead, and whose items these are.

use std::collections::BTreeMap;

use crate::backoff::{JITTER_MS, RETRY_AFTER_MAX_MS};
use crate::key::PostId;
use crate::time::{Millis, Now};
use crate::user::UserId;

use super::command::Command;
use super::event::Leadership;
use super::item::{Acked, Gone, Item, Reason, ReasonKind, SessionId, State, Try, Wish};
use super::machine::{Lead, Outbox, Step};
use super::pace::Gate;

impl Outbox {
    /// The user posted in this tab. A second time under the same id is the same intent.
    pub(super) fn enqueued(&mut self, item: &Item, step: &mut Step) {
        if self.items.get(&item.id).is_none_or(|known| known.revision < item.revision) {
            self.adopt(item, step);
        }
    }

    pub(super) fn look(&mut self, step: &mut Step) {
        self.look_at = step.now.monotonic_ms + self.config.look_ms;
        step.commands.push(Command::Load);
    }

    /// Takes over what others wrote; puts back what storage has lost.
    pub(super) fn loaded(&mut self, rows: Vec<Item>, step: &mut Step) {
        let rows: BTreeMap<PostId, Item> = rows.into_iter().map(|row| (row.id, row)).collect();
        let mut old = self.old_receipts(&rows, step.now);
        self.items.retain(|id, item| rows.contains_key(id) || !item.is_receipt());
        // In their order: another tab may look between any two.
        for id in self.ids_in_order().into_iter().filter(|id| !rows.contains_key(id)) {
            if let Some(lost) = self.items.get_mut(&id) {
                restore(lost, step);
            }
        }
        for row in rows.into_values() {
            let known = self.items.get(&row.id).map(|item| item.revision);
            if known.is_none_or(|known| known < row.revision) {
                self.adopt(&row, step);
            }
        }
        if !self.started {
            self.started = true;
            self.resume(step);
        }
        if let Lead::Yes { by, fresh: false } = self.lead {
            self.lead = Lead::Yes { by, fresh: true };
            self.resume_pace(step);
        }
        // What this tab knows better by now is no receipt.
        old.retain(|(id, _)| self.items.get(id).is_none_or(Item::is_receipt));
        if !old.is_empty() {
            self.items.retain(|id, item| !old.contains(&(*id, item.revision)));
            step.commands.push(Command::Remove(old));
        }
    }

    fn ids_in_order(&self) -> Vec<PostId> {
        self.items().into_iter().map(|item| item.id).collect()
    }

    /// Storage is back. What this tab did without it is added to what stands there, and what is not there is put
    /// back. The lead ends: without storage that tabs share, this one had taken it by itself.
    pub(super) fn storage_back(&mut self, rows: Vec<Item>, step: &mut Step) {
        self.leader_lost(step);
        let rows: BTreeMap<PostId, Item> = rows.into_iter().map(|row| (row.id, row)).collect();
        let in_flight = self.flight.as_ref().map(|flight| flight.of.id);
        // In their order: another tab may look between any two. What is put back comes after what stands there.
        let mut last = rows.values().map(|row| row.seq).max().unwrap_or(0);
        let known: Vec<Item> = self.items().into_iter().cloned().collect();
        for ours in known {
            match rows.get(&ours.id).filter(|row| row.version <= Item::VERSION) {
                Some(row) if *row == ours => {}
                Some(row) if in_flight == Some(ours.id) && !row.is_receipt() => {
                    if let Some(item) = self.items.get_mut(&ours.id) {
                        item.revision = row.revision;
                        step.change(ours.id);
                    }
                }
                Some(row) => {
                    let mut merged = row.clone();
                    merged.uncertain |= ours.attempts > row.attempts && !row.is_receipt();
                    merged.tried_ms = ours.tried_ms.max(row.tried_ms);
                    if merged != *row {
                        step.change(row.id);
                    }
                    self.adopt(&merged, step);
                }
                None if rows.contains_key(&ours.id) => self.leave(ours.id),
                None => {
                    if let Some(item) = self.items.get_mut(&ours.id) {
                        last = item.seq.max(last + 1);
                        item.seq = last;
                        put_back(item, step);
                    }
                }
            }
        }
        for row in rows.into_values().filter(|row| row.version <= Item::VERSION) {
            if !self.items.contains_key(&row.id) {
                self.adopt(&row, step);
            }
        }
        // What storage says of identities may be from before this tab heard of its own.
        self.resume(step);
    }

    /// A newer version of the page has written this row, which this one cannot read in full: whatever it wrote or
    /// sent from here on would undo that.
    fn leave(&mut self, id: PostId) {
        self.items.remove(&id);
        self.leases.remove(&id);
        self.polls.remove(&id);
        self.stand_in.take_if(|stand_in| *stand_in == id);
    }

    /// Takes over one row, with what this tab knows and the row does not.
    fn adopt(&mut self, row: &Item, step: &mut Step) {
        if row.version > Item::VERSION {
            return self.leave(row.id);
        }
        let merged = match self.items.get(&row.id) {
            Some(ours) => merge(ours, row, self.session),
            None => row.clone(),
        };
        if merged != *row {
            step.change(merged.id);
        }
        let now = step.now;
        match merged.state {
            // Another tab's user posted, or would not wait.
            State::Queued => {
                let random = step.draw();
                self.pace.wake(now.monotonic_ms, random);
            }
            State::Waiting { next_at, not_before: None } if next_at <= now.wall_ms => {
                // Its user would not wait, whatever the server asked for before.
                self.pace.open();
            }
            State::Acked { how: Acked::QueuedOnServer { next_at, .. }, .. } => {
                let due = now.monotonic_ms + until(next_at, now, self.config.backoff.cap_ms);
                self.polls.insert(row.id, due);
            }
            State::Waiting { .. }
            | State::Sending { .. }
            | State::PausedAuth
            | State::NeedsUser { .. }
            | State::Acked { .. }
            | State::Gone { .. } => {}
        }
        if merged.owner != self.user && (merged.is_unsent() || merged.state == State::PausedAuth) {
            // Another tab knows another identity; one of the two has changed.
            step.doubt_identity();
        }
        self.note_lease(&merged, now);
        self.items.insert(row.id, merged);
    }

    /// Remembers until when the item is left to whoever is busy with it. The stored moment is by a wall clock
    /// that may have been set, so it is clamped.
    fn note_lease(&mut self, item: &Item, now: Now) {
        let lease = self.config.lease_ms;
        let left_alone = match item.state {
            State::Sending { lease_until, .. } => Some(until(lease_until, now, lease)),
            State::Waiting { next_at, .. } => Some(until(next_at, now, WAIT_MAX_MS) + lease),
            State::Queued
            | State::PausedAuth
            | State::NeedsUser { .. }
            | State::Acked { .. }
            | State::Gone { .. } => None,
        };
        match left_alone {
            Some(ms) => self.leases.insert(item.id, now.monotonic_ms + ms),
            None => self.leases.remove(&item.id),
        };
    }

    /// This tab no longer watches over its items by itself: others get a lease each.
    pub(super) fn note_leases(&mut self, now: Now) {
        let items: Vec<Item> = self.items.values().cloned().collect();
        for item in &items {
            self.note_lease(item, now);
        }
    }

    pub(super) fn leader_gained(&mut self, by: Leadership, step: &mut Step) {
        self.lead = Lead::Yes { by, fresh: false };
        self.look(step);
    }

    pub(super) fn leader_lost(&mut self, step: &mut Step) {
        self.lead = Lead::No;
        self.note_leases(step.now);
    }

    /// The lead is gained: goes on with the waits that storage tells of, each clamped, and one check soon.
    fn resume_pace(&mut self, step: &mut Step) {
        let now = step.now;
        let cap = self.config.backoff.cap_ms;
        let waits = self.mine().filter_map(|item| match item.state {
            State::Waiting { next_at, not_before } => {
                let floor = not_before.map(|moment| until(moment, now, RETRY_AFTER_MAX_MS));
                let wait = until(next_at, now, floor.map_or(cap, |floor| floor + JITTER_MS).max(cap));
                Some((wait, floor))
            }
            State::Queued
            | State::Sending { .. }
            | State::PausedAuth
            | State::NeedsUser { .. }
            | State::Acked { .. }
            | State::Gone { .. } => None,
        });
        if let Some((wait, floor)) = waits.min() {
            let not_before = floor.map(|floor| now.monotonic_ms + floor);
            self.pace.resume(Gate { at: now.monotonic_ms + wait, not_before });
        }
        let random = step.draw();
        self.pace.wake(now.monotonic_ms, random);
    }

    /// Receipts are kept for a day, then removed. Only storage's own word counts: what this tab knows may be a
    /// write that another tab has overtaken.
    fn old_receipts(&self, rows: &BTreeMap<PostId, Item>, now: Now) -> Vec<(PostId, u64)> {
        let old = rows
            .values()
            .filter(|row| row.version <= Item::VERSION)
            .filter(|row| row.receipt_at().is_some_and(|at| self.age(at, now) >= self.config.receipt_ms));
        old.map(|row| (row.id, row.revision)).collect()
    }

    /// A row was not written, since another tab had written its own.
    pub(super) fn conflict(&mut self, ours: &Item, stored: Option<&Item>, step: &mut Step) {
        match stored {
            // What the conflicting write was based on never reached storage, so the stored row is the truth
            // that our news is added to, whatever the revisions say.
            Some(row) => {
                self.adopt(row, step);
                if self.flight.as_ref().is_some_and(|flight| flight.of.id == row.id) {
                    // The row of that attempt may have been written over this one.
                    self.look(step);
                }
            }
            None => {
                if let Some(lost) = self.items.get_mut(&ours.id) {
                    restore(lost, step);
                }
            }
        }
    }

    /// The row of an attempt was not written, so the attempt was never made.
    pub(super) fn not_sent(&mut self, of: Try, stored: Option<&Item>, step: &mut Step) {
        if self.flight.take_if(|flight| flight.of == of).is_none() {
            return;
        }
        if let Some(item) = self.items.get_mut(&of.id) {
            item.attempts = item.attempts.min(of.number.saturating_sub(1));
        }
        match stored {
            Some(row) => self.adopt(row, step),
            None => self.fail(of, false, None, None, step),
        }
    }

    /// The page states whose session it is.
    pub(super) fn identified(&mut self, user: UserId, step: &mut Step) {
        self.user = user;
        self.resume(step);
    }

    /// An identity is there: what was paused goes on, what belongs to another waits for its user.
    fn resume(&mut self, step: &mut Step) {
        let in_flight = self.flight.as_ref().map(|flight| flight.of.id);
        for item in self.items.values_mut().filter(|item| Some(item.id) != in_flight) {
            let mine = item.owner == self.user;
            let other = Reason::of(ReasonKind::OtherIdentity);
            let disowned = matches!(&item.state, State::NeedsUser { reason } if reason.kind == other.kind);
            let paused = item.state == State::PausedAuth;
            if mine && (paused || disowned) {
                item.state = State::Queued;
                item.obstacle = None;
                step.change(item.id);
            } else if !mine && (paused || item.is_unsent()) {
                item.uncertain |= matches!(item.state, State::Sending { .. });
                item.state = State::NeedsUser { reason: other };
                step.change(item.id);
            }
        }
    }
}

/// Puts back a row that storage has lost: the browser's data was cleared, or the row was settled elsewhere and
/// its receipt removed. So it may have been sent, whatever this tab remembers.
fn restore(lost: &mut Item, step: &mut Step) {
    if !lost.is_receipt() {
        lost.uncertain = true;
    }
    put_back(lost, step);
}

/// Puts a row where there is none. What was cancelled as never sent may have been sent by another tab meanwhile.
fn put_back(lost: &mut Item, step: &mut Step) {
    if matches!(lost.state, State::Gone { why: Gone::Cancelled, .. }) && lost.attempts == 0 {
        lost.state = State::Queued;
        lost.uncertain = true;
    }
    lost.revision += 1;
    step.commands.push(Command::Restore(lost.clone()));
}

/// The longest wait that a row can ask for.
const WAIT_MAX_MS: Millis = RETRY_AFTER_MAX_MS + JITTER_MS;

/// How long it is until `moment` by the wall clock, clamped to 0–`cap`.
fn until(moment: Millis, now: Now, cap: Millis) -> Millis {
    moment.saturating_sub(now.wall_ms).min(cap)
}

/// The stored row with the news that only this tab has: what its user wishes, and answers it got.
fn merge(ours: &Item, row: &Item, session: SessionId) -> Item {
    let mut merged = row.clone();
    let settled = merged.is_receipt();
    merged.uncertain |= ours.uncertain && !settled;
    // An attempt that the row does not know of was made all the same, and its number is not given to another.
    merged.attempts = merged.attempts.max(ours.attempts);
    let gone_for_good = if let State::Gone { why, .. } = ours.state {
        match why {
            Gone::Cancelled => ours.attempts > 0,
            Gone::Deleted => true,
            Gone::Discarded => matches!(merged.state, State::NeedsUser { .. }),
        }
    } else {
        false
    };
    if let State::Gone { why, .. } = merged.state {
        if why == Gone::Cancelled && row.attempts == 0 && ours.attempts > 0 {
            // Whoever cancelled it could not know that it had been sent.
            let sure = matches!(ours.state, State::Gone { .. });
            merged.state = if sure { ours.state.clone() } else { State::Queued };
            merged.uncertain = !sure;
        }
        return merged;
    }
    if gone_for_good {
        merged.wish = ours.wish;
        merged.state = ours.state.clone();
        return merged;
    }
    let unwanted =
        ours.wish == Wish::Remove || matches!(ours.state, State::Gone { why: Gone::Discarded, .. });
    if unwanted && merged.wish == Wish::Post {
        merged.wish = Wish::Remove;
        let being_sent = matches!(merged.state, State::Sending { owner, .. } if owner != session);
        if merged.attempts == 0 {
            merged.state = ours.state.clone();
        } else if !being_sent {
            merged.state = State::Queued;
        }
        return merged;
    }
    if is_news(ours, &merged) && merged.wish == Wish::Post && !settled {
        merged.state = ours.state.clone();
        merged.uncertain = false;
    }
    merged
}

/// Whether the server's word that only this tab has is newer than the row. That the server has queued it is news only
/// of an attempt that is still under way: another tab may have asked since what became of it.
fn is_news(ours: &Item, row: &Item) -> bool {
    match ours.state {
        State::Acked { how: Acked::QueuedOnServer { .. }, .. } => {
            matches!(row.state, State::Sending { .. } | State::Waiting { .. })
                && row.attempts <= ours.attempts
        }
        State::Acked { how: Acked::Created | Acked::Replayed, .. } => true,
        State::Queued
        | State::Sending { .. }
        | State::Waiting { .. }
        | State::PausedAuth
        | State::NeedsUser { .. }
        | State::Gone { .. } => false,
    }
}
