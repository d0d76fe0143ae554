//! The server's clock fitted to the browser's.
//!
//! Two machines' clocks cannot be compared, but what caused what can: a request arrives after it was sent, and
//! is answered before its answer is read. Each such pair bounds the offset between the clocks from one side.

use std::collections::BTreeMap;

use super::event::{BrowserEvent, LedgerEvent, Saw, Seen};
use super::lane::Lane;

/// What to add to the server's times to read them on the browser's clock, and how sure that is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fit {
    /// Microseconds.
    pub offset_us: i64,
    /// The offset may be wrong by so many microseconds either way; `None` where it is bounded from one side only.
    pub uncertainty_us: Option<u64>,
}

/// Which attempt an arrival belongs to, and which arrival of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Origin {
    pub(super) lane: Lane,
    pub(super) attempt: u32,
    pub(super) nth: u32,
}

/// The origin of each arrival, by its number.
pub(super) fn origins<'a>(ledger: impl Iterator<Item = &'a LedgerEvent>) -> BTreeMap<u32, Origin> {
    let mut origins = BTreeMap::new();
    for event in ledger {
        if let Seen::Arrived { lane, attempt, nth, .. } = &event.seen {
            let origin = Origin { lane: *lane, attempt: *attempt, nth: *nth };
            origins.entry(event.arrival).or_insert(origin);
        }
    }
    origins
}

/// Fits the clocks. The offset is the middle of what the pairs leave open, or its only bound.
pub(super) fn fit(browser: &[BrowserEvent], ledger: &[LedgerEvent]) -> Fit {
    let origins = origins(ledger.iter());
    let mut sent = BTreeMap::new();
    let mut heard = BTreeMap::new();
    for event in browser {
        let key = (event.lane, event.attempt);
        match &event.saw {
            Saw::Sent { .. } => {
                sent.entry(key).or_insert(event.at_us);
            }
            // A timeout is the browser's own doing: the answer may be on its way yet.
            Saw::Answer { .. } | Saw::NoAnswer { timeout: false } => {
                heard.entry(key).or_insert(event.at_us);
            }
            Saw::Lost | Saw::NoAnswer { timeout: true } | Saw::Waiting { .. } | Saw::Settled { .. } => {}
        }
    }
    let (mut least, mut most) = (None::<i64>, None::<i64>);
    // Only the first answer of an attempt is known to come before the browser heard of its end.
    let mut is_answered = BTreeMap::new();
    for event in ledger {
        let Some(origin) = origins.get(&event.arrival) else { continue };
        let key = (origin.lane, origin.attempt);
        let difference = |browser: &u64| signed(*browser).saturating_sub(signed(event.at_us));
        match &event.seen {
            Seen::Arrived { .. } => least = least.max(sent.get(&key).map(difference)),
            Seen::Answered { .. } if is_answered.insert(key, ()).is_none() => {
                if let Some(bound) = heard.get(&key).map(difference) {
                    most = Some(most.map_or(bound, |most| most.min(bound)));
                }
            }
            Seen::Answered { .. }
            | Seen::Held { .. }
            | Seen::Attached
            | Seen::Try { .. }
            | Seen::TryFailed { .. }
            | Seen::Looked { .. }
            | Seen::Wrote { .. }
            | Seen::Cut => {}
        }
    }
    match (least, most) {
        (Some(least), Some(most)) => Fit {
            offset_us: least.saturating_add(most.saturating_sub(least) / 2),
            uncertainty_us: Some(most.abs_diff(least).div_ceil(2)),
        },
        (Some(only), None) | (None, Some(only)) => Fit { offset_us: only, uncertainty_us: None },
        (None, None) => Fit::default(),
    }
}

pub(super) fn signed(us: u64) -> i64 {
    i64::try_from(us).unwrap_or(i64::MAX)
}
