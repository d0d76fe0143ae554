//! What somebody wrote. Of a long text the beginning: the rest comes on demand.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;

use super::ready::Ready;

/// How many lines stand there at first, as in the style sheet.
const LINES: usize = 12;

/// How many characters a line holds where it is narrowest.
const NARROWEST: usize = 15;

/// A text as it was written. One that may be long scrolls in its place; once the program is there, it is folded where
/// it does not fit, and a button unfolds it.
#[component]
pub fn Content(text: String) -> impl IntoView {
    if !may_be_long(&text) {
        return view! {
            <p class="content" dir="auto">
                {text}
            </p>
        }
        .into_any();
    }
    let ready = Ready::of_page();
    let place = NodeRef::<html::P>::new();
    let open = RwSignal::new(false);
    let too_long = RwSignal::new(false);
    let measure = move || {
        if let Some(place) = place.get_untracked()
            && !open.get_untracked()
        {
            too_long.set(place.scroll_height() > place.client_height());
        }
    };
    Effect::new(move |_| {
        place.track();
        measure();
    });
    // What fits into a line changes with the window.
    Effect::new(move |_| {
        let resized = window_event_listener(ev::resize, move |_| measure());
        on_cleanup(move || resized.remove());
    });
    let turn = move |_| {
        open.update(|open| *open = !*open);
        // What was read to its end is above the window once it is folded.
        if let Some(place) = place.get_untracked().filter(|_| !open.get_untracked())
            && window().scroll_y().is_ok_and(|top| top > f64::from(place.offset_top()))
        {
            place.scroll_into_view();
        }
    };
    view! {
        <p
            class="content"
            dir="auto"
            data-folded=move || (!open.get()).then_some("")
            // What scrolls can be reached by a key.
            tabindex=move || (!ready.get()).then_some("0")
            node_ref=place
        >
            {text}
        </p>
        <button
            type="button"
            class="button more"
            aria-expanded=move || open.get().to_string()
            hidden=move || !too_long.get()
            on:click=turn
        >
            {move || if open.get() { "Show less" } else { "Show more" }}
        </button>
    }
    .into_any()
}

/// Whether a text may take more lines than are shown, where lines are shortest.
fn may_be_long(text: &str) -> bool {
    text.split('\n').map(|line| line.chars().count() / NARROWEST + 1).sum::<usize>() > LINES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_long_by_its_lines_or_by_its_characters() {
        assert!(!may_be_long(""));
        assert!(!may_be_long(&"\n".repeat(11)));
        assert!(may_be_long(&"\n".repeat(12)));
        assert!(!may_be_long(&"e".repeat(150)));
        assert!(may_be_long(&"\u{301}".repeat(2_048)));
    }
}
