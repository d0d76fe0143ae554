//! The plug: how long the database is away, and what is written meanwhile.

use leptos::prelude::*;

use crate::outage_handle::{OutageAsk, OutageHandle};

/// How long an outage may be, and its name.
const LENGTHS: [(u64, &str); 2] = [(10, "10 s"), (60, "1 min")];

#[component]
pub fn Plug(room: String) -> impl IntoView {
    let handle = OutageHandle::of_page();
    let seconds = RwSignal::new(10);
    let is_out = Memo::new(move |_| handle.left.with(Option::is_some));
    let unable = move || (!handle.able.get()).then_some("true");
    let pull = move |_| {
        let ask = if is_out.get_untracked() {
            OutageAsk::End
        } else {
            OutageAsk::Pull { seconds: seconds.get_untracked() }
        };
        handle.ask(ask);
    };
    let write = move |_| handle.ask(OutageAsk::Write { room: room.clone() });
    let state = move || match handle.left.get() {
        Some(left) => format!("Unplugged for {left} s more"),
        None => "Plugged in".to_owned(),
    };
    view! {
        <section class="outage-plug" aria-labelledby="plug-heading" data-out=move || is_out.get().then_some("")>
            <h2 id="plug-heading">"The plug"</h2>
            <p class="outage-state" data-testid="plug">
                {state}
            </p>
            <fieldset class="outage-lengths">
                <legend>"For how long"</legend>
                {LENGTHS
                    .map(|(length, name)| {
                        let id = format!("length-{length}");
                        view! {
                            <span>
                                <input
                                    type="radio"
                                    name="length"
                                    id=id.clone()
                                    autocomplete="off"
                                    prop:checked=move || seconds.get() == length
                                    on:change=move |_| seconds.set(length)
                                />
                                <label for=id>{name}</label>
                            </span>
                        }
                    })
                    .collect_view()}
            </fieldset>
            <div class="outage-actions">
                <button type="button" class="primary later" aria-disabled=unable on:click=pull>
                    {move || if is_out.get() { "End the outage" } else { "Pull the plug" }}
                </button>
                <button type="button" class="button strong later" aria-disabled=unable on:click=write>
                    "Write 10 for me"
                </button>
            </div>
            <p class="outage-lossy">
                <input
                    type="checkbox"
                    id="lossy"
                    autocomplete="off"
                    prop:checked=move || handle.lossy.get()
                    on:change=move |event| handle.lossy.set(event_target_checked(&event))
                />
                <label for="lossy">"Lose 30 % of the replies"</label>
            </p>
            <p class="quiet">
                "The plug is yours alone: your requests say until when the database is away to them. Reload the page in the
                middle of it: both queues are still there."
            </p>
            <p class="why-not">{move || handle.problem.get()}</p>
        </section>
    }
    .into_any()
}
