//! Whether the feed is live, in one quiet line of fixed height.

use leptos::prelude::*;

use crate::outbox_handle::{LiveState, OutboxHandle};

#[component]
pub fn LiveLine() -> impl IntoView {
    let handle = OutboxHandle::of_page();
    let name = move || match handle.live.get() {
        LiveState::Connecting => "connecting",
        LiveState::Open => "open",
        LiveState::Paused(_) => "paused",
    };
    let words = move || match handle.live.get() {
        LiveState::Connecting => None,
        LiveState::Open => Some("Live".to_owned()),
        LiveState::Paused(since) => Some(format!("Live updates paused since {since} – reconnecting")),
    };
    view! {
        <p class="live" data-live=name>
            {words}
        </p>
    }
}
