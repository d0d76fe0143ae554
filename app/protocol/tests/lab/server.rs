//! A model of the server: what it records and stores for each arrival, design by design.

use std::collections::BTreeMap;

use protocol::experiment::Request;
use protocol::fault::{Fault, FaultPoint};
use protocol::outbox::Answer;
use protocol::problem::{Problem, ProblemName};
use protocol::trace::{Lane, LedgerEvent, Row, Seen, TryFailure, Wrote};
use protocol::wire::CreateBody;

use super::world::json;

/// How long a statement takes.
const STATEMENT_US: u64 = 200;
/// How long the cache remembers.
const MEMORY_US: u64 = 3_000_000;

/// What goes back to the network, or is to be gone on with later.
pub(crate) enum Reply {
    Later { arrival: u32, us: u64 },
    Answer(Answer),
    Cut { bare: bool },
}

struct Arrival {
    lane: Lane,
    attempt: u32,
    key: Option<String>,
    content: String,
    fault: Option<Fault>,
    stage: Stage,
    /// Arrivals that wait for this one's answer.
    attached: Vec<u32>,
}

#[derive(Clone, PartialEq, Eq)]
enum Stage {
    Arrived,
    Work,
    /// Between a look at the key and the insert.
    Insert,
    /// Committed: the row, and whether an earlier arrival had made it.
    Done {
        row: Row,
        replayed: bool,
    },
    Over,
}

struct Stored {
    lane: Lane,
    key: Option<String>,
    row: Row,
    arrival: u32,
}

pub(crate) struct Server {
    offset_us: u64,
    pub(crate) now_us: u64,
    pub(crate) ledger: Vec<LedgerEvent>,
    arrivals: Vec<Arrival>,
    stored: Vec<Stored>,
    cache: BTreeMap<String, (u64, Row)>,
}

impl Server {
    pub(crate) fn new(offset_us: u64) -> Self {
        let (ledger, arrivals, stored) = (Vec::new(), Vec::new(), Vec::new());
        Self { offset_us, now_us: 0, ledger, arrivals, stored, cache: BTreeMap::new() }
    }

    pub(crate) fn rows(&self, lane: Lane) -> Vec<&Row> {
        self.stored.iter().filter(|stored| stored.lane == lane).map(|stored| &stored.row).collect()
    }

    fn note(&mut self, arrival: u32, seen: Seen) {
        let number = u32::try_from(self.ledger.len()).unwrap();
        self.now_us += STATEMENT_US;
        self.ledger.push(LedgerEvent { number, arrival, at_us: self.now_us + self.offset_us, seen });
    }

    fn arrival(&mut self, number: u32) -> &mut Arrival {
        &mut self.arrivals[usize::try_from(number).unwrap() - 1]
    }

    pub(crate) fn arrive(&mut self, now_us: u64, lane: Lane, request: Request, nth: u32) -> u32 {
        self.now_us = now_us.max(self.now_us);
        let number = u32::try_from(self.arrivals.len()).unwrap() + 1;
        // Each fault here fires on the first arrival of its attempt.
        let fault = request.fault.filter(|_| nth == 1);
        let body: CreateBody = serde_json::from_str(&request.body).unwrap();
        let header = request.headers.iter().find(|(name, _)| name == "idempotency-key");
        let key = match lane {
            Lane::Uuid => request.path.rsplit('/').next().map(str::to_owned),
            Lane::ServerMinted => Some(format!("minted-{number}")),
            _ => header.map(|(_, key)| key.clone()),
        };
        let (attempt, content) = (request.attempt, body.content);
        let (stage, attached) = (Stage::Arrived, Vec::new());
        self.arrivals.push(Arrival { lane, attempt, key, content, fault, stage, attached });
        let seen = Seen::Arrived {
            lane,
            attempt,
            nth,
            method: request.method.to_owned(),
            path: request.path,
            headers: request.headers,
            body: request.body,
            fault: fault.map(|fault| fault.to_string()),
        };
        self.note(number, seen);
        number
    }

