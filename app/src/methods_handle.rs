//! What the measurements of methods may see of the browser's hands, and ask of them.
//!
//! The `frontend` crate fills this before hydration. Elsewhere nothing is there: components show what the server
//! rendered.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;
use protocol::methods::{Record, Request, Trial, Verdict, curl};

/// Something the visitor asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum MethodsAsk {
    /// Send each trial's request so many times, one after the other. A trial with other text, or with as many calls as
    /// it may have, begins anew.
    Send { trials: Vec<Trial>, times: usize, text: String },
    /// Forget what was measured.
    StartOver(Vec<Trial>),
    /// Put text on the clipboard; [`MethodsHandle::copied`] tells whether it is there.
    Copy(String),
}

/// The seam between measurements and the browser's hands.
#[derive(Clone, Copy)]
pub struct MethodsHandle {
    /// Whether the browser's hands are there and can mint ids.
    pub able: RwSignal<bool>,
    /// Where this site is served, such as `http://localhost:3000`, for lines that leave it.
    pub origin: RwSignal<String>,
    /// The identity that measured requests are sent under, made for this page alone.
    pub token: RwSignal<Option<String>>,
    /// Requests are being sent.
    pub busy: RwSignal<bool>,
    /// What was seen so far.
    pub records: RwSignal<BTreeMap<Trial, Record>>,
    /// What the last press measured; empty while it does.
    pub measured: RwSignal<Vec<Trial>>,
    /// Whether the clipboard took the last [`MethodsAsk::Copy`].
    pub copied: RwSignal<Option<bool>>,
    ask: StoredValue<Arc<dyn Fn(MethodsAsk) + Send + Sync>>,
}

impl MethodsHandle {
    /// A handle whose asks go to `ask`.
    pub fn new(ask: impl Fn(MethodsAsk) + Send + Sync + 'static) -> Self {
        Self {
            able: RwSignal::default(),
            origin: RwSignal::default(),
            token: RwSignal::default(),
            busy: RwSignal::default(),
            records: RwSignal::default(),
            measured: RwSignal::default(),
            copied: RwSignal::default(),
            ask: StoredValue::new(Arc::new(ask)),
        }
    }

    /// The handle of this page. Where nobody provided one, which is so on the server, it is one that does nothing.
    pub fn of_page() -> Self {
        use_context().unwrap_or_else(|| {
            let idle = Self::new(|_| ());
            provide_context(idle);
            idle
        })
    }

    /// A press while requests are being sent asks for nothing, however fast it comes.
    pub fn ask(&self, ask: MethodsAsk) {
        let writes = !matches!(ask, MethodsAsk::Copy(_));
        if writes && (!self.able.get_untracked() || self.busy.get_untracked()) {
            return;
        }
        if matches!(ask, MethodsAsk::Send { .. }) {
            self.busy.set(true);
            self.measured.set(Vec::new());
        }
        self.ask.with_value(|handler| handler(ask));
    }

    pub fn record(&self, trial: Trial) -> Option<Record> {
        self.records.with(|records| records.get(&trial).cloned())
    }

    pub fn verdict(&self, trial: Trial) -> Verdict {
        self.records.with(|records| records.get(&trial).map(Record::verdict).unwrap_or_default())
    }

    /// A request as a line for a shell. It is signed as the page's own requests are, so the server takes it for one.
    pub fn curl(&self, request: &Request) -> String {
        self.token.with(|token| curl::line(request, &self.origin.get(), token.as_deref()))
    }
}
