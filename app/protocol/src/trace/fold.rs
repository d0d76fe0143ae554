//! How each mark changes the picture.

use crate::fault::{Fault, FaultPoint};

use super::event::{Row, Saw, Seen, TryFailure, Wrote};
use super::lane::Lane;
use super::picture::{Attempt, Hop, LanePicture, Outcome, Picture, Place, Progress, StoredRow, Wait};
use super::weave::{Mark, What};
use super::words;

pub(super) fn fold(marks: &[Mark]) -> Picture {
    let mut picture = Picture::default();
    for (index, mark) in marks.iter().enumerate() {
        let lane = lane_of(&mut picture, mark.lane);
        match &mark.what {
            What::Browser(saw) => Step { index, mark, nth: 1, lane }.browser(saw),
            What::Server { nth, seen, .. } => Step { index, mark, nth: *nth, lane }.server(seen),
        }
    }
    picture
}

fn lane_of(picture: &mut Picture, lane: Lane) -> &mut LanePicture {
    let place = picture.lanes.iter().position(|known| known.lane == lane).unwrap_or_else(|| {
        let (attempts, rows) = (Vec::new(), Vec::new());
        picture.lanes.push(LanePicture { lane, attempts, rows, waiting: None, settled: None });
        picture.lanes.len() - 1
    });
    &mut picture.lanes[place]
}

/// One mark and the lane that it changes.
struct Step<'a> {
    index: usize,
    mark: &'a Mark,
    nth: u32,
    lane: &'a mut LanePicture,
}