    /// Goes on with an arrival until it is answered, cut, or held.
    pub(crate) fn go_on(&mut self, now_us: u64, number: u32) -> Vec<(Lane, u32, Reply)> {
        self.now_us = now_us.max(self.now_us);
        let (lane, attempt, fault) = {
            let arrival = self.arrival(number);
            (arrival.lane, arrival.attempt, arrival.fault)
        };
        let is = |point| fault.is_some_and(|fault: Fault| fault.point == point);
        let delay = fault.map_or(0, |fault| fault.delay_ms);
        let hold = |stage: Stage, server: &mut Self| {
            server.arrival(number).stage = stage;
            server.note(number, Seen::Held { ms: delay });
            vec![(lane, attempt, Reply::Later { arrival: number, us: u64::from(delay) * 1_000 })]
        };
        match self.arrival(number).stage.clone() {
            Stage::Arrived if is(FaultPoint::RequestLate) => hold(Stage::Work, self),
            Stage::Arrived | Stage::Work => {
                if matches!(lane, Lane::Uuid | Lane::Key) && self.attach(number) {
                    return Vec::new();
                }
                if matches!(lane, Lane::CheckThenInsert) {
                    if let Some(row) = self.look(number) {
                        return self.done(number, &row, true);
                    }
                    if is(FaultPoint::Slow) {
                        return hold(Stage::Insert, self);
                    }
                }
                self.tries(number)
            }
            Stage::Insert => self.tries(number),
            Stage::Done { row, replayed } => self.answer(number, &row, replayed),
            Stage::Over => Vec::new(),
        }
    }

    /// Whether another arrival with this key is under way; then this one waits for it.
    fn attach(&mut self, number: u32) -> bool {
        let (lane, key) = (self.arrival(number).lane, self.arrival(number).key.clone());
        let under_way = |arrival: &Arrival| {
            arrival.lane == lane && arrival.key == key && matches!(arrival.stage, Stage::Done { .. })
        };
        let Some(first) = self.arrivals.iter_mut().find(|arrival| under_way(arrival)) else { return false };
        first.attached.push(number);
        self.note(number, Seen::Attached);
        true
    }

    fn look(&mut self, number: u32) -> Option<Row> {
        let (lane, key) = (self.arrival(number).lane, self.arrival(number).key.clone());
        let known = self.stored.iter().find(|stored| stored.lane == lane && stored.key == key);
        let row = known.map(|stored| stored.row.clone());
        self.note(number, Seen::Looked { found: row.is_some(), sql: "select …".to_owned() });
        row
    }

    /// The server's own tries at the database.
    fn tries(&mut self, number: u32) -> Vec<(Lane, u32, Reply)> {
        let (lane, attempt, key, fault) = {
            let arrival = self.arrival(number);
            (arrival.lane, arrival.attempt, arrival.key.clone(), arrival.fault)
        };
        for number_of_try in 1..=2 {
            let hit = fault.filter(|fault| fault.point.is_at_database() && fault.tries.hits(number_of_try));
            if lane == Lane::Cache {
                let key = key.clone().unwrap();
                let known = self.cache.get(&key).filter(|(at, _)| self.now_us - at < MEMORY_US);
                let row = known.map(|(_, row)| row.clone());
                self.note(number, Seen::Looked { found: row.is_some(), sql: "memory".to_owned() });
                if let Some(row) = row {
                    return self.done(number, &row, true);
                }
            }
            if lane == Lane::KeyAfterCommit
                && let Some(row) = self.look(number)
            {
                return self.done(number, &row, true);
            }
            let sql = vec!["begin".to_owned(), "insert into …".to_owned(), "commit".to_owned()];
            self.note(number, Seen::Try { number: number_of_try, sql });
            match hit.map(|fault| fault.point) {
                Some(FaultPoint::ConnectRefused) => {
                    self.fail(number, number_of_try, TryFailure::Refused, None)
                }
                Some(FaultPoint::RolledBack) => {
                    self.fail(number, number_of_try, TryFailure::RolledBack, None)
                }
                Some(FaultPoint::CommitAckLost) => {
                    let (_, row) = self.insert(number, lane != Lane::KeyAfterCommit);
                    self.fail(number, number_of_try, TryFailure::AckLost, Some(row));
                }
                _ => {
                    let (wrote, row) = self.insert(number, true);
                    self.note(number, Seen::Wrote { wrote, row: row.clone() });
                    if let (Lane::Cache, Some(key)) = (lane, &key) {
                        self.cache.insert(key.clone(), (self.now_us, row.clone()));
                    }
                    let held = fault.filter(|fault| fault.point == FaultPoint::Slow);
                    if let Some(fault) = held.filter(|_| lane != Lane::CheckThenInsert) {
                        self.arrival(number).stage =
                            Stage::Done { row, replayed: wrote == Wrote::Recognised };
                        self.note(number, Seen::Held { ms: fault.delay_ms });
                        let us = u64::from(fault.delay_ms) * 1_000;
                        return vec![(lane, attempt, Reply::Later { arrival: number, us })];
                    }
                    return self.done(number, &row, wrote == Wrote::Recognised);
                }
            }
            // A failure that leaves nothing unknown, at every try: the server says so at once.
            if hit.is_some_and(|fault| fault.tries.hits(2)) {
                let problem = Problem::new(ProblemName::StoreUnavailable, "The database is away.");
                let body = serde_json::to_value(problem).unwrap();
                self.note(number, Seen::Answered { status: 503, replayed: false, body: body.to_string() });
                self.arrival(number).stage = Stage::Over;
                return vec![(lane, attempt, Reply::Answer(json(503, false, &body)))];
            }
        }
        panic!("two tries did not settle arrival {number}");
    }

