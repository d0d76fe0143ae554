//! The first screen's composer: filled in, with a fault already armed, and one press does everything.
//!
//! It is taken over twice, first by itself and then with the rest of the page, so what it renders has the same shape in
//! every state.

use leptos::html;
use leptos::prelude::*;
use protocol::post::{LOBBY, check_content};

use super::press::Press;
use crate::components::icon::{self, Icon};
use crate::ports::Viewer;

/// What stands in the field until the visitor writes something else.
pub const TEXT: &str = "Hello, world";

/// Until the browser's hands are there the form posts natively, once, to the plain feed.
#[component]
pub fn Opening(press: Press) -> impl IntoView {
    let viewer = use_context::<Viewer>();
    let field = NodeRef::<html::Input>::new();
    let listens = press.hold();

    let submit = move |event: leptos::ev::SubmitEvent| {
        if !listens() || !press.able.get_untracked() {
            return;
        }
        event.prevent_default();
        if press.is_busy_untracked() {
            return;
        }
        let text = field.get_untracked().map(|field| field.value()).unwrap_or_default();
        if check_content(&text).is_err() {
            press.problem.set("Write 1 to 2,048 characters first.");
            return;
        }
        press.problem.set("");
        press.waiting.set(Some(text));
    };
    // A key that is held down is one press.
    let held = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Enter" && (event.repeat() || event.is_composing()) {
            event.prevent_default();
        }
    };

    view! {
        <form
            class="composer opening"
            data-testid="composer"
            aria-label="New post"
            method="post"
            action="/posts"
            on:submit=submit
        >
            <input
                type="hidden"
                name="id"
                autocomplete="off"
                value=viewer.map(|viewer| viewer.fallback_id.to_string())
            />
            <input
                type="hidden"
                name="as_user"
                autocomplete="off"
                value=viewer.map(|viewer| viewer.user_id.to_string())
            />
            <input type="hidden" name="room" value=LOBBY />
            <label for="opening-text">"Your post"</label>
            <input
                type="text"
                id="opening-text"
                name="content"
                value=TEXT
                required
                dir="auto"
                maxlength="2048"
                autocomplete="off"
                aria-describedby="opening-armed opening-why"
                node_ref=field
                on:keydown=held
            />
            <button
                type="submit"
                class="primary"
                aria-disabled=move || press.is_busy().then_some("true")
                aria-describedby="opening-why"
            >
                "Post"
            </button>
            <p class="armed" id="opening-armed" data-testid="armed">
                <Icon path=Signal::stored(icon::SCISSORS) />
                <span>
                    <strong>"Armed: "</strong>
                    "the reply to the first attempt will be lost, on both sides."
                </span>
                <a class="button" href="/lab" rel="external">
                    "Break it elsewhere"
                </a>
            </p>
            <p class="why-not" id="opening-why">
                {move || match press.problem.get() {
                    "" if press.waiting.with(Option::is_some) => "Taken. What runs it is still being fetched.",
                    "" if press.is_busy() => "One run at a time: this one is still going on.",
                    // Always a text, and never white space alone, which a proxy may take away.
                    "" => "\u{200b}",
                    problem => problem,
                }}
            </p>
        </form>
    }
    .into_any()
}
