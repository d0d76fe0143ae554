//! The fault board: scissors on every wire. A press cuts the next attempt, another press the one after it.

use leptos::prelude::*;
use protocol::fault::Plan;

use super::cuts::{Cutter, DATABASE, NETWORK, When};
use super::setup::Setup;
use crate::components::icon::{self, Icon};

#[component]
pub fn Board(setup: Setup) -> impl IntoView {
    let calm = Memo::new(move |_| setup.scenario.with(|scenario| scenario.faults == Plan::Calm));
    let all_tries = move |event| {
        setup.all_tries.set(event_target_checked(&event));
    };
    let cutters = move |cutters: &'static [Cutter]| {
        cutters.iter().map(|cutter| view! { <Scissors setup cutter /> }).collect_view()
    };
    view! {
        <div class="wire" role="group" aria-labelledby="wire-network">
            <h2 id="wire-network">"Browser to app server"</h2>
            <ul class="cuts">{cutters(&NETWORK)}</ul>
        </div>
        <div class="wire" role="group" aria-labelledby="wire-database">
            <h2 id="wire-database">"App server to database"</h2>
            <ul class="cuts">{cutters(&DATABASE)}</ul>
            <label class="check">
                <input
                    type="checkbox"
                    autocomplete="off"
                    prop:checked=move || setup.all_tries.get()
                    on:change=all_tries
                />
                "The server's own retries fail, too: it answers 503"
            </label>
            <div class="mend">
                <button
                    type="button"
                    class="button"
                    aria-disabled=move || calm.get().then_some("true")
                    on:click=move |_| setup.mend()
                >
                    "Mend everything"
                </button>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Scissors(setup: Setup, cutter: &'static Cutter) -> impl IntoView {
    let armed = Memo::new(move |_| setup.scenario.with(|scenario| cutter.armed(&scenario.faults)));
    let choose = move |event| {
        if let Some(when) = When::named(&event_target_value(&event)) {
            setup.choose(cutter, when);
        }
    };
    let menu = format!("When: {}", cutter.name);
    view! {
        <li class="cutter" data-armed=move || armed.with(Option::is_some).then_some("") data-cut=cutter.point.as_str()>
            <button
                type="button"
                aria-pressed=move || armed.with(Option::is_some).to_string()
                on:click=move |_| setup.press(cutter)
            >
                <b>
                    <Icon path=Signal::stored(icon::SCISSORS) />
                    {cutter.name}
                </b>
                <span>{move || armed.get().unwrap_or_else(|| cutter.says.to_owned())}</span>
            </button>
            // It shows what it was told last; what is armed stands on the button.
            <select aria-label=menu autocomplete="off" prop:value="" on:change=choose>
                <option value="">"when"</option>
                {When::MENU
                    .map(|(_, name, words)| view! { <option value=name>{words}</option> })
                    .collect_view()}
            </select>
        </li>
    }
    .into_any()
}
