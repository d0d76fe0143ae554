//! Where a post stands, as an icon and words, never as colour alone.

use leptos::prelude::*;

use super::icon::{self, Icon};

/// `state` is the post's `data-state`, `words` what the outbox machine says of it.
#[component]
pub fn Chip(#[prop(into)] state: Signal<&'static str>, #[prop(into)] words: Signal<String>) -> impl IntoView {
    let path = Signal::derive(move || icon_of(state.get()));
    view! {
        <span class="chip" data-tone=move || tone_of(state.get())>
            <Icon path />
            <span>{move || words.get()}</span>
        </span>
    }
}

fn icon_of(state: &str) -> &'static str {
    match state {
        "sending" => icon::SENDING,
        "waiting" => icon::CLOCK,
        "posted" => icon::TICK,
        "replayed" => icon::RECOGNISED,
        "queued" => icon::STACK,
        "needs-you" => icon::NOTICE,
        _ => icon::KEPT,
    }
}

fn tone_of(state: &str) -> &'static str {
    match state {
        "posted" | "replayed" => "good",
        "needs-you" => "bad",
        _ => "quiet",
    }
}
