//! What is done where a part of the program cannot be fetched, as after a new build: the page is loaded again, once.
//! Whatever is missing then stays missing, and the page works without it, as it does without any program.

use std::cell::Cell;
use std::rc::Rc;

use leptos::ev;
use leptos::prelude::{WindowListenerHandle, window_event_listener};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlTextAreaElement, Storage};

/// There, in the tab's own storage, after a page was loaded again for want of a part.
const RELOADED: &str = "reloaded";

/// Whether the page is being left. What was still being fetched for it is then broken off, which some browsers tell the
/// page while the next one is on its way: loading this one again would take the next one's place.
pub(crate) struct Leaving {
    is_left: Rc<Cell<bool>>,
    listener: WindowListenerHandle,
}

impl Leaving {
    pub(crate) fn watch() -> Self {
        let is_left = Rc::new(Cell::new(false));
        let told = is_left.clone();
        let listener = window_event_listener(ev::beforeunload, move |_| told.set(true));
        Self { is_left, listener }
    }

    /// Whether it was; nobody asks any more.
    pub(crate) fn end(self) -> bool {
        self.listener.remove();
        self.is_left.get()
    }
}

/// Loads the page again, unless that was done already or would lose what somebody wrote.
pub(crate) fn once() {
    let (Some(window), Some(marks)) = (web_sys::window(), marks()) else { return };
    let done = !matches!(marks.get_item(RELOADED), Ok(None));
    // Where it cannot be remembered it might never end.
    if done || is_written_in() || marks.set_item(RELOADED, "").is_err() {
        return;
    }
    let _ = window.location().reload();
}

/// Everything is there: the next time that something is missing is another one.
pub(crate) fn forget() {
    if let Some(marks) = marks() {
        let _ = marks.remove_item(RELOADED);
    }
}

fn marks() -> Option<Storage> {
    web_sys::window()?.session_storage().ok()?
}

/// Whether a field for text holds something other than what the server rendered into it.
fn is_written_in() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    let fields = document.and_then(|document| document.query_selector_all("textarea, input[type=text]").ok());
    let Some(fields) = fields else { return false };
    (0..fields.length()).filter_map(|place| fields.item(place)).any(|field| {
        let area = field.dyn_ref::<HtmlTextAreaElement>();
        let input = field.dyn_ref::<HtmlInputElement>();
        area.is_some_and(|area| area.default_value().is_ok_and(|rendered| rendered != area.value()))
            || input.is_some_and(|input| input.value() != input.default_value())
    })
}
