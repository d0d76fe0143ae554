//! The pen of one arrival.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::{HeaderMap, Method};
use protocol::fault::Fault;
use protocol::trace::{Lane, Row, Seen, TryFailure, Wrote};
use uuid::Uuid;

use super::book::Ledger;
use crate::faults::Asked;

/// The longest body that is recorded, in bytes.
const BODY_MAX: usize = 2_048;

/// The headers that matter in an experiment. Cookies and tokens are never recorded.
const HEADERS: [&str; 8] =
    ["content-type", "idempotency-key", "attempt", "run", "fault", "prefer", "if-match", "if-none-match"];

/// A request that was read to its end.
pub struct Arriving<'a> {
    pub lane: Lane,
    pub method: Method,
    pub path: String,
    pub headers: &'a HeaderMap,
    /// The body as it was understood.
    pub body: String,
    /// The fault that fires on it.
    pub fault: Option<Fault>,
}

/// Notes what happens to one arrival; nothing where it belongs to no run.
#[derive(Clone, Default)]
pub struct Witness(Option<Arc<Seat>>);

struct Seat {
    ledger: Ledger,
    run: Uuid,
    arrival: u32,
    /// An answer of the database was lost within this arrival.
    ack_lost: AtomicBool,
}

impl Ledger {
    /// Enters a request that belongs to a run. What it costs to describe it is spent for those alone.
    pub fn arrived<'a>(&self, asked: &Asked, arriving: impl FnOnce() -> Arriving<'a>) -> Witness {
        let Some(run) = asked.run else { return Witness::default() };
        let Arriving { lane, method, path, headers, body, fault } = arriving();
        let arrival = self.arrive(run, lane, asked.attempt, |nth| Seen::Arrived {
            lane,
            attempt: asked.attempt,
            nth,
            method: method.to_string(),
            path,
            headers: recorded(headers),
            body: cut(body),
            fault: fault.map(|fault| fault.to_string()),
        });
        let seat = Seat { ledger: self.clone(), run, arrival, ack_lost: AtomicBool::new(false) };
        Witness(Some(Arc::new(seat)))
    }
}

impl Witness {
    /// Whether anything is noted.
    pub fn is_there(&self) -> bool {
        self.0.is_some()
    }

    pub fn note(&self, seen: impl FnOnce() -> Seen) {
        if let Some(seat) = &self.0 {
            seat.ledger.note(seat.run, seat.arrival, seen());
        }
    }

    pub fn try_failed(&self, number: u32, how: TryFailure, row: Option<Row>) {
        if let Some(seat) = &self.0 {
            if how == TryFailure::AckLost {
                seat.ack_lost.store(true, Ordering::Relaxed);
            }
            seat.ledger.note(seat.run, seat.arrival, Seen::TryFailed { number, how, row });
        }
    }

    pub fn wrote(&self, wrote: Wrote, row: impl FnOnce() -> Row) {
        self.note(|| Seen::Wrote { wrote, row: row() });
    }

    /// A design that knows its row by a key: after a lost answer, what this arrival created was there already.
    pub fn created(&self, row: impl FnOnce() -> Row) {
        let again = self.0.as_ref().is_some_and(|seat| seat.ack_lost.load(Ordering::Relaxed));
        self.wrote(if again { Wrote::OwnRow } else { Wrote::Inserted }, row);
    }

    pub fn answered(&self, status: u16, replayed: bool, body: impl FnOnce() -> String) {
        self.note(|| Seen::Answered { status, replayed, body: cut(body()) });
    }
}

fn recorded(headers: &HeaderMap) -> Vec<(String, String)> {
    let lines =
        HEADERS.iter().flat_map(|name| headers.get_all(*name).iter().map(move |value| (*name, value)));
    lines.filter_map(|(name, value)| Some((name.to_owned(), value.to_str().ok()?.to_owned()))).collect()
}

fn cut(mut body: String) -> String {
    if body.len() > BODY_MAX {
        let end = (0..=BODY_MAX).rev().find(|&at| body.is_char_boundary(at)).unwrap_or(0);
        body.truncate(end);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_recorded_and_long_texts_are_cut() {
        let mut headers = HeaderMap::new();
        for (name, value) in [("cookie", "secret"), ("authorization", "Bearer secret"), ("attempt", "1")] {
            headers.insert(name, value.parse().unwrap());
        }
        assert_eq!(recorded(&headers), [("attempt".to_owned(), "1".to_owned())]);
        assert_eq!(cut("é".repeat(2_000)).len(), 2_048);
        assert_eq!(cut(format!("x{}", "é".repeat(2_000))).len(), 2_047);
    }
}