    fn fail(&mut self, number: u32, number_of_try: u32, how: TryFailure, row: Option<Row>) {
        self.note(number, Seen::TryFailed { number: number_of_try, how, row });
    }

    fn insert(&mut self, number: u32, with_key: bool) -> (Wrote, Row) {
        let arrival = self.arrival(number);
        let (lane, content) = (arrival.lane, arrival.content.clone());
        let key = arrival.key.clone().filter(|_| with_key);
        let unique = matches!(
            lane,
            Lane::Uuid | Lane::Key | Lane::RetryWithoutKey | Lane::NewKeyPerEdit | Lane::ServerMinted
        );
        let same = |stored: &&Stored| stored.lane == lane && key.is_some() && stored.key == key;
        if let Some(stored) = self.stored.iter().find(same).filter(|_| unique) {
            let wrote = if stored.arrival == number { Wrote::OwnRow } else { Wrote::Recognised };
            return (wrote, stored.row.clone());
        }
        let id = match (lane, &key) {
            (Lane::Uuid, Some(key)) => key.clone(),
            _ => (100 + self.stored.len()).to_string(),
        };
        let row = Row { id, content };
        self.stored.push(Stored { lane, key, row: row.clone(), arrival: number });
        (Wrote::Inserted, row)
    }

    fn done(&mut self, number: u32, row: &Row, replayed: bool) -> Vec<(Lane, u32, Reply)> {
        self.arrival(number).stage = Stage::Done { row: row.clone(), replayed };
        self.answer(number, row, replayed)
    }

    fn answer(&mut self, number: u32, row: &Row, replayed: bool) -> Vec<(Lane, u32, Reply)> {
        let arrival = self.arrival(number);
        arrival.stage = Stage::Over;
        let (lane, attempt, fault) = (arrival.lane, arrival.attempt, arrival.fault);
        let attached = std::mem::take(&mut arrival.attached);
        let status = if replayed { 200 } else { 201 };
        let body = serde_json::json!(row);
        self.note(number, Seen::Answered { status, replayed, body: body.to_string() });
        let cut = fault.filter(|fault| fault.point == FaultPoint::ReplyLost);
        let mut replies = if let Some(fault) = cut {
            self.note(number, Seen::Cut);
            vec![(lane, attempt, Reply::Cut { bare: fault.bare })]
        } else {
            vec![(lane, attempt, Reply::Answer(json(status, replayed, &body)))]
        };
        for waiting in attached {
            replies.extend(self.answer(waiting, row, true));
        }
        replies
    }
}
