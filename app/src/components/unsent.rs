//! Unsent texts that are not on this page: said wherever somebody is, and found again.

use leptos::prelude::*;

use super::actions::Actions;
use super::ready::Ready;
use super::timeline::room_link;
use crate::outbox_handle::{Ask, OutboxHandle};

/// One line on every page without a feed, while posts wait.
#[component]
pub fn WaitingLine() -> impl IntoView {
    let handle = OutboxHandle::of_page();
    let ready = Ready::of_page();
    let waiting = Memo::new(move |_| {
        if !ready.get() {
            return None;
        }
        handle.pending.with(|pending| {
            let unsettled = |state| !matches!(state, "posted" | "replayed");
            let unsent: Vec<_> = pending.iter().filter(|item| unsettled(item.state)).collect();
            let needy = unsent.iter().filter(|item| item.state == "needs-you").count();
            // Those that are merely on their way are no news.
            let news = needy > 0 || unsent.iter().any(|item| item.state == "waiting" || item.note.is_some());
            let room = unsent.first().map(|item| item.room.clone())?;
            news.then(|| (words(unsent.len(), needy), room_link(&room)))
        })
    });
    view! {
        <p class="waiting-line" data-testid="waiting" hidden=move || waiting.with(Option::is_none)>
            {move || waiting.get().map(|(words, _)| words)} " "
            <a href=move || waiting.get().map(|(_, link)| link) rel="external">
                "Open the feed"
            </a>
        </p>
    }
    .into_any()
}

fn words(count: usize, needy: usize) -> String {
    let posts = |count: usize| if count == 1 { "1 post".to_owned() } else { format!("{count} posts") };
    match needy {
        0 if count == 1 => "1 post waits to be sent.".to_owned(),
        0 => format!("{count} posts wait to be sent."),
        1 if count == 1 => "1 post needs you.".to_owned(),
        _ if needy == count => format!("{count} posts need you."),
        _ => format!("{} not sent yet; {needy} of them need you.", posts(count)),
    }
}

/// Texts that were begun in a tab that is closed.
#[component]
pub fn LeftDrafts() -> impl IntoView {
    let handle = OutboxHandle::of_page();
    view! {
        <section
            class="left-drafts"
            data-testid="drafts"
            aria-label="Unsent drafts"
            hidden=move || handle.left_drafts.with(Vec::is_empty)
        >
            <h2>"Begun and not posted"</h2>
            <ul>
                <For each=move || handle.left_drafts.get() key=|draft| draft.id let(draft)>
                    <li>
                        <p class="content" dir="auto">
                            {beginning(&draft.content)}
                        </p>
                        <Actions asks=Signal::stored(
                            vec![Ask::TakeUpDraft(draft.id), Ask::DiscardDraft(draft.id)],
                        ) />
                    </li>
                </For>
            </ul>
        </section>
    }
    .into_any()
}

/// Enough of a text to know it by.
fn beginning(content: &str) -> String {
    const SHOWN: usize = 80;
    let line: String = content.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if content.chars().count() > SHOWN { format!("{line}…") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_counts_what_waits_and_what_needs_its_author() {
        assert_eq!(words(1, 0), "1 post waits to be sent.");
        assert_eq!(words(3, 0), "3 posts wait to be sent.");
        assert_eq!(words(1, 1), "1 post needs you.");
        assert_eq!(words(3, 1), "3 posts not sent yet; 1 of them need you.");
    }

    #[test]
    fn a_draft_is_known_by_its_beginning() {
        assert_eq!(beginning("one\ntwo"), "one two");
        assert_eq!(beginning(&"ä".repeat(90)).chars().count(), 81);
    }
}
