//! What the lab's components may see of the browser's hands, and ask of them.
//!
//! The `frontend` crate fills this before hydration. Elsewhere nothing is there: components show what the server
//! rendered.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;
use protocol::history::Report;
use protocol::scenario::Scenario;
use protocol::time::Millis;
use protocol::trace::{Lane, Row, Trace};

/// Something the visitor asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum LabAsk {
    /// One press: every lane of the scenario gets the same request under the same weather.
    Run(Box<Scenario>),
    /// Skip the delay before the next attempt, never the single flight.
    TryNow,
    /// No more attempts. What is under way may still arrive.
    Stop,
    /// Put text on the clipboard; [`LabHandle::copied`] tells whether it is there.
    Copy(String),
    /// Show this path as the page's own, so that a reload and a bookmark lead here again.
    Address(String),
    /// Show the last run of this scenario again, where this browser has kept one.
    Recall(Box<Scenario>),
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunState {
    /// Nothing was run on this page.
    #[default]
    Idle,
    /// At least one side is not settled.
    Running,
    /// Every side is settled; requests that are still on their way may yet arrive.
    Trailing,
    /// Nothing more can happen: the rows were read from the database.
    Done,
}

impl RunState {
    /// Whether another run has to wait.
    pub const fn is_busy(self) -> bool {
        matches!(self, Self::Running | Self::Trailing)
    }
}

/// The seam between the lab and the browser's hands.
#[derive(Clone, Copy)]
pub struct LabHandle {
    /// Whether the browser's hands are there and can mint ids.
    pub able: RwSignal<bool>,
    /// Where this site is served, such as `http://localhost:3000`, for links that leave it.
    pub origin: RwSignal<String>,
    pub state: RwSignal<RunState>,
    /// What [`LabHandle::trace`] is a run of.
    pub scenario: RwSignal<Option<Scenario>>,
    /// What was recorded so far.
    pub trace: RwSignal<Trace>,
    /// The rows of each lane as the database gave them at the end; a lane whose rows could not be read is missing.
    pub rows: RwSignal<BTreeMap<Lane, Vec<Row>>>,
    /// What the checker of histories says of the whole run.
    pub report: RwSignal<Option<Report>>,
    /// Whether the clipboard took the last [`LabAsk::Copy`].
    pub copied: RwSignal<Option<bool>>,
    ask: StoredValue<Arc<dyn Fn(LabAsk) + Send + Sync>>,
    now: fn() -> Millis,
}

impl LabHandle {
    /// A handle whose asks go to `ask`, and that reads the browser's monotonic clock with `now`.
    pub fn new(now: fn() -> Millis, ask: impl Fn(LabAsk) + Send + Sync + 'static) -> Self {
        Self {
            able: RwSignal::default(),
            origin: RwSignal::default(),
            state: RwSignal::default(),
            scenario: RwSignal::default(),
            trace: RwSignal::default(),
            rows: RwSignal::default(),
            report: RwSignal::default(),
            copied: RwSignal::default(),
            ask: StoredValue::new(Arc::new(ask)),
            now,
        }
    }

    /// The handle of this page. Where nobody provided one, which is so on the server, it is one that does nothing.
    pub fn of_page() -> Self {
        use_context().unwrap_or_else(|| {
            let idle = Self::new(|| 0, |_| ());
            provide_context(idle);
            idle
        })
    }

    /// A press while a run is busy is no second run, however fast it comes: the state changes at once.
    pub fn ask(&self, ask: LabAsk) {
        if let LabAsk::Run(scenario) = &ask {
            if !self.able.get_untracked() || self.state.get_untracked().is_busy() {
                return;
            }
            self.state.set(RunState::Running);
            self.scenario.set(Some((**scenario).clone()));
        }
        self.ask.with_value(|handler| handler(ask));
    }

    /// Milliseconds by a clock that never goes back.
    pub fn now_ms(&self) -> Millis {
        (self.now)()
    }
}
