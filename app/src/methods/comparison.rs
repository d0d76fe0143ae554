//! Trials beside each other, sent by one press.

use leptos::prelude::*;
use protocol::methods::Trial;

use super::log::Log;
use super::told::judged;
use super::words;
use crate::methods_handle::{MethodsAsk, MethodsHandle};

#[component]
pub fn Comparison(
    trials: &'static [Trial],
    /// What the button says.
    press: &'static str,
    text: RwSignal<String>,
) -> impl IntoView {
    let handle = MethodsHandle::of_page();
    let stuck = move || (handle.busy.get() || !handle.able.get()).then_some("true");
    let send = move |_| {
        handle.ask(MethodsAsk::StartOver(trials.to_vec()));
        let text = text.get_untracked();
        let text = if text.is_empty() { "Hello".to_owned() } else { text };
        handle.ask(MethodsAsk::Send { trials: trials.to_vec(), times: 3, text });
    };
    view! {
        <button type="button" class="button strong later press" aria-disabled=stuck on:click=send>
            {press}
        </button>
        <div class="columns">
            {trials.iter().map(|trial| view! { <Column trial=*trial /> }).collect_view()}
        </div>
    }
    .into_any()
}

#[component]
fn Column(trial: Trial) -> impl IntoView {
    let handle = MethodsHandle::of_page();
    let id = format!("column-{}", trial.as_str());
    let verdict = move || handle.record(trial).map(|record| judged(&record));
    view! {
        <section class="column" aria-labelledby=id data-trial=trial.as_str()>
            <h3 id=id.clone()>{trial.name()}</h3>
            <p class="quiet">{words::sends(trial)}</p>
            <Log trial=Signal::stored(trial) />
            <p class="judged" data-testid="judged">
                {verdict}
            </p>
        </section>
    }
    .into_any()
}