impl Step<'_> {
    fn browser(&mut self, saw: &Saw) {
        match saw {
            Saw::Sent { fault, .. } => {
                self.lane.waiting = None;
                self.attempt().fault.clone_from(fault);
                self.push(Place::Browser, Place::Server, Outcome::Pending, "");
            }
            Saw::Lost => {
                if let Some(hop) = self.pending(Place::Browser, Place::Server) {
                    (hop.to, hop.outcome) = (Place::Network, Outcome::Lost);
                    hop.cut = Some(FaultPoint::RequestLost);
                    "never sent".clone_into(&mut hop.label);
                }
            }
            Saw::Answer { status, replayed, body } => {
                let label = words::answer(*status, *replayed, body);
                match self.any_pending(Place::Server, Place::Browser) {
                    Some(hop) => {
                        hop.outcome = Outcome::Arrived;
                        hop.label.clone_from(&label);
                    }
                    None => self.push(Place::Server, Place::Browser, Outcome::Arrived, &label),
                }
                self.end(Progress::Answered { status: *status, replayed: *replayed }, label);
            }
            Saw::NoAnswer { timeout } => {
                while let Some(hop) = self.any_pending(Place::Server, Place::Browser) {
                    (hop.to, hop.outcome) = (Place::Network, Outcome::Lost);
                    hop.label = words::unheard(&hop.label);
                }
                let waited = self.mark.at_us.saturating_sub(self.attempt().sent_us);
                self.end(Progress::NoAnswer { timeout: *timeout }, words::no_answer(*timeout, waited));
            }
            Saw::Waiting { ms } => {
                let until_us = self.mark.at_us.saturating_add(ms.saturating_mul(1_000));
                self.lane.waiting = Some(Wait { ms: *ms, until_us });
            }
            Saw::Settled { answered } => {
                self.lane.waiting = None;
                self.lane.settled = Some(*answered);
            }
        }
    }

    fn server(&mut self, seen: &Seen) {
        self.end_stay();
        match seen {
            Seen::Arrived { fault, .. } => self.arrived(fault.as_deref()),
            Seen::Held { ms } => self.held(*ms),
            Seen::Attached => {
                self.push(Place::Server, Place::Server, Outcome::Pending, "waits for the first")
            }
            Seen::Try { number, sql } => {
                self.push(Place::Server, Place::Database, Outcome::Pending, &words::attempt(*number, sql));
            }
            Seen::TryFailed { how, row, .. } => self.try_failed(*how, row.as_ref()),
            Seen::Looked { found, .. } => {
                self.push(Place::Server, Place::Database, Outcome::Arrived, "look for the key");
                let label = if *found { "found" } else { "not found" };
                self.push(Place::Database, Place::Server, Outcome::Arrived, label);
            }
            Seen::Wrote { wrote, row } => {
                self.reach_database();
                let number = self.wrote(*wrote, row);
                let label = words::wrote(*wrote, number);
                self.push(Place::Database, Place::Server, Outcome::Arrived, &label);
            }
            Seen::Answered { status, replayed, body } => {
                let label = words::answer(*status, *replayed, body);
                if self.attempt().progress == Progress::UnderWay {
                    self.push(Place::Server, Place::Browser, Outcome::Pending, &label);
                } else {
                    self.push(Place::Server, Place::Network, Outcome::Lost, &words::unheard(&label));
                }
            }
            Seen::Cut => self.cut(),
        }
    }

    fn arrived(&mut self, fault: Option<&str>) {
        self.attempt().arrivals += 1;
        match self.pending(Place::Browser, Place::Server) {
            Some(hop) => hop.outcome = Outcome::Arrived,
            None => {
                let label = if self.nth > 1 { words::RESENT } else { "" };
                self.push(Place::Browser, Place::Server, Outcome::Arrived, label);
            }
        }
        // A request that is late has not arrived, as far as anybody but the fault is concerned.
        let point = fault.and_then(|fault| Fault::parse(fault).ok()).map(|fault| fault.point);
        if point == Some(FaultPoint::RequestLate)
            && let Some(hop) = self.attempt().hops.last_mut()
        {
            (hop.to, hop.cut) = (Place::Network, point);
        }
    }

    fn held(&mut self, ms: u32) {
        let label = words::held(ms);
        let late = self.attempt().hops.last_mut().filter(|hop| hop.cut == Some(FaultPoint::RequestLate));
        if let Some(hop) = late {
            hop.label = label;
            self.push(Place::Network, Place::Server, Outcome::Pending, "");
        } else {
            self.push(Place::Server, Place::Server, Outcome::Pending, &label);
            if let Some(stay) = self.attempt().hops.last_mut() {
                stay.cut = Some(FaultPoint::Slow);
            }
        }
    }

    /// Whatever comes next ends a stay, and the way of a request that was late.
    fn end_stay(&mut self) {
        if let Some(hop) = self.pending(Place::Network, Place::Server) {
            hop.outcome = Outcome::Arrived;
            "arrives late".clone_into(&mut hop.label);
        }
        if let Some(hop) = self.pending(Place::Server, Place::Server) {
            hop.outcome = Outcome::Arrived;
        }
    }

    fn reach_database(&mut self) {
        if let Some(hop) = self.pending(Place::Server, Place::Database) {
            hop.outcome = Outcome::Arrived;
        }
    }

    fn try_failed(&mut self, how: TryFailure, row: Option<&Row>) {
        if let Some(row) = row {
            self.store(row);
        }
        match how {
            TryFailure::Refused | TryFailure::Other => {
                if let Some(hop) = self.pending(Place::Server, Place::Database) {
                    (hop.outcome, hop.cut) = (Outcome::Lost, how.point());
                    words::failed(how).clone_into(&mut hop.label);
                }
            }
            TryFailure::RolledBack | TryFailure::AckLost => {
                self.reach_database();
                self.push(Place::Database, Place::Server, Outcome::Lost, words::failed(how));
                if let Some(hop) = self.attempt().hops.last_mut() {
                    hop.cut = how.point();
                }
            }
        }
    }

    /// What became of the row; its number in the lane, where it has one.
    fn wrote(&mut self, wrote: Wrote, row: &Row) -> Option<u32> {
        match wrote {
            Wrote::Inserted | Wrote::OwnRow => Some(self.store(row)),
            Wrote::Recognised => {
                let number = self.store(row);
                for stored in self.lane.rows.iter_mut().filter(|stored| stored.id == row.id) {
                    stored.recognised = true;
                }
                Some(number)
            }
            Wrote::Deleted => {
                self.lane.rows.retain(|stored| stored.id != row.id);
                None
            }
            Wrote::Refused => None,
        }
    }

    /// Keeps a row once; its number in the lane.
    fn store(&mut self, row: &Row) -> u32 {
        if let Some(stored) = self.lane.rows.iter().find(|stored| stored.id == row.id) {
            return stored.number;
        }
        let number = self.lane.rows.last().map_or(1, |last| last.number + 1);
        self.lane.rows.push(StoredRow {
            number,
            id: row.id.clone(),
            content: row.content.clone(),
            attempt: self.mark.attempt,
            nth: self.nth,
            twin: number > 1,
            recognised: false,
            mark: self.index,
        });
        number
    }

    fn cut(&mut self) {
        let (nth, index, at_us) = (self.nth, self.index, self.mark.at_us);
        let to_client =
            |hop: &&mut Hop| hop.nth == nth && hop.from == Place::Server && hop.to < Place::Server;
        let Some(hop) = self.attempt().hops.iter_mut().rev().find(to_client) else {
            self.push(Place::Server, Place::Network, Outcome::Lost, words::REPLY_LOST);
            return;
        };
        (hop.to, hop.outcome, hop.cut) = (Place::Network, Outcome::Lost, Some(FaultPoint::ReplyLost));
        (hop.mark, hop.at_us) = (index, at_us);
        words::REPLY_LOST.clone_into(&mut hop.label);
    }

    fn end(&mut self, progress: Progress, label: String) {
        let index = self.index;
        let attempt = self.attempt();
        (attempt.progress, attempt.label, attempt.end) = (progress, label, Some(index));
    }

    fn push(&mut self, from: Place, to: Place, outcome: Outcome, label: &str) {
        let (nth, mark, at_us) = (self.nth, self.index, self.mark.at_us);
        let label = label.to_owned();
        let hop = Hop { nth, from, to, outcome, cut: None, label, mark, began_us: at_us, at_us };
        self.attempt().hops.push(hop);
    }

    /// The hop of this arrival that is on its way, told of by this mark.
    fn pending(&mut self, from: Place, to: Place) -> Option<&mut Hop> {
        let nth = self.nth;
        self.find(|hop| hop.nth == nth && hop.from == from && hop.to == to)
    }

    /// The browser does not know which arrival it hears from: the first that is on its way.
    fn any_pending(&mut self, from: Place, to: Place) -> Option<&mut Hop> {
        self.find(|hop| hop.from == from && hop.to == to)
    }

    fn find(&mut self, like: impl Fn(&Hop) -> bool) -> Option<&mut Hop> {
        let (index, at_us) = (self.index, self.mark.at_us);
        let hops = &mut self.attempt().hops;
        let hop = hops.iter_mut().find(|hop| hop.outcome == Outcome::Pending && like(hop))?;
        (hop.mark, hop.at_us) = (index, at_us);
        Some(hop)
    }

    /// The mark's attempt, which it may be the first to tell of.
    fn attempt(&mut self) -> &mut Attempt {
        let number = self.mark.attempt;
        let attempts = &mut self.lane.attempts;
        let place =
            attempts.binary_search_by_key(&number, |attempt| attempt.number).unwrap_or_else(|place| {
                let attempt = Attempt {
                    number,
                    fault: None,
                    progress: Progress::UnderWay,
                    label: String::new(),
                    hops: Vec::new(),
                    arrivals: 0,
                    mark: self.index,
                    sent_us: self.mark.at_us,
                    end: None,
                };
                attempts.insert(place, attempt);
                place
            });
        &mut attempts[place]
    }
}
