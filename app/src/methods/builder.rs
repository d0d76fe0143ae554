//! Which request is sent, and how often.

use leptos::prelude::*;
use protocol::methods::{Record, Trial};

use super::words;
use crate::components::ready::Ready;
use crate::methods_handle::{MethodsAsk, MethodsHandle};

/// A text that is longer is a matter for other pages.
const TEXT_MAX: &str = "200";

#[component]
pub fn Builder(
    chosen: RwSignal<Trial>,
    text: RwSignal<String>,
    /// Whether this server has the control arm.
    open: bool,
) -> impl IntoView {
    let handle = MethodsHandle::of_page();
    let trials = Trial::ARTICLE.into_iter().chain(Trial::KEYED);
    let choices = trials.filter(|trial| open || !trial.is_on_the_control_arm()).map(|trial| {
        let id = format!("method-{}", trial.as_str());
        view! {
            <div class="pick">
                <input
                    type="radio"
                    name="method"
                    id=id.clone()
                    value=trial.as_str()
                    autocomplete="off"
                    checked=trial == chosen.get_untracked()
                    on:change=move |_| chosen.set(trial)
                />
                <label for=id>{trial.name()}</label>
            </div>
        }
    });
    let wire = move || {
        let trial = chosen.get();
        let next = handle.record(trial).as_ref().and_then(Record::next);
        next.map_or_else(|| words::shape(trial).to_owned(), |request| words::spelled(&request))
    };
    view! {
        <section class="builder" aria-labelledby="builder-heading">
            <h2 id="builder-heading">"Send one yourself"</h2>
            <fieldset class="picks">
                <legend class="unseen">"Method"</legend>
                {choices.collect_view()}
            </fieldset>
            <p class="sends">{move || words::sends(chosen.get())}</p>
            <label class="text-field">
                <span class="quiet">"Text of the post"</span>
                <input
                    type="text"
                    autocomplete="off"
                    maxlength=TEXT_MAX
                    value="Hello"
                    prop:value=text
                    on:input=move |event| text.set(event_target_value(&event))
                />
            </label>
            <div class="wire-request">
                <p class="quiet" id="wire-says">
                    "The next request"
                </p>
                <pre tabindex="0" aria-labelledby="wire-says" data-testid="next-request">
                    {wire}
                </pre>
            </div>
            <Sendings chosen text />
        </section>
    }
    .into_any()
}

#[component]
fn Sendings(chosen: RwSignal<Trial>, text: RwSignal<String>) -> impl IntoView {
    let handle = MethodsHandle::of_page();
    let ready = Ready::of_page();
    let empty = move || text.with(String::is_empty);
    let stuck = move || (handle.busy.get() || !handle.able.get() || empty()).then_some("true");
    let why = move || {
        if ready.get() && !handle.able.get() {
            "This browser cannot mint ids, so nothing can be sent here."
        } else if empty() {
            "A post needs a text."
        } else {
            ""
        }
    };
    let send = move |times: usize| {
        if !empty() {
            let text = text.get_untracked();
            handle.ask(MethodsAsk::Send { trials: vec![chosen.get_untracked()], times, text });
        }
    };
    view! {
        <div class="sendings">
            {[1_usize, 2, 5]
                .map(|times| {
                    view! {
                        <button
                            type="button"
                            class="button strong later"
                            aria-disabled=stuck
                            aria-describedby="send-why"
                            on:click=move |_| send(times)
                        >
                            {format!("Send ×{times}")}
                        </button>
                    }
                })
                .collect_view()}
            <button
                type="button"
                class="button later"
                aria-disabled=move || {
                    let nothing = handle.records.with(|records| !records.contains_key(&chosen.get()));
                    (nothing || handle.busy.get()).then_some("true")
                }
                on:click=move |_| handle.ask(MethodsAsk::StartOver(vec![chosen.get_untracked()]))
            >
                "Start over"
            </button>
            <p class="why-not" id="send-why">
                {why}
            </p>
        </div>
    }
    .into_any()
}
