//! One `EventSource`, from its opening to its first failure.

use std::rc::Rc;

use js_sys::Function;
use protocol::key::PostId;
use protocol::post::Post;
use protocol::wire::DeletedEvent;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Event, EventSource, MessageEvent};

/// What a stream said.
#[derive(Clone, Debug)]
pub(crate) enum News {
    Open,
    Ping,
    Post(Post),
    Deleted(PostId),
    /// The stream starts from the present: what was before must be read anew.
    Reset,
    /// It broke off.
    Lost,
}

/// An event as it came, and as it is passed on to the other tabs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Bulletin {
    /// The event's type: those of the wire, and the browser's own `open` and `error`.
    pub(super) name: String,
    pub(super) data: String,
    /// The change cursor after it; empty where the event has none.
    pub(super) cursor: String,
    /// The stream it came from, so that the last words of a closed one are not taken for its successor's.
    #[serde(skip)]
    pub(super) stream: u32,
}

impl Bulletin {
    /// `None` for what this version does not know.
    pub(super) fn news(&self) -> Option<News> {
        match self.name.as_str() {
            "open" => Some(News::Open),
            "ping" => Some(News::Ping),
            "reset" => Some(News::Reset),
            "error" => Some(News::Lost),
            "post" => serde_json::from_str(&self.data).ok().map(News::Post),
            "deleted" => {
                serde_json::from_str(&self.data).ok().map(|event: DeletedEvent| News::Deleted(event.id))
            }
            _ => None,
        }
    }
}

const NAMES: [&str; 6] = ["open", "error", "ping", "reset", "post", "deleted"];

pub(super) struct Stream {
    source: EventSource,
    on_event: Closure<dyn FnMut(Event)>,
}

impl Stream {
    pub(super) fn open(url: &str, number: u32, tell: Rc<dyn Fn(Bulletin)>) -> Option<Self> {
        let source = EventSource::new(url).ok()?;
        let on_event = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            let message = event.dyn_ref::<MessageEvent>();
            tell(Bulletin {
                name: event.type_(),
                data: message.and_then(|message| message.data().as_string()).unwrap_or_default(),
                cursor: message.map(MessageEvent::last_event_id).unwrap_or_default(),
                stream: number,
            });
        });
        let callback: &Function = on_event.as_ref().unchecked_ref();
        for name in NAMES {
            source.add_event_listener_with_callback(name, callback).ok()?;
        }
        Some(Self { source, on_event })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.close();
        let callback: &Function = self.on_event.as_ref().unchecked_ref();
        for name in NAMES {
            // Without a listener there is nothing to remove.
            let _ = self.source.remove_event_listener_with_callback(name, callback);
        }
    }
}
