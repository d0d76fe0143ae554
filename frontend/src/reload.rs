//! What is done where a part of the program cannot be fetched, as after a new build: the page is loaded again, once.
//! Whatever is missing then stays missing, and the page works without it, as it does without any program.

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlTextAreaElement, Storage};

/// There, in the tab's own storage, after a page was loaded again for want of a part.
const RELOADED: &str = "reloaded";

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
