//! One run, from the press to the rows read from the database.

use std::collections::BTreeMap;

use app::lab_handle::{LabAsk, LabHandle, RunState};
use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use futures::future::{Either, join_all, select};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use protocol::experiment::{self, Experiment, Names, Order, Request, own_rows, rows_path};
use protocol::outbox::NoAnswer;
use protocol::scenario::Scenario;
use protocol::time::Millis;
use protocol::trace::{BrowserEvent, Lane, LedgerEvent, Row, Saw, Trace};
use serde::Deserialize;
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;

use super::arrivals::Arrivals;
use super::ledger::{self, Ledger, Word};
use super::{Happening, Teller, memory, obey, say};
use crate::{clock, transport};

/// How long a run waits for the ledger's stream to open before it begins.
const OPENING_LIMIT_MS: Millis = 2_000;

/// How long after the last side is settled late arrivals are waited for.
const TRAILING_LIMIT_MS: Millis = 20_000;

/// So many idle connections are left for the browser to send on again by itself.
const WARM_CONNECTIONS: usize = 3;

/// The ledger as it is read at once.
#[derive(Deserialize)]
struct WholeLedger {
    events: Vec<LedgerEvent>,
}

pub(super) struct Run {
    handle: LabHandle,
    tell: Teller,
    scenario: Scenario,
    names: Names,
    /// When it began, in microseconds of the page's clock.
    began_us: u64,
    sides: BTreeMap<Lane, Side>,
    arrivals: Arrivals,
    /// Whether the stream of the ledger still brings something.
    hears: bool,
}

/// One lane of a run.
struct Side {
    experiment: Experiment,
    /// The attempt that was begun last; 0 before the first.
    attempt: u32,
    wake_at: Option<Millis>,
    under_way: Option<AbortController>,
}

impl Run {
    /// `None` where the browser cannot mint ids.
    pub(super) fn new(handle: LabHandle, tell: Teller, scenario: Scenario) -> Option<Self> {
        let names = Names { run: clock::unguessable()?, id: clock::mint()?, edited: clock::mint()? };
        let side = |lane: &Lane| {
            let experiment = Experiment::new(&scenario, *lane, names);
            (*lane, Side { experiment, attempt: 0, wake_at: None, under_way: None })
        };
        let sides = scenario.compare.iter().map(side).collect();
        Some(Self {
            handle,
            tell,
            scenario,
            names,
            began_us: 0,
            sides,
            arrivals: Arrivals::default(),
            hears: false,
        })
    }

    /// Carries it out, and keeps obeying meanwhile.
    pub(super) async fn carry_out(mut self, happenings: &mut UnboundedReceiver<Happening>) {
        self.handle.trace.set(Trace::new());
        self.handle.rows.set(BTreeMap::new());
        self.handle.report.set(None);
        let run = self.names.run;
        let tell = self.tell.clone();
        let stream = Ledger::open(run, move |word| say(&tell, Happening::Ledger { run, word }));
        self.hears = stream.is_some();
        let opening_ends = clock::monotonic_ms() + OPENING_LIMIT_MS;
        while self.hears {
            match next(happenings, Some(opening_ends)).await {
                Some(Happening::Ledger { run, word: Word::Open }) if run == self.names.run => break,
                Some(happening) => self.hear(happening),
                None => break,
            }
        }
        if self.scenario.warm {
            join_all((0..WARM_CONNECTIONS).map(|_| transport::read("/api/capabilities"))).await;
        }
        self.began_us = clock::monotonic_us();
        for lane in self.scenario.compare.clone() {
            self.feed(lane, experiment::Happening::Start);
        }
        while !self.sides.values().all(|side| side.experiment.is_done()) {
            let deadline = self.sides.values().filter_map(|side| side.wake_at).min();
            match next(happenings, deadline).await {
                Some(happening) => self.hear(happening),
                None => self.wake(),
            }
        }
        self.handle.state.set(RunState::Trailing);
        let trailing_ends = clock::monotonic_ms() + TRAILING_LIMIT_MS;
        while self.hears && !self.arrivals.are_over() {
            match next(happenings, Some(trailing_ends)).await {
                Some(Happening::Asked(LabAsk::Stop)) | None => break,
                Some(happening) => self.hear(happening),
            }
        }
        drop(stream);
        self.conclude().await;
    }

    /// Reads what the ledger and the database hold at the end, and has the whole run checked.
    async fn conclude(self) {
        if let Some(whole) = read_json::<WholeLedger>(&ledger::path(self.names.run)).await {
            self.handle.trace.update(|trace| {
                for event in whole.events {
                    trace.push_ledger(event);
                }
            });
        }
        let mut rows = BTreeMap::new();
        for lane in &self.scenario.compare {
            if let Some(own) = self.read_rows(*lane).await {
                rows.insert(*lane, own);
            }
        }
        let report = self.handle.trace.with_untracked(|trace| trace.history(&rows).check());
        memory::keep(&self.scenario, &self.handle.trace.get_untracked(), &rows);
        self.handle.rows.set(rows);
        self.handle.report.set(Some(report));
        self.handle.state.set(RunState::Done);
    }

