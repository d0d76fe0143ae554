//! What this browser has not had an answer for.

use leptos::prelude::*;

use super::post_card::UnsentPost;
use crate::outbox_handle::{Keeping, OutboxHandle, Pending};

/// Items on their way, newest first, above the stored posts they are about to join. `shown` leaves out those
/// whose row stands in the feed of `room` already: a post is never both.
#[component]
pub fn Outbox(shown: Memo<Vec<Pending>>, room: String) -> impl IntoView {
    let handle = OutboxHandle::of_page();
    let summary = move || {
        let waiting = shown.with(|items| items.iter().filter(|item| is_waiting(item)).count());
        summary(waiting, matches!(handle.keeping.get(), Keeping::Memory(_)))
    };
    view! {
        <section class="outbox" data-testid="outbox" aria-label="Outbox" hidden=move || shown.with(Vec::is_empty)>
            <p class="banner">{summary}</p>
            <ol class="posts">
                <For each=move || shown.get() key=|item| item.id let(item)>
                    <UnsentPost elsewhere=item.room != room item />
                </For>
            </ol>
        </section>
    }
    .into_any()
}

fn is_waiting(item: &Pending) -> bool {
    matches!(item.state, "saved" | "sending" | "waiting")
}

fn summary(waiting: usize, memory_only: bool) -> String {
    let place = if memory_only { "kept in this tab" } else { "safe on this device" };
    match waiting {
        0 => String::new(),
        1 => format!("1 post is {place} until the server answers. It is sent by itself."),
        n => {
            format!("{n} posts are {place} until the server answers. They are sent by themselves, in order.")
        }
    }
}
