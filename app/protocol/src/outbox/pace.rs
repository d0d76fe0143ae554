//! When the queue may try again.
//!
//! Back-off belongs to the queue, not to its items: fifty posts behind a dead server are one probe, not fifty.

use crate::backoff::{Backoff, RetryBudget, jitter};
use crate::time::Millis;

/// The pace of one queue. All moments are monotonic.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    backoff: Backoff,
    /// Closed until the next probe is due; open while there is none.
    gate: Option<Gate>,
    failures: u32,
    budget: RetryBudget,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Gate {
    pub(super) at: Millis,
    /// The server asked for no attempt before this.
    pub(super) not_before: Option<Millis>,
}

impl Pace {
    pub(super) const fn new(backoff: Backoff) -> Self {
        Self { backoff, gate: None, failures: 0, budget: RetryBudget::full() }
    }

    pub(super) fn is_open(&self, now: Millis) -> bool {
        self.gate.is_none_or(|gate| gate.at <= now)
    }

    /// When the next probe is due.
    pub(super) fn opens_at(&self) -> Option<Millis> {
        self.gate.map(|gate| gate.at)
    }

    /// A retriable failure: closes the gate. `failures` are those of the item itself, `wait` is what the
    /// server asked for.
    pub(super) fn fail(
        &mut self,
        now: Millis,
        failures: u32,
        wait: Option<Millis>,
        random: [u64; 2],
    ) -> Gate {
        let cap = self.backoff.cap_ms;
        let mut delay = if self.budget.has_token() {
            self.backoff.delay(self.failures.max(failures), random[0])
        } else {
            // Only the slowest probe is left, still spread over half its length.
            cap / 2 + Backoff { base_ms: cap / 2, cap_ms: cap / 2, floor_ms: 0 }.delay(0, random[0])
        };
        if let Some(wait) = wait {
            delay = delay.max(wait + jitter(random[1]));
        }
        self.failures = self.failures.saturating_add(1);
        let gate = Gate { at: now + delay, not_before: wait.map(|wait| now + wait) };
        self.gate = Some(gate);
        gate
    }

    /// What failed stood in for another item: the queue goes on at the pace of its own failures.
    pub(super) const fn at_the_pace_of(&mut self, failures: u32) {
        self.failures = failures;
    }

    /// The server took something: drain in order.
    pub(super) const fn succeed(&mut self) {
        self.failures = 0;
        self.gate = None;
        self.budget.earn();
    }

    /// The server refused something for good: it is there, so nothing else needs to wait.
    pub(super) const fn refuse(&mut self) {
        self.failures = 0;
        self.gate = None;
    }

    /// A hint that trying again may be worth it: within a second, if the budget and the server allow it.
    pub(super) fn wake(&mut self, now: Millis, random: u64) {
        if self.budget.has_token() {
            self.due_by(now + jitter(random));
        }
    }

    /// Moves the next probe forward, but not before the moment that the server asked for.
    pub(super) fn due_by(&mut self, moment: Millis) {
        if let Some(gate) = &mut self.gate {
            gate.at = gate.at.min(moment).max(gate.not_before.unwrap_or(0));
        }
    }

    /// Takes over a wait that was stored by an earlier page.
    pub(super) fn resume(&mut self, gate: Gate) {
        self.gate.get_or_insert(gate);
    }

    /// The user will not wait.
    pub(super) const fn open(&mut self) {
        self.gate = None;
    }

    /// An attempt begins that is a retry.
    pub(super) const fn retrying(&mut self) {
        self.budget.spend();
    }
}
