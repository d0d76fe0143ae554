//! When the rest of the first screen is fetched: as soon as somebody does something there, or has been on this site
//! before and so may have posts to send. Whoever only reads is spared what they do not use.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AddEventListenerOptions;

use crate::storage;

/// What comes before, or at the latest with, the use of anything. Assistive technology may submit without a key or a
/// pointer.
const EVENTS: [&str; 6] = ["pointermove", "pointerdown", "keydown", "focusin", "scroll", "submit"];

/// Resolves when the page is used, or where something may be kept for it.
pub(crate) async fn first() {
    let Some(window) = web_sys::window() else { return };
    let used = Promise::new(&mut |resolve, _| {
        let once = AddEventListenerOptions::new();
        once.set_once(true);
        once.set_passive(true);
        once.set_capture(true);
        for name in EVENTS {
            // Where one cannot be listened for, another tells.
            let _ =
                window.add_event_listener_with_callback_and_add_event_listener_options(name, &resolve, &once);
        }
        spawn_local(async move {
            if is_focused() || storage::may_exist().await {
                let _ = resolve.call0(&JsValue::NULL);
            }
        });
    });
    // It is never rejected.
    let _ = JsFuture::from(used).await;
}

/// Whether a field or a link has the focus already, as it may by the time that the program is there.
fn is_focused() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|document| {
        let body = document.body().map(Into::into);
        document.active_element().is_some_and(|element| Some(element) != body)
    })
}
