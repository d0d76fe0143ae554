//! Pages that somebody changed, such as an extension or a proxy: the page's own script puts them right before the
//! program takes them over, or lets them go on without it. A panic leads there too.

use std::cell::RefCell;
use std::panic;

use js_sys::Function;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlElement;

thread_local! {
    static GIVE_UP: RefCell<Option<Function>> = const { RefCell::new(None) };
    static PREPARE: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Keeps what the page's script offers, and has every panic end there.
pub(crate) fn listen(prepare: Function, give_up: Function) {
    PREPARE.set(Some(prepare));
    GIVE_UP.set(Some(give_up));
    panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        self::give_up();
    }));
}

/// What may be taken over, as the server sent it, perhaps put there again. `None` where the page has been given up.
pub(crate) fn prepare() -> Option<HtmlElement> {
    let prepare = PREPARE.with_borrow(Clone::clone)?;
    prepare.call0(&JsValue::NULL).ok()?.dyn_into().ok()
}

/// The page goes on without its program.
pub(crate) fn give_up() {
    if let Some(give_up) = GIVE_UP.with_borrow(Clone::clone) {
        // Whatever is thrown there reaches the console; there is nowhere further to fall back to.
        let _ = give_up.call0(&JsValue::NULL);
    }
}
