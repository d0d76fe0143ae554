//! Which requests the server still has to finish: a lane may be settled while one of its requests is on its way.

use std::collections::{BTreeMap, BTreeSet};

use protocol::trace::{Lane, LedgerEvent, Seen};

#[derive(Default)]
pub(super) struct Arrivals {
    /// Attempts that were sent and have not arrived.
    awaited: BTreeSet<(Lane, u32)>,
    /// Arrivals that are not over, by their number.
    open: BTreeSet<u32>,
    /// Arrivals whose connection will be cut after they are answered.
    to_be_cut: BTreeSet<u32>,
    /// The attempt of each arrival, for arrivals that are told of before their attempt is.
    seen: BTreeMap<u32, (Lane, u32)>,
}

impl Arrivals {
    pub(super) fn sent(&mut self, lane: Lane, attempt: u32) {
        self.awaited.insert((lane, attempt));
    }

    pub(super) fn hear(&mut self, event: &LedgerEvent) {
        let number = event.arrival;
        match &event.seen {
            Seen::Arrived { lane, attempt, fault, .. } => {
                self.awaited.remove(&(*lane, *attempt));
                // An event that is told twice opens nothing again.
                if self.seen.insert(number, (*lane, *attempt)).is_none() {
                    self.open.insert(number);
                    if fault.as_deref().is_some_and(|fault| fault.starts_with("reply-lost")) {
                        self.to_be_cut.insert(number);
                    }
                }
            }
            Seen::Answered { .. } if !self.to_be_cut.contains(&number) => {
                self.open.remove(&number);
            }
            Seen::Cut => {
                self.open.remove(&number);
            }
            _ => (),
        }
    }

    /// Whether everything that was sent has arrived and is over.
    pub(super) fn are_over(&self) -> bool {
        self.awaited.is_empty() && self.open.is_empty()
    }
}
