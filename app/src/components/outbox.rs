//! What this browser has not had an answer for.

use leptos::prelude::*;

use super::actions::Actions;
use super::post_card::UnsentPost;
use crate::outbox_handle::{Ask, Keeping, OutboxHandle, Pending};

/// Items on their way, newest first, above the stored posts they are about to join. `shown` leaves out those
/// whose row stands in the feed of `room` already: a post is never both.
#[component]
pub fn Outbox(shown: Memo<Vec<Pending>>, room: String) -> impl IntoView {
    let handle = OutboxHandle::of_page();
    let summary = move || {
        let memory_only = matches!(handle.keeping.get(), Keeping::Memory(_));
        shown.with(|items| summary(items, memory_only))
    };
    // What may be asked of all of them at once, where several need their author.
    let all = Signal::derive(move || {
        let needy = shown.with(|items| items.iter().filter(|item| item.state == "needs-you").count());
        if needy > 1 { vec![Ask::RetryAll, Ask::DiscardAll] } else { Vec::new() }
    });
    view! {
        <section class="outbox" data-testid="outbox" aria-label="Outbox" hidden=move || shown.with(Vec::is_empty)>
            <p class="banner" hidden=move || summary().is_none()>
                {summary}
            </p>
            <Actions asks=all />
            <ol class="posts">
                <For each=move || shown.get() key=|item| item.id let(item)>
                    <UnsentPost elsewhere=item.room != room item />
                </For>
            </ol>
        </section>
    }
    .into_any()
}

/// How many posts wait and what becomes of them; nothing while the first attempts are simply under way.
fn summary(items: &[Pending], memory_only: bool) -> Option<String> {
    let unsent = || items.iter().filter(|item| matches!(item.state, "saved" | "sending" | "waiting"));
    if !unsent().any(|item| item.state == "waiting" || item.note.is_some()) {
        return None;
    }
    let place = if memory_only { "kept in this tab" } else { "safe on this device" };
    Some(match unsent().count() {
        1 => format!("1 post is {place} until the server answers. It is sent by itself."),
        n => {
            format!("{n} posts are {place} until the server answers. They are sent by themselves, in order.")
        }
    })
}

#[cfg(test)]
mod tests {
    use protocol::key::PostId;

    use super::*;

    fn item(state: &'static str) -> Pending {
        Pending {
            id: PostId::mint(1, [0; 10]),
            content: String::new(),
            room: String::new(),
            state,
            words: String::new(),
            note: None,
            actions: Vec::new(),
        }
    }

    #[test]
    fn the_banner_counts_what_waits_and_is_silent_while_all_is_well() {
        assert_eq!(summary(&[item("saved"), item("sending")], false), None);
        assert_eq!(summary(&[item("needs-you")], false), None);
        let words = summary(&[item("saved"), item("waiting"), item("needs-you")], false);
        assert!(words.is_some_and(|words| words.starts_with("2 posts are safe on this device")));
        let words = summary(&[item("waiting")], true);
        assert!(words.is_some_and(|words| words.starts_with("1 post is kept in this tab")));
    }
}
