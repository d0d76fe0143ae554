//! Which happening leads to which orders.

use crate::fault::{FaultPoint, Plan, SplitMix64};
use crate::outbox::{Answer, NoAnswer};
use crate::scenario::{Retry, Scenario};
use crate::time::Millis;
use crate::trace::{Lane, Saw};

use super::judgement::{Judgement, judge};
use super::order::{Happening, Order};
use super::request::{Attempt, Names};

/// A lane that has asked so often without an answer stops: the lesson is learnt.
pub const ATTEMPTS_MAX: u32 = 20;

/// The client of one lane. Two lanes of one scenario meet the same weather and wait equally long.
#[derive(Clone, Debug)]
pub struct Experiment {
    lane: Lane,
    names: Names,
    weather: Plan,
    retry: Retry,
    random: SplitMix64,
    timeout_ms: Millis,
    text: String,
    /// What the text becomes after the first unanswered attempt, in the one lane that sends what was edited:
    /// every other sends at each attempt what it sent at the first.
    edit: Option<String>,
    is_edited: bool,
    /// The attempt that was begun last; 0 before the first.
    attempt: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    /// One attempt at a time.
    InFlight,
    Waiting {
        until: Millis,
    },
    Done,
}

impl Experiment {
    pub fn new(scenario: &Scenario, lane: Lane, names: Names) -> Self {
        Self {
            lane,
            names,
            weather: scenario.faults.clone(),
            retry: scenario.retry,
            // Not the stream that odds draw from, or waits would follow the weather.
            random: SplitMix64::new(!scenario.seed),
            timeout_ms: scenario.timeout_ms,
            text: scenario.text.clone(),
            edit: scenario.edit.clone().filter(|_| lane == Lane::NewKeyPerEdit),
            is_edited: false,
            attempt: 0,
            state: State::Idle,
        }
    }

    pub const fn lane(&self) -> Lane {
        self.lane
    }

    /// Whether nothing more will come.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes what happened. What does not fit the state, such as the answer of an attempt given up, is ignored.
    pub fn handle(&mut self, happening: Happening, now_ms: Millis) -> Vec<Order> {
        let mut orders = Vec::new();
        match (self.state, happening) {
            (State::Idle, Happening::Start) => self.send(&mut orders),
            (State::InFlight, Happening::Answer { attempt, result }) if attempt == self.attempt => {
                match result {
                    Ok(answer) => self.answered(answer, now_ms, &mut orders),
                    Err(how) => self.unanswered(how, now_ms, &mut orders),
                }
            }
            (State::Waiting { until }, Happening::Wake) if now_ms < until => {
                orders.push(Order::WakeAt(until));
            }
            (State::Waiting { .. }, Happening::Wake | Happening::TryNow) => self.send(&mut orders),
            (State::Idle | State::InFlight | State::Waiting { .. }, Happening::Stop) => {
                self.settle(false, &mut orders);
            }
            _ => {}
        }
        orders
    }

    fn send(&mut self, orders: &mut Vec<Order>) {
        self.attempt += 1;
        self.state = State::InFlight;
        let fault = self.weather.fault(self.attempt);
        let request = Attempt {
            lane: self.lane,
            names: &self.names,
            number: self.attempt,
            text: &self.text,
            is_edited: self.is_edited,
            timeout_ms: self.timeout_ms,
            fault,
        }
        .request();
        orders.push(Order::Record(Saw::Sent {
            method: request.method.to_owned(),
            path: request.path.clone(),
            headers: request.headers.clone(),
            body: request.body.clone(),
            fault: fault.map(|fault| fault.to_string()),
        }));
        if fault.is_some_and(|fault| fault.point == FaultPoint::RequestLost) {
            orders.push(Order::Record(Saw::Lost));
            orders.push(Order::Lose { attempt: self.attempt });
        } else {
            orders.push(Order::Send(request));
        }
    }

    fn answered(&mut self, answer: Answer, now_ms: Millis, orders: &mut Vec<Order>) {
        let judgement = judge(self.lane, &self.names.id.to_string(), &self.text, &answer);
        let Answer { status, replayed, body, .. } = answer;
        orders.push(Order::Record(Saw::Answer { status, replayed, body }));
        match judgement {
            Judgement::Settled => self.settle(true, orders),
            Judgement::TryAgain { not_before_ms } => self.wait(not_before_ms, now_ms, orders),
        }
    }

    fn unanswered(&mut self, how: NoAnswer, now_ms: Millis, orders: &mut Vec<Order>) {
        orders.push(Order::Record(Saw::NoAnswer { timeout: how == NoAnswer::Timeout }));
        if let Some(edited) = self.edit.take() {
            self.text = edited;
            self.is_edited = true;
        }
        self.wait(None, now_ms, orders);
    }

    fn wait(&mut self, not_before_ms: Option<Millis>, now_ms: Millis, orders: &mut Vec<Order>) {
        let failures = self.attempt.saturating_sub(1);
        let delay = self.retry.delay(failures, self.random.next_u64());
        let Some(delay) = delay.filter(|_| self.attempt < ATTEMPTS_MAX) else {
            return self.settle(false, orders);
        };
        let ms = delay.max(not_before_ms.unwrap_or(0));
        let until = now_ms.saturating_add(ms);
        self.state = State::Waiting { until };
        orders.push(Order::Record(Saw::Waiting { ms }));
        orders.push(Order::WakeAt(until));
    }

    fn settle(&mut self, answered: bool, orders: &mut Vec<Order>) {
        self.state = State::Done;
        orders.push(Order::Record(Saw::Settled { answered }));
        orders.push(Order::Finished);
    }
}
