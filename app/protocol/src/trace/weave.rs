//! Both records as one list of marks, in which no effect stands before its cause.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use serde::{Deserialize, Serialize};

use super::event::{BrowserEvent, LedgerEvent, Saw, Seen};
use super::fit::{Fit, Origin, fit, origins, signed};
use super::lane::Lane;

/// The records of one run, in whatever order they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    browser: Vec<BrowserEvent>,
    /// By number; each number once.
    ledger: Vec<LedgerEvent>,
}

/// One event with its place: whose it is, and when, on the browser's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub lane: Lane,
    pub attempt: u32,
    /// Microseconds since the run began; the server's times are fitted, and no mark is earlier than the one
    /// before it.
    pub at_us: u64,
    pub what: What,
}

/// Who recorded it, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Browser(Saw),
    /// `nth` counts the arrivals of this attempt from 1, `arrival` those of the run.
    Server {
        arrival: u32,
        nth: u32,
        seen: Seen,
    },
}

impl Trace {
    pub const fn new() -> Self {
        Self { browser: Vec::new(), ledger: Vec::new() }
    }

    pub fn push_browser(&mut self, event: BrowserEvent) {
        self.browser.push(event);
    }

    /// Keeps an event of the ledger; one whose number is there already is the same, told twice.
    pub fn push_ledger(&mut self, event: LedgerEvent) {
        if let Err(place) = self.ledger.binary_search_by_key(&event.number, |known| known.number) {
            self.ledger.insert(place, event);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.browser.is_empty() && self.ledger.is_empty()
    }

    /// The server's events, by number.
    pub fn ledger(&self) -> &[LedgerEvent] {
        &self.ledger
    }

    /// How the server's clock was fitted to the browser's.
    pub fn fit(&self) -> Fit {
        fit(&self.browser, &self.ledger)
    }

    /// All events in causal order. An event of an arrival that was not told of yet waits for it.
    pub fn marks(&self) -> Vec<Mark> {
        let mut nodes = self.browser_nodes();
        let chain_starts = nodes.len();
        nodes.extend(self.ledger_nodes());
        let mut causes = vec![0_usize; nodes.len()];
        let mut effects = vec![Vec::new(); nodes.len()];
        for (cause, effect) in links(&nodes, chain_starts) {
            effects[cause].push(effect);
            causes[effect] += 1;
        }
        order(nodes, causes, &effects)
    }

    /// The browser's own order: by time, and where its clock is too coarse to tell, by what follows what.
    fn browser_nodes(&self) -> Vec<Mark> {
        let mut events: Vec<&BrowserEvent> = self.browser.iter().collect();
        events.sort_by_key(|event| (event.at_us, event.lane, event.attempt, rank(&event.saw)));
        let mark = |event: &BrowserEvent| Mark {
            lane: event.lane,
            attempt: event.attempt,
            at_us: event.at_us,
            what: What::Browser(event.saw.clone()),
        };
        events.into_iter().map(mark).collect()
    }

    fn ledger_nodes(&self) -> Vec<Mark> {
        let (origins, offset) = (origins(self.ledger.iter()), self.fit().offset_us);
        let mut latest = 0;
        let mark = |event: &LedgerEvent| {
            let Origin { lane, attempt, nth } = *origins.get(&event.arrival)?;
            let fitted = signed(event.at_us).saturating_add(offset).max(0);
            latest = u64::try_from(fitted).unwrap_or(0).max(latest);
            let what = What::Server { arrival: event.arrival, nth, seen: event.seen.clone() };
            Some(Mark { lane, attempt, at_us: latest, what })
        };
        self.ledger.iter().filter_map(mark).collect()
    }
}

/// What follows what in one attempt, in the browser.
const fn rank(saw: &Saw) -> u8 {
    match saw {
        Saw::Sent { .. } => 0,
        Saw::Lost => 1,
        Saw::Answer { .. } | Saw::NoAnswer { .. } => 2,
        Saw::Waiting { .. } => 3,
        Saw::Settled { .. } => 4,
    }
}

/// Pairs of (cause, effect): each lane's order in the browser, the server's order, a request before its
/// arrival, the end of an arrival before the browser hears of it.
fn links(nodes: &[Mark], chain_starts: usize) -> Vec<(usize, usize)> {
    let mut links = Vec::new();
    let mut last_of_lane = BTreeMap::new();
    let mut sent = BTreeMap::new();
    let mut answered: BTreeMap<(Lane, u32), Vec<(u32, usize)>> = BTreeMap::new();
    let mut cut: BTreeMap<(Lane, u32), Vec<(u32, usize)>> = BTreeMap::new();
    for (place, node) in nodes.iter().enumerate() {
        let key = (node.lane, node.attempt);
        match &node.what {
            What::Browser(saw) => {
                if let Some(before) = last_of_lane.insert(node.lane, place) {
                    links.push((before, place));
                }
                if matches!(saw, Saw::Sent { .. }) {
                    sent.entry(key).or_insert(place);
                }
            }
            What::Server { nth, seen, .. } => {
                if place > chain_starts {
                    links.push((place - 1, place));
                }
                match seen {
                    Seen::Arrived { .. } => links.extend(sent.get(&key).map(|sent| (*sent, place))),
                    Seen::Answered { .. } => answered.entry(key).or_default().push((*nth, place)),
                    Seen::Cut => cut.entry(key).or_default().push((*nth, place)),
                    Seen::Held { .. }
                    | Seen::Attached
                    | Seen::Try { .. }
                    | Seen::TryFailed { .. }
                    | Seen::Looked { .. }
                    | Seen::Wrote { .. } => {}
                }
            }
        }
    }
    for (place, node) in nodes.iter().enumerate() {
        let key = (node.lane, node.attempt);
        let cut = cut.get(&key).map(Vec::as_slice).unwrap_or_default();
        match &node.what {
            What::Browser(Saw::Answer { .. }) => {
                let answered = answered.get(&key).map(Vec::as_slice).unwrap_or_default();
                let is_cut = |nth: u32| cut.iter().any(|(other, _)| *other == nth);
                let heard = answered.iter().find(|(nth, _)| !is_cut(*nth));
                links.extend(heard.map(|(_, cause)| (*cause, place)));
            }
            What::Browser(Saw::NoAnswer { timeout: false }) => {
                links.extend(cut.iter().map(|(_, cause)| (*cause, place)));
            }
            What::Browser(_) | What::Server { .. } => {}
        }
    }
    links
}

/// The earliest of those whose causes are all told, again and again. Records that contradict each other would
/// leave a circle: it is opened at its earliest member.
fn order(nodes: Vec<Mark>, mut causes: Vec<usize>, effects: &[Vec<usize>]) -> Vec<Mark> {
    let times: Vec<u64> = nodes.iter().map(|node| node.at_us).collect();
    let mut nodes: Vec<Option<Mark>> = nodes.into_iter().map(Some).collect();
    let free = |place: &usize| causes[*place] == 0;
    let mut ready: BinaryHeap<_> =
        (0..nodes.len()).filter(free).map(|place| Reverse((times[place], place))).collect();
    let mut marks = Vec::with_capacity(nodes.len());
    let mut now = 0;
    while marks.len() < nodes.len() {
        let next = ready.pop().map(|Reverse((_, place))| place);
        let circle = || (0..nodes.len()).filter(|place| nodes[*place].is_some()).min_by_key(|p| times[*p]);
        let Some(place) = next.or_else(circle) else { break };
        let Some(mut mark) = nodes[place].take() else { continue };
        now = mark.at_us.max(now);
        mark.at_us = now;
        marks.push(mark);
        for effect in &effects[place] {
            causes[*effect] = causes[*effect].saturating_sub(1);
            if causes[*effect] == 0 {
                ready.push(Reverse((times[*effect], *effect)));
            }
        }
    }
    marks
}
