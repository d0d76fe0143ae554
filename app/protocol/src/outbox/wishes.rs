//! What the user asked for.

use crate::key::PostId;
use crate::wire::CreateBody;

use super::item::{Gone, Item, State, Wish};
use super::machine::{Outbox, Step};

impl Outbox {
    /// Skips the delay, never the single flight. The row says so too, for the tab that sends.
    pub(super) fn try_now(&mut self, id: PostId, step: &mut Step) {
        let Some(item) = self.items.get_mut(&id).filter(|item| item.is_unsent()) else { return };
        if matches!(item.state, State::Waiting { .. }) {
            item.state = State::Waiting { next_at: step.now.wall_ms, not_before: None };
            step.change(id);
        }
        self.pace.open();
    }

    /// Stop. What was never attempted is simply gone; of what was, a late packet could still arrive, so a
    /// deletion is sent, which leaves a tombstone on the server.
    pub(super) fn cancel(&mut self, id: PostId, step: &mut Step) {
        let Some(item) = self.items.get_mut(&id) else { return };
        if item.wish == Wish::Remove || matches!(item.state, State::Gone { .. }) {
            return;
        }
        // What was seen in the feed is stored, whoever sent it.
        let sent = item.attempts > 0 || item.uncertain || matches!(item.state, State::Acked { .. });
        item.wish = Wish::Remove;
        item.begin_anew(step.now.wall_ms);
        let at = step.now.wall_ms;
        if item.owner != self.user {
            // Another identity's post cannot be deleted by this one.
            item.state = State::Gone { why: Gone::Discarded, at };
        } else if !sent {
            item.state = State::Gone { why: Gone::Cancelled, at };
        } else if !matches!(item.state, State::Sending { .. }) {
            item.state = State::Queued;
        }
        step.change(id);
        let random = step.draw();
        self.pace.wake(step.now.monotonic_ms, random);
    }

    /// Tries again as it is: the same id, the same bytes.
    pub(super) fn retry(&mut self, id: PostId, step: &mut Step) {
        let user = self.user;
        let Some(item) = self.items.get_mut(&id).filter(|item| item.owner == user) else { return };
        if matches!(item.state, State::NeedsUser { .. } | State::PausedAuth) {
            item.state = State::Queued;
            item.begin_anew(step.now.wall_ms);
            self.intercepted_since.remove(&id);
            step.change(id);
            self.pace.open();
        }
    }

    /// Posts the text as a new intent. The new row is written before the old one is given up, so a crash
    /// between the two loses nothing.
    pub(super) fn post_as_new(
        &mut self,
        old: PostId,
        new: PostId,
        body: Option<CreateBody>,
        step: &mut Step,
    ) {
        let Some(item) = self.items.get(&old) else { return };
        if item.is_receipt() || self.items.contains_key(&new) {
            return;
        }
        let seq = self.items.values().map(|item| item.seq).max().unwrap_or(0) + 1;
        let body = body.unwrap_or_else(|| item.body.clone());
        let mut fresh = Item::new(new, self.user, body, seq, step.now.wall_ms);
        // Saving counts the first revision.
        fresh.revision = 0;
        self.items.insert(new, fresh);
        step.change(new);
        self.discard(old, step);
    }

    /// Gives an item up. Where it may have been posted, that means making sure that it is gone.
    pub(super) fn discard(&mut self, id: PostId, step: &mut Step) {
        let user = self.user;
        let Some(item) = self.items.get_mut(&id).filter(|item| !item.is_receipt()) else { return };
        if item.may_be_stored() && item.owner == user {
            return self.cancel(id, step);
        }
        item.state = State::Gone { why: Gone::Discarded, at: step.now.wall_ms };
        step.change(id);
    }
}
