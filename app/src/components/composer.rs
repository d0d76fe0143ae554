//! Where a post is written: a plain form that works alone, and that the outbox takes over once it is there.

use leptos::prelude::*;
use protocol::post::{CONTENT_MAX_CHARS, InvalidContent};

use super::announcer::Announcer;
use super::draft::{Draft, FIELD_ID, Press, go_to_field};
use super::weather::ArmedLine;
use crate::outbox_handle::{Ask, OutboxHandle};
use crate::ports::Viewer;

/// The composer of `room`. Until the browser has minted a draft id, the form posts natively under the id that
/// the server rendered.
#[component]
pub fn Composer(room: String) -> impl IntoView {
    let handle = OutboxHandle::of_page();
    let viewer = use_context::<Viewer>();
    let announcer = use_context::<Announcer>();
    let draft = Draft::new(handle);
    // Why the last press was refused; typing takes it away.
    let refusal = RwSignal::new(None::<InvalidContent>);

    let typed = move |_| {
        refusal.set(None);
        draft.typed();
    };

    let posts_to = room.clone();
    let submit = move |event: leptos::ev::SubmitEvent| {
        let press = draft.press();
        if press != Press::Native {
            event.prevent_default();
        }
        match press {
            Press::Native | Press::Nothing => (),
            Press::Post { id, content } => handle.ask(Ask::Post { id, content, room: posts_to.clone() }),
            Press::Refused(why) => {
                refusal.set(Some(why));
                go_to_field();
                if let Some(announcer) = announcer {
                    announcer.say(words_of(why, draft.text.with_untracked(|text| text.chars().count())));
                }
            }
        }
    };

    let shortcut = move |event: leptos::ev::KeyboardEvent| {
        let posts = event.key() == "Enter" && (event.ctrl_key() || event.meta_key());
        if posts && !event.repeat() && !event.is_composing() {
            event.prevent_default();
            if let Some(form) = draft.form.get_untracked() {
                // Fails on a form without a submit button alone.
                let _ = form.request_submit();
            }
        }
    };

    let count = Memo::new(move |_| draft.text.with(|text| text.chars().count()));
    let too_long = Memo::new(move |_| count.get() > CONTENT_MAX_CHARS);
    let problem = move || {
        let refused = refusal.get().or_else(|| too_long.get().then_some(InvalidContent::TooLong));
        refused.map(|why| words_of(why, count.get())).or_else(|| handle.draft_problem.get())
    };

    view! {
        <form
            class="composer"
            data-testid="composer"
            data-own-id=move || draft.id.get().map(|_| "")
            aria-label="New post"
            method="post"
            action="/posts"
            node_ref=draft.form
            on:submit=submit
        >
            <input
                type="hidden"
                name="id"
                autocomplete="off"
                value=viewer.map(|viewer| viewer.fallback_id.to_string())
                node_ref=draft.hidden_id
            />
            <input
                type="hidden"
                name="as_user"
                autocomplete="off"
                value=viewer.map(|viewer| viewer.user_id.to_string())
            />
            <input type="hidden" name="room" value=room />
            <label for=FIELD_ID>"Your post"</label>
            <textarea
                id=FIELD_ID
                name="content"
                rows="2"
                required
                dir="auto"
                aria-describedby="composer-count composer-problem"
                aria-invalid=move || problem().map(|_| "true")
                node_ref=draft.field
                on:input=typed
                on:keydown=shortcut
            ></textarea>
            <ArmedLine />
            <div class="composer-foot">
                <p id="composer-count" class="quiet">
                    {move || counted(count.get())}
                </p>
                <p class="saving quiet" hidden=move || !draft.is_saving()>
                    "Saving…"
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
