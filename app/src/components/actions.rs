//! What may be asked of a post, as buttons.

use leptos::html;
use leptos::prelude::*;
use protocol::key::PostId;

use super::announcer::Announcer;
use super::draft::go_to_field;
use crate::outbox_handle::{Ask, Copied, OutboxHandle};

/// A row of buttons, one per ask. A button keeps its place and its focus while the list around it changes.
#[component]
pub fn Actions(#[prop(into)] asks: Signal<Vec<Ask>>) -> impl IntoView {
    let labelled = move || {
        let labelled = asks.get().into_iter().filter_map(|ask| Some((label_of(&ask)?, ask)));
        labelled.collect::<Vec<_>>()
    };
    view! {
        <div class="actions">
            <For each=labelled key=|(label, _)| *label let((label, ask))>
                {match (question_of(&ask), &ask) {
                    (Some(question), _) => view! { <Confirmed label question ask /> }.into_any(),
                    (None, Ask::CopyText(id)) => view! { <Copy label id=*id /> }.into_any(),
                    (None, _) => view! { <Plain label ask /> }.into_any(),
                }}
            </For>
        </div>
    }
    .into_any()
}

#[component]
fn Plain(label: &'static str, ask: Ask) -> impl IntoView {
    let handle = OutboxHandle::of_page();
    let press = move |_| {
        handle.ask(ask.clone());
        // The button is about to vanish, and the text to appear in the composer.
        if let Ask::PostAsNew(_) | Ask::TakeUpDraft(_) = ask {
            go_to_field();
        }
    };
    view! {
        <button type="button" class="button" on:click=press>
            {label}
        </button>
    }
}

/// A button that copies, and what the browser made of it. Whoever does not see the words hears them.
#[component]
fn Copy(label: &'static str, id: PostId) -> impl IntoView {
    let handle = OutboxHandle::of_page();
    let announcer = use_context::<Announcer>();
    let told = RwSignal::new(None::<&'static str>);
    Effect::new(move |_| {
        let words = handle.copied.get().filter(|(of, _)| *of == id).map(|(_, copied)| words_of(copied));
        told.set(words);
        if let (Some(words), Some(announcer)) = (words, announcer) {
            announcer.say(words.to_owned());
        }
    });
    let press = move |_| {
        told.set(None);
        handle.ask(Ask::CopyText(id));
    };
    view! {
        <button type="button" class="button" on:click=press>
            {label}
        </button>
        <span class="told" data-testid="copied" hidden=move || told.get().is_none()>
            {told}
        </span>
    }
    .into_any()
}

fn words_of(copied: Copied) -> &'static str {
    match copied {
        Copied::Done => "Copied.",
        Copied::Refused => {
            "Not copied: this browser gives no access to its clipboard here. Select the text above and copy it by hand."
        }
        Copied::Unanswered => {
            "The browser has not said whether this is copied. You can select the text above and copy it by hand."
        }
    }
}

/// A button that asks back once, in the page. Focus goes to *Keep*, so that a held key cannot confirm.
#[component]
fn Confirmed(label: &'static str, question: &'static str, ask: Ask) -> impl IntoView {
    let handle = OutboxHandle::of_page();
    let asking = RwSignal::new(false);
    let keep = NodeRef::<html::Button>::new();
    let first = NodeRef::<html::Button>::new();

    Effect::new(move |was_asking: Option<bool>| {
        let is_asking = asking.get();
        let goal = match (was_asking, is_asking) {
            (Some(false), true) => keep.get_untracked(),
            (Some(true), false) => first.get_untracked(),
            _ => None,
        };
        if let Some(button) = goal {
            // An element that cannot take the focus leaves it where it is.
            let _ = button.focus();
        }
        is_asking
    });

    let ask = StoredValue::new(ask);
    view! {
        <button
            type="button"
            class="button"
            node_ref=first
            hidden=move || asking.get()
            on:click=move |_| asking.set(true)
        >
            {label}
        </button>
        <span class="confirmation" role="group" aria-label=question hidden=move || !asking.get()>
            <span>{question}</span>
            <button type="button" class="button danger" on:click=move |_| handle.ask(ask.get_value())>
                {label}
            </button>
            <button type="button" class="button" node_ref=keep on:click=move |_| asking.set(false)>
                "Keep"
            </button>
        </span>
    }
    .into_any()
}

fn label_of(ask: &Ask) -> Option<&'static str> {
    match ask {
        Ask::TryNow(_) => Some("Try now"),
        Ask::Cancel(_) => Some("Stop"),
        Ask::Retry(_) => Some("Retry"),
        Ask::PostAsNew(_) => Some("Edit as new"),
        Ask::CopyText(_) => Some("Copy text"),
        Ask::Discard(_) | Ask::DiscardUnsure(_) | Ask::DiscardDraft(_) => Some("Discard"),
        Ask::RetryAll => Some("Retry all"),
        Ask::DiscardAll => Some("Discard all"),
        Ask::TakeUpDraft(_) => Some("Continue writing"),
        Ask::Delete(_) => Some("Delete"),
        Ask::Post { .. } | Ask::Write { .. } | Ask::SaveDraft { .. } => None,
    }
}

/// What is asked before an ask that cannot be taken back.
fn question_of(ask: &Ask) -> Option<&'static str> {
    match ask {
        Ask::Discard(_) | Ask::DiscardDraft(_) => Some("Throw this text away?"),
        Ask::DiscardUnsure(_) => {
            Some("It may already be posted. Throw the text away and delete the post, wherever it arrived?")
        }
        Ask::DiscardAll => Some("Throw all of these texts away, and delete what may already be posted?"),
        Ask::Delete(_) => Some("Delete this post for everybody?"),
        _ => None,
    }
}
