//! Where a post is written: a plain form that works alone, and that the outbox takes over once it is there.

use leptos::html;
use leptos::prelude::*;
use protocol::key::PostId;
use protocol::post::{CONTENT_MAX_CHARS, InvalidContent, check_content};

use super::weather::ArmedLine;
use crate::outbox_handle::{Ask, OutboxHandle};
use crate::ports::Viewer;

/// What was handed to the outbox and is not yet known to be saved.
#[derive(Clone)]
struct Handed {
    id: PostId,
    content: String,
}

/// The composer of `room`. Until the browser has minted a draft id, the form posts natively under the id that
/// the server rendered.
#[component]
pub fn Composer(room: String) -> impl IntoView {
    let handle = OutboxHandle::of_page();
    let viewer = use_context::<Viewer>();
    let form = NodeRef::<html::Form>::new();
    let hidden_id = NodeRef::<html::Input>::new();
    let field = NodeRef::<html::Textarea>::new();

    let text = RwSignal::new(String::new());
    // A refusal of the last press; typing takes it away.
    let refusal = RwSignal::new(None::<InvalidContent>);
    // Whether anything was typed since the last post was saved: the second press of a double click finds an
    // empty field, which is no mistake to complain about.
    let touched = StoredValue::new(true);
    let handed = StoredValue::new(None::<Handed>);
    // Whether the browser's own id stands in the form.
    let own_id = RwSignal::new(false);

    let write = move |content: String| {
        if let Some(field) = field.get_untracked() {
            field.set_value(&content);
        }
        refusal.set(None);
        text.set(content);
    };
    let save_draft = move || {
        if let Some(id) = handle.draft_id.get_untracked() {
            handle.ask(Ask::SaveDraft { id, content: text.get_untracked() });
        }
    };

    // What was typed before the program arrived is in the field alone.
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            text.set(field.value());
        }
    });

    // The browser's own id takes the place of the server's. When it changes, the draft before it is saved as a
    // post: what was typed since then is a new draft, and the rest is taken away.
    Effect::new(move |last: Option<Option<PostId>>| {
        let id = handle.draft_id.get();
        let (Some(id), Some(input)) = (id, hidden_id.get()) else { return id };
        input.set_value(&id.to_string());
        own_id.set(true);
        if let Some(form) = form.get() {
            // Refusals are ours to word from here on.
            form.set_no_validate(true);
        }
        if last.flatten() != Some(id) {
            if let Some(saved) = handed.get_value().filter(|handed| handed.id != id) {
                handed.set_value(None);
                touched.set_value(false);
                let typed = text.get_untracked();
                write(typed.strip_prefix(&saved.content).unwrap_or(&typed).to_owned());
            }
            if !text.with_untracked(String::is_empty) {
                save_draft();
            }
        }
        Some(id)
    });

    // A restored draft, or a text to edit as new, joins what is there: nothing that was typed is lost.
    Effect::new(move |_| {
        let given = handle.draft_text.get();
        let typed = text.get_untracked();
        if !given.is_empty() && given != typed {
            write(if typed.is_empty() { given } else { format!("{typed}\n\n{given}") });
            save_draft();
        }
    });

    let typed = move |_| {
        if let Some(field) = field.get_untracked() {
            refusal.set(None);
            touched.set_value(true);
            text.set(field.value());
            save_draft();
        }
    };

    let posts_to = room.clone();
    let submit = move |event: leptos::ev::SubmitEvent| {
        let Some(id) = handle.draft_id.get_untracked() else { return };
        event.prevent_default();
        let content = field.get_untracked().map(|field| field.value()).unwrap_or_default();
        match check_content(&content) {
            Ok(()) => {
                // A second press before the first is saved carries the same id, and so is the same post.
                handed.set_value(Some(Handed { id, content: content.clone() }));
                handle.ask(Ask::Post { id, content, room: posts_to.clone() });
            }
            Err(InvalidContent::Empty) if !touched.get_value() => (),
            Err(why) => {
                refusal.set(Some(why));
                if let Some(field) = field.get_untracked() {
                    let _ = field.focus();
                }
            }
        }
    };

    let shortcut = move |event: leptos::ev::KeyboardEvent| {
        let posts = event.key() == "Enter" && (event.ctrl_key() || event.meta_key());
        if posts && !event.repeat() && !event.is_composing() {
            event.prevent_default();
            if let Some(form) = form.get_untracked() {
                let _ = form.request_submit();
            }
        }
    };

    let count = Memo::new(move |_| text.with(|text| text.chars().count()));
    let too_long = Memo::new(move |_| count.get() > CONTENT_MAX_CHARS);
    let problem = move || {
        let refused = refusal.get().or_else(|| too_long.get().then_some(InvalidContent::TooLong));
        refused.map(|why| words_of(why, count.get())).or_else(|| handle.draft_problem.get())
    };

    view! {
        <form
            class="composer"
            data-testid="composer"
            data-own-id=move || own_id.get().then_some("")
            aria-label="New post"
            method="post"
            action="/posts"
            node_ref=form
            on:submit=submit
        >
            <input
                type="hidden"
                name="id"
                autocomplete="off"
                value=viewer.map(|viewer| viewer.fallback_id.to_string())
                node_ref=hidden_id
            />
            <input type="hidden" name="room" value=room />
            <label for="composer-text">"Your post"</label>
            <textarea
                id="composer-text"
                name="content"
                rows="2"
                required
                dir="auto"
                aria-describedby="composer-count composer-problem"
                aria-invalid=move || problem().map(|_| "true")
                node_ref=field
                on:input=typed
                on:keydown=shortcut
            ></textarea>
            <ArmedLine />
            <div class="composer-foot">
                <p id="composer-count" class="quiet">
                    {move || counted(count.get())}
                </p>
                <button type="submit" class="primary" aria-disabled=move || too_long.get().then_some("true")>
                    "Post"
                </button>
            </div>
            <p id="composer-problem" class="problem" hidden=move || problem().is_none()>
                {problem}
            </p>
        </form>
    }
    .into_any()
}

fn counted(count: usize) -> String {
    let grouped = |number: usize| match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", number / 1_000, number % 1_000),
    };
    format!("{} of {} characters", grouped(count), grouped(CONTENT_MAX_CHARS))
}

fn words_of(why: InvalidContent, count: usize) -> String {
    match why {
        InvalidContent::Empty => "There is nothing to post yet: write something first.".to_owned(),
        InvalidContent::TooLong => {
            format!(
                "Too long by {}: a post has at most 2,048 characters.",
                count.saturating_sub(CONTENT_MAX_CHARS)
            )
        }
        InvalidContent::Nul => "The text holds a character (NUL) that cannot be stored.".to_owned(),
        InvalidContent::Room => "This room's name cannot be used.".to_owned(),
    }
}
