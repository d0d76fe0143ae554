//! The server's side of a run, as its ledger streams it.

use js_sys::Function;
use protocol::trace::LedgerEvent;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, EventSource, MessageEvent};

/// What the stream said.
#[derive(Clone, Debug)]
pub(super) enum Word {
    /// It is open: nothing that arrives from here on is missed.
    Open,
    Event(Box<LedgerEvent>),
    /// It will not come back.
    Closed,
}

const NAMES: [&str; 3] = ["open", "error", "ledger"];

/// An open stream; dropped, it closes.
pub(super) struct Ledger {
    source: EventSource,
    on_event: Closure<dyn FnMut(Event)>,
}

impl Ledger {
    /// `None` where the browser has no event streams. The whole ledger is read at the end of a run, so a stream
    /// that breaks off makes the picture late, not wrong.
    pub(super) fn open(run: Uuid, tell: impl Fn(Word) + 'static) -> Option<Self> {
        let source = EventSource::new(&format!("{}/events", path(run))).ok()?;
        let heard = source.clone();
        let on_event = Closure::<dyn FnMut(Event)>::new(move |event: Event| match event.type_().as_str() {
            "open" => tell(Word::Open),
            "error" if heard.ready_state() == EventSource::CLOSED => tell(Word::Closed),
            "ledger" => {
                let text = event.dyn_ref::<MessageEvent>().and_then(|message| message.data().as_string());
                // What this version cannot read is left out of the picture.
                if let Some(event) = text.and_then(|text| serde_json::from_str(&text).ok()) {
                    tell(Word::Event(Box::new(event)));
                }
            }
            _ => (),
        });
        let callback: &Function = on_event.as_ref().unchecked_ref();
        for name in NAMES {
            source.add_event_listener_with_callback(name, callback).ok()?;
        }
        Some(Self { source, on_event })
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.source.close();
        let callback: &Function = self.on_event.as_ref().unchecked_ref();
        for name in NAMES {
            // Without a listener there is nothing to remove.
            let _ = self.source.remove_event_listener_with_callback(name, callback);
        }
    }
}

/// Where the ledger of `run` is read.
pub(super) fn path(run: Uuid) -> String {
    format!("/api/lab/runs/{run}")
}
