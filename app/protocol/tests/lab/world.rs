//! The client's hands, the network and the clocks: virtual, so that a run takes no time and is the same each time.

use std::collections::BTreeMap;

use protocol::experiment::{Experiment, Happening, Names, Order, Request, own_rows};
use protocol::key::PostId;
use protocol::outbox::{Answer, NoAnswer};
use protocol::scenario::Scenario;
use protocol::trace::{BrowserEvent, Lane, LedgerEvent, Row, Trace};
use uuid::Uuid;

use super::server::{Reply, Server};

/// One way through the network.
const TRAVEL_US: u64 = 1_000;

/// What a run left behind.
pub(crate) struct Run {
    pub(crate) trace: Trace,
    pub(crate) browser: Vec<BrowserEvent>,
    pub(crate) ledger: Vec<LedgerEvent>,
    pub(crate) rows: BTreeMap<Lane, Vec<Row>>,
}

pub(crate) fn names() -> Names {
    Names { run: Uuid::from_u128(0x42), id: PostId::mint(1, [1; 10]), edited: PostId::mint(2, [2; 10]) }
}

/// What the world does at a moment.
enum Action {
    Tell(Lane, Happening),
    Arrive { lane: Lane, request: Request, nth: u32 },
    GoOn { arrival: u32 },
}

struct World {
    now_us: u64,
    queue: BTreeMap<(u64, u32), Action>,
    queued: u32,
    warm: bool,
    experiments: BTreeMap<Lane, Experiment>,
    browser: Vec<BrowserEvent>,
    server: Server,
    /// Requests under way, so that a browser can send one again by itself.
    in_flight: BTreeMap<(Lane, u32), Request>,
}

/// Runs a scenario to its end. The server's clock is ahead by `offset_us`.
pub(crate) fn run(scenario: &Scenario, offset_us: u64) -> Run {
    let mut world = World {
        now_us: 0,
        queue: BTreeMap::new(),
        queued: 0,
        warm: scenario.warm,
        experiments: BTreeMap::new(),
        browser: Vec::new(),
        server: Server::new(offset_us),
        in_flight: BTreeMap::new(),
    };
    for lane in &scenario.compare {
        world.experiments.insert(*lane, Experiment::new(scenario, *lane, names()));
        world.after(0, Action::Tell(*lane, Happening::Start));
    }
    while let Some(((at, _), action)) = world.queue.pop_first() {
        world.now_us = at;
        world.act(action);
    }
    let mut trace = Trace::new();
    world.browser.iter().cloned().for_each(|event| trace.push_browser(event));
    let ledger = world.server.ledger.clone();
    ledger.iter().cloned().for_each(|event| trace.push_ledger(event));
    let rows = scenario.compare.iter().map(|lane| (*lane, world.read_rows(*lane))).collect();
    Run { trace, browser: world.browser, ledger, rows }
}

impl World {
    fn after(&mut self, us: u64, action: Action) {
        self.queued += 1;
        self.queue.insert((self.now_us + us, self.queued), action);
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Tell(lane, happening) => self.tell(lane, happening),
            Action::Arrive { lane, request, nth } => {
                let arrival = self.server.arrive(self.now_us, lane, request, nth);
                self.go_on(arrival);
            }
            Action::GoOn { arrival } => self.go_on(arrival),
        }
    }

    fn go_on(&mut self, arrival: u32) {
        let replies = self.server.go_on(self.now_us, arrival);
        // What goes back leaves when the server is done with it.
        let worked = self.server.now_us.saturating_sub(self.now_us);
        for (lane, attempt, reply) in replies {
            match reply {
                Reply::Later { arrival, us } => self.after(worked + us, Action::GoOn { arrival }),
                Reply::Answer(answer) => {
                    self.after(
                        worked + TRAVEL_US,
                        Action::Tell(lane, Happening::Answer { attempt, result: Ok(answer) }),
                    );
                }
                // A reused connection that dies without an answer: the browser sends the request again.
                Reply::Cut { bare: true } if self.warm => {
                    let request = self.in_flight[&(lane, attempt)].clone();
                    self.after(worked + 2 * TRAVEL_US, Action::Arrive { lane, request, nth: 2 });
                }
                Reply::Cut { .. } => {
                    let result = Err(NoAnswer::Network);
                    self.after(worked + TRAVEL_US, Action::Tell(lane, Happening::Answer { attempt, result }));
                }
            }
        }
    }

    fn tell(&mut self, lane: Lane, happening: Happening) {
        let now_ms = self.now_us / 1_000;
        let experiment = self.experiments.get_mut(&lane).unwrap();
        for order in experiment.handle(happening, now_ms) {
            match order {
                Order::Send(request) => {
                    let attempt = request.attempt;
                    let result = Err(NoAnswer::Timeout);
                    let timeout = request.timeout_ms * 1_000;
                    self.in_flight.insert((lane, attempt), request.clone());
                    self.after(TRAVEL_US, Action::Arrive { lane, request, nth: 1 });
                    self.after(timeout, Action::Tell(lane, Happening::Answer { attempt, result }));
                }
                Order::Lose { attempt } => {
                    let result = Err(NoAnswer::Network);
                    self.after(0, Action::Tell(lane, Happening::Answer { attempt, result }));
                }
                Order::WakeAt(at) => {
                    self.after((at * 1_000).saturating_sub(self.now_us), Action::Tell(lane, Happening::Wake));
                }
                Order::Record(saw) => {
                    let attempt = self.last_attempt(lane, &saw);
                    self.browser.push(BrowserEvent { at_us: self.now_us, lane, attempt, saw });
                }
                Order::Finished => {}
            }
        }
    }

    /// The attempt that a record belongs to: a sending begins the next one.
    fn last_attempt(&self, lane: Lane, saw: &protocol::trace::Saw) -> u32 {
        let of_lane = self.browser.iter().rev().find(|event| event.lane == lane);
        let last = of_lane.map_or(0, |event| event.attempt);
        if matches!(saw, protocol::trace::Saw::Sent { .. }) { last + 1 } else { last }
    }

    /// As a page reads them: through the answer of the endpoint.
    fn read_rows(&self, lane: Lane) -> Vec<Row> {
        let posts: Vec<_> = self.server.rows(lane).iter().map(|row| serde_json::json!(row)).collect();
        own_rows(lane, &names(), &serde_json::json!({ "posts": posts }).to_string()).unwrap()
    }
}

pub(crate) fn json(status: u16, replayed: bool, body: &serde_json::Value) -> Answer {
    let content_type =
        Some(if status < 400 { "application/json" } else { "application/problem+json" }.to_owned());
    Answer { status, content_type, replayed, body: body.to_string(), ..Answer::default() }
}
