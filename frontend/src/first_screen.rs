//! The first screen's composer answers before the rest of its page has been fetched.

use app::lab::opening::{Opening, OpeningProps};
use app::lab::press::Press;
use leptos::mount::hydrate_from;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlFormElement};

use crate::clock;

/// The composer, taken over by itself.
pub(crate) struct FirstScreen {
    pub(crate) press: Press,
    frame: Element,
    form: HtmlFormElement,
}

impl FirstScreen {
    /// `None` on every other page.
    pub(crate) fn take_over() -> Option<Self> {
        let document = web_sys::window()?.document()?;
        let frame = document.query_selector(".frame").ok()??;
        let form = document.query_selector(".first > .opening").ok()??.dyn_into::<HtmlFormElement>().ok()?;
        let around = form.parent_element()?.dyn_into::<HtmlElement>().ok()?;
        // It outlives this: the rest of the page takes the press over from it.
        let owner = Owner::new();
        let press = owner.with(|| Press::new(clock::mint().is_some()));
        std::mem::forget(owner);
        hydrate_from(around, move || Opening(OpeningProps { press })).forget();
        // Whether a press is taken does not hang on this attribute, which is for those who look.
        let _ = frame.set_attribute("data-ready", "");
        Some(Self { press, frame, form })
    }

    /// The rest of the page does not come: the form is the browser's again, with what was pressed meanwhile.
    pub(crate) fn give_back(&self) {
        self.press.let_go();
        let _ = self.frame.remove_attribute("data-ready");
        if self.press.waiting.with_untracked(Option::is_some) {
            // Sent as it stands; where even that fails the visitor presses again.
            let _ = self.form.submit();
        }
    }

    /// Whether something was pressed that is not carried out yet.
    pub(crate) fn is_pressed(&self) -> bool {
        self.press.waiting.with_untracked(Option::is_some)
    }
}
