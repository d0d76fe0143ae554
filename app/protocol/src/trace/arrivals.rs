//! The ledger's rows: one per arrival, folded from the server's events alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::{LedgerEvent, Seen, TryFailure, Wrote};
use super::lane::Lane;

/// What became of one arrival.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Arrival {
    /// Counted from 1 in the run.
    pub arrival: u32,
    pub lane: Lane,
    pub attempt: u32,
    /// Which arrival of this attempt, counted from 1.
    pub nth: u32,
    /// The fault that fired, as its header spells it.
    pub fault: Option<String>,
    pub verdict: Verdict,
    /// The rows that it made, as the database names them.
    pub rows: Vec<String>,
    /// The answer's status, whether or not anybody heard it.
    pub status: Option<u16>,
    /// How long each stage took, in the order of travel.
    pub hops: Vec<Stage>,
}

/// What the server knows of an arrival's outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is not over.
    UnderWay,
    Inserted,
    /// The row was there from an earlier arrival.
    Recognised,
    Deleted,
    /// Answered, and nothing was written.
    NotStored,
    /// Committed once or not at all: nobody could tell.
    Unknown,
}

/// A stage of an arrival's way through the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stage {
    /// `server`, `held`, `attached`, `database`, `answer`.
    pub hop: String,
    /// Microseconds.
    pub us: u64,
}

impl Verdict {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnderWay => "under-way",
            Self::Inserted => "inserted",
            Self::Recognised => "recognised",
            Self::Deleted => "deleted",
            Self::NotStored => "not-stored",
            Self::Unknown => "unknown",
        }
    }

    /// For people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::UnderWay => "under way",
            Self::Inserted => "stored",
            Self::Recognised => "retry recognised",
            Self::Deleted => "deleted",
            Self::NotStored => "not stored",
            Self::Unknown => "unknown to the server",
        }
    }
}

/// The rows of the ledger, by arrival; events must stand in the order of their numbers.
pub fn arrivals(events: &[LedgerEvent]) -> Vec<Arrival> {
    let mut arrivals: BTreeMap<u32, (Arrival, Last)> = BTreeMap::new();
    for event in events {
        if let Seen::Arrived { lane, attempt, nth, fault, .. } = &event.seen {
            let arrival = Arrival {
                arrival: event.arrival,
                lane: *lane,
                attempt: *attempt,
                nth: *nth,
                fault: fault.clone(),
                verdict: Verdict::UnderWay,
                rows: Vec::new(),
                status: None,
                hops: Vec::new(),
            };
            arrivals.entry(event.arrival).or_insert((arrival, Last { at_us: event.at_us, stage: "server" }));
        } else if let Some((arrival, last)) = arrivals.get_mut(&event.arrival) {
            let us = event.at_us.saturating_sub(last.at_us);
            // A statement that was only looked with took its time before it was told of.
            let stage = if matches!(event.seen, Seen::Looked { .. }) { "database" } else { last.stage };
            arrival.hops.push(Stage { hop: stage.to_owned(), us });
            *last = Last { at_us: event.at_us, stage: follows(&event.seen) };
            arrival.hear(&event.seen);
        }
    }
    arrivals.into_values().map(|(arrival, _)| arrival).collect()
}

/// The event before, and the stage that began with it.
struct Last {
    at_us: u64,
    stage: &'static str,
}

/// The stage that begins with this event.
const fn follows(seen: &Seen) -> &'static str {
    match seen {
        Seen::Held { .. } => "held",
        Seen::Attached => "attached",
        Seen::Try { .. } => "database",
        Seen::Answered { .. } => "answer",
        Seen::Arrived { .. }
        | Seen::TryFailed { .. }
        | Seen::Looked { .. }
        | Seen::Wrote { .. }
        | Seen::Cut => "server",
    }
}

impl Arrival {
    fn hear(&mut self, seen: &Seen) {
        match seen {
            Seen::TryFailed { how, row, .. } => {
                self.rows.extend(row.as_ref().map(|row| row.id.clone()));
                if matches!(how, TryFailure::AckLost | TryFailure::Other) {
                    self.verdict = Verdict::Unknown;
                }
            }
            Seen::Wrote { wrote, row } => {
                self.verdict = match wrote {
                    Wrote::Inserted | Wrote::OwnRow => Verdict::Inserted,
                    Wrote::Recognised => Verdict::Recognised,
                    Wrote::Deleted => Verdict::Deleted,
                    Wrote::Refused => Verdict::NotStored,
                };
                if matches!(wrote, Wrote::Inserted | Wrote::OwnRow) && !self.rows.contains(&row.id) {
                    self.rows.push(row.id.clone());
                }
            }
            Seen::Answered { status, replayed, .. } => {
                self.status = Some(*status);
                if self.verdict == Verdict::UnderWay {
                    self.verdict = if *replayed { Verdict::Recognised } else { Verdict::NotStored };
                }
            }
            Seen::Arrived { .. }
            | Seen::Held { .. }
            | Seen::Attached
            | Seen::Try { .. }
            | Seen::Looked { .. }
            | Seen::Cut => {}
        }
    }
}