    async fn read_rows(&self, lane: Lane) -> Option<Vec<Row>> {
        let answer = transport::read(&rows_path(lane, self.names.run)).await.ok()?;
        if answer.status == 200 { own_rows(lane, &self.names, &answer.body) } else { None }
    }

    fn hear(&mut self, happening: Happening) {
        match happening {
            Happening::Asked(LabAsk::TryNow) => self.feed_all(&experiment::Happening::TryNow),
            Happening::Asked(LabAsk::Stop) => self.feed_all(&experiment::Happening::Stop),
            Happening::Asked(ask) => obey(self.handle, ask),
            Happening::Answered { run, lane, attempt, result } if run == self.names.run => {
                self.feed(lane, experiment::Happening::Answer { attempt, result });
            }
            Happening::Ledger { run, word } if run == self.names.run => match word {
                Word::Open => (),
                Word::Event(event) => {
                    self.arrivals.hear(&event);
                    self.handle.trace.update(|trace| trace.push_ledger(*event));
                }
                Word::Closed => self.hears = false,
            },
            Happening::Answered { .. } | Happening::Ledger { .. } => (),
        }
    }

    fn wake(&mut self) {
        let now = clock::monotonic_ms();
        let due = self.sides.iter().filter(|(_, side)| side.wake_at.is_some_and(|at| at <= now));
        for lane in due.map(|(lane, _)| *lane).collect::<Vec<_>>() {
            self.feed(lane, experiment::Happening::Wake);
        }
    }

    fn feed_all(&mut self, happening: &experiment::Happening) {
        for lane in self.scenario.compare.clone() {
            self.feed(lane, happening.clone());
        }
    }

    fn feed(&mut self, lane: Lane, happening: experiment::Happening) {
        let Some(side) = self.sides.get_mut(&lane) else { return };
        let orders = side.experiment.handle(happening, clock::monotonic_ms());
        // Whatever changes a lane says anew when it is to be woken.
        if !orders.is_empty() {
            side.wake_at = None;
        }
        for order in orders {
            self.obey(lane, order);
        }
    }

    fn obey(&mut self, lane: Lane, order: Order) {
        match order {
            Order::Send(request) => {
                self.arrivals.sent(lane, request.attempt);
                self.send(lane, request);
            }
            Order::Lose { attempt } => {
                self.answer(lane, attempt, Err(NoAnswer::Network));
            }
            Order::WakeAt(at) => {
                if let Some(side) = self.sides.get_mut(&lane) {
                    side.wake_at = Some(at);
                }
            }
            Order::Record(saw) => self.record(lane, saw),
            Order::Finished => {
                // Whoever gave the run up does not wait for its answer.
                if let Some(controller) = self.sides.get_mut(&lane).and_then(|side| side.under_way.take()) {
                    controller.abort();
                }
            }
        }
    }

    fn record(&mut self, lane: Lane, saw: Saw) {
        let at_us = clock::monotonic_us().saturating_sub(self.began_us);
        let Some(side) = self.sides.get_mut(&lane) else { return };
        if matches!(saw, Saw::Sent { .. }) {
            side.attempt += 1;
        }
        let attempt = side.attempt;
        self.handle.trace.update(|trace| trace.push_browser(BrowserEvent { at_us, lane, attempt, saw }));
    }

    fn send(&mut self, lane: Lane, request: Request) {
        let Ok(controller) = AbortController::new() else {
            return self.answer(lane, request.attempt, Err(NoAnswer::Network));
        };
        if let Some(side) = self.sides.get_mut(&lane) {
            side.under_way = Some(controller.clone());
        }
        let (tell, run) = (self.tell.clone(), self.names.run);
        spawn_local(async move {
            let Request { attempt, method, path, headers, body, timeout_ms, .. } = request;
            let result =
                transport::exchange(method, &path, &headers, Some(&body), timeout_ms, &controller).await;
            say(&tell, Happening::Answered { run, lane, attempt, result });
        });
    }

    fn answer(&self, lane: Lane, attempt: u32, result: Result<protocol::outbox::Answer, NoAnswer>) {
        say(&self.tell, Happening::Answered { run: self.names.run, lane, attempt, result });
    }
}

/// The next happening, or nothing once the deadline is over.
async fn next(happenings: &mut UnboundedReceiver<Happening>, deadline: Option<Millis>) -> Option<Happening> {
    let Some(deadline) = deadline else { return happenings.next().await };
    let wait = deadline.saturating_sub(clock::monotonic_ms());
    let timer = TimeoutFuture::new(u32::try_from(wait).unwrap_or(u32::MAX));
    match select(happenings.next(), timer).await {
        Either::Left((happening, _)) => happening,
        Either::Right(_) => None,
    }
}

async fn read_json<T: serde::de::DeserializeOwned>(path: &str) -> Option<T> {
    let answer = transport::read(path).await.ok()?;
    if answer.status == 200 { serde_json::from_str(&answer.body).ok() } else { None }
}
