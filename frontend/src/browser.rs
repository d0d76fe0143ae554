//! The browser's hints, and small favours that it may refuse.

use std::cell::Cell;
use std::rc::Rc;

use app::outbox_handle::Copied;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{BeforeUnloadEvent, Event, PageTransitionEvent, Storage, VisibilityState};

/// How long a clipboard may take until the visitor is told that it does.
const CLIPBOARD_PATIENCE_MS: u32 = 3_000;

/// What the browser tells a page about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    Online,
    Offline,
    /// The tab came to the front or got the focus.
    Visible,
    Hidden,
    /// The page is left, perhaps into the back/forward cache.
    Left,
    /// The page came back from there.
    Returned,
}

/// Tells every hint from here on, for as long as the page lives.
pub(crate) fn listen(tell: impl Fn(Hint) + 'static) {
    let on_event = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        let hint = match event.type_().as_str() {
            "online" => Hint::Online,
            "offline" => Hint::Offline,
            "focus" => Hint::Visible,
            "visibilitychange" if is_visible() => Hint::Visible,
            "visibilitychange" => Hint::Hidden,
            "pagehide" => Hint::Left,
            "pageshow" if came_back(&event) => Hint::Returned,
            _ => return,
        };
        tell(hint);
    })
    .into_js_value();
    let callback: &Function = on_event.unchecked_ref();
    let Some(window) = web_sys::window() else { return };
    for name in ["online", "offline", "focus", "pagehide", "pageshow"] {
        // A listener that cannot be added is a hint that does not come; every one of them is only a hint.
        let _ = window.add_event_listener_with_callback(name, callback);
    }
    if let Some(document) = window.document() {
        let _ = document.add_event_listener_with_callback("visibilitychange", callback);
    }
}

fn came_back(event: &Event) -> bool {
    event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted)
}

pub(crate) fn is_visible() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_none_or(|document| document.visibility_state() == VisibilityState::Visible)
}

/// Where short texts are kept from page to page, each at once; a browser may refuse it.
pub(crate) fn local_storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// What the browser thinks; wrong in both directions.
pub(crate) fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Asks before the page is closed, while the cell says that something would be lost.
pub(crate) fn guard_leaving(unsaved: Rc<Cell<bool>>) {
    let on_leave = Closure::<dyn FnMut(BeforeUnloadEvent)>::new(move |event: BeforeUnloadEvent| {
        if unsaved.get() {
            event.prevent_default();
        }
    })
    .into_js_value();
    if let Some(window) = web_sys::window() {
        let _ = window.add_event_listener_with_callback("beforeunload", on_leave.unchecked_ref());
    }
}

/// Asks the browser not to clear this site's storage when it runs short. It may refuse; nothing follows from that.
pub(crate) fn ask_to_persist() {
    if let Some(window) = web_sys::window().filter(|window| window.is_secure_context())
        && let Ok(promise) = window.navigator().storage().persist()
    {
        spawn_local(async move {
            let _ = JsFuture::from(promise).await;
        });
    }
}

/// Puts text on the clipboard and tells what became of it: at once where the page has no clipboard, as on plain http;
/// twice where the browser takes its time, as it may while it asks the visitor.
pub(crate) fn copy(text: &str, tell: impl Fn(Copied) + 'static) {
    let Some(writing) = write_text(text) else { return tell(Copied::Refused) };
    spawn_local(async move {
        let written = match select(JsFuture::from(writing), TimeoutFuture::new(CLIPBOARD_PATIENCE_MS)).await {
            Either::Left((written, _)) => written,
            Either::Right(((), writing)) => {
                tell(Copied::Unanswered);
                writing.await
            }
        };
        tell(if written.is_ok() { Copied::Done } else { Copied::Refused });
    });
}

/// Looked up by hand, because a browser may have no clipboard at all, or one that throws.
fn write_text(text: &str) -> Option<Promise> {
    let navigator = web_sys::window()?.navigator();
    let clipboard = Reflect::get(&navigator, &"clipboard".into()).ok()?;
    let write: Function = Reflect::get(&clipboard, &"writeText".into()).ok()?.dyn_into().ok()?;
    Some(Promise::resolve(&write.call1(&clipboard, &text.into()).ok()?))
}

/// Where this site is served.
pub(crate) fn origin() -> String {
    web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default()
}

/// Shows `path` as this page's address. It may refuse, as it does to a page that asks too often.
pub(crate) fn show_address(path: &str) {
    if let Some(history) = web_sys::window().and_then(|window| window.history().ok()) {
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(path));
    }
}
