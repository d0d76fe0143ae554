//! The visitor's own bad network: arm a fault for the next attempts, or set its odds.

use leptos::html;
use leptos::prelude::*;
use protocol::fault::{Fault, FaultPoint, Plan};

use super::ready::Ready;
use super::weather::armed;
use crate::outbox_handle::OutboxHandle;
use crate::ports::Viewer;

/// Longer than the browser waits for one attempt, so that the request arrives after it gave up.
const LATE_MS: u32 = 12_000;
const SLOW_MS: u32 = 3_000;

/// A fault that can be armed: its point, the name of the choice, and who carries it out.
const CHOICES: [(FaultPoint, &str, &str); 7] = [
    (FaultPoint::ReplyLost, "The answer is lost", "The server stores the post, then cuts the connection."),
    (FaultPoint::RequestLost, "The request is lost", "Made in your browser: the request is never sent."),
    (
        FaultPoint::RequestLate,
        "The request arrives late",
        "The server holds it for 12 s, longer than your browser waits, and then stores the post.",
    ),
    (
        FaultPoint::ConnectRefused,
        "No connection to the database",
        "The server cannot reach its database and says so.",
    ),
    (FaultPoint::RolledBack, "The transaction is lost", "The database rolls back between INSERT and COMMIT."),
    (
        FaultPoint::CommitAckLost,
        "The database's answer is lost",
        "It commits, but the server does not hear of it, asks again, and recognises its own row.",
    ),
    (FaultPoint::Slow, "The answer is slow", "The server stores the post and answers 3 s later."),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Next,
    Odds,
}

/// The panel; nothing where the server carries out no faults.
#[component]
pub fn NetworkPanel() -> impl IntoView {
    use_context::<Viewer>().filter(|viewer| viewer.faults).map(|viewer| {
        // Any number will do as a first seed; the server's random id is one that both sides know.
        let bytes = viewer.fallback_id.as_bytes();
        let seed = u64::from(u16::from_be_bytes([bytes[14], bytes[15]]));
        view! { <Panel seed /> }
    })
}

#[component]
fn Panel(seed: u64) -> impl IntoView {
    let handle = OutboxHandle::of_page();
    let ready = Ready::of_page();
    let chosen = RwSignal::new(FaultPoint::ReplyLost);
    let how = RwSignal::new(How::Next);
    let count = NodeRef::<html::Input>::new();
    let odds = NodeRef::<html::Input>::new();
    let seeded = NodeRef::<html::Input>::new();

    let arm = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let fault = fault_at(chosen.get_untracked());
        handle.weather.set(match how.get_untracked() {
            How::Next => Plan::Next { fault, left: u32::try_from(read(count, 1, 1, 100)).unwrap_or(1) },
            How::Odds => {
                let per_mille = u16::try_from(read(odds, 30, 1, 100) * 10).unwrap_or(1_000);
                Plan::odds(read(seeded, seed, 0, u64::MAX), vec![(fault, per_mille)])
            }
        });
    };
    let choose = move |event| {
        let token = event_target_value(&event);
        chosen.set(FaultPoint::parse(&token).unwrap_or(FaultPoint::ReplyLost));
    };
    let explanation = move || {
        let choice = CHOICES.into_iter().find(|(point, ..)| *point == chosen.get());
        choice.map(|(_, _, explanation)| explanation)
    };
    let forecast = move || {
        handle.weather.with(armed).map_or_else(
            || "Calm: every request and every answer arrives.".to_owned(),
            |armed| format!("Armed: {armed}"),
        )
    };
    let is_calm = move || handle.weather.with(|plan| armed(plan).is_none());

    view! {
        <section class="network" data-testid="network" aria-labelledby="network-heading">
            <h2 id="network-heading">"Break the network"</h2>
            <p class="forecast" data-calm=move || is_calm().then_some("")>
                {forecast}
            </p>
            <form on:submit=arm novalidate aria-label="Arm a failure">
                <fieldset disabled=move || !ready.get()>
                    <legend class="unseen">"What shall fail, and how often"</legend>
                    <label for="fault-point">"What fails"</label>
                    <select id="fault-point" autocomplete="off" aria-describedby="fault-explained" on:change=choose>
                        {CHOICES
                            .map(|(point, name, _)| view! { <option value=point.as_str()>{name}</option> })
                            .collect_view()}
                    </select>
                    <p id="fault-explained" class="quiet">
                        {explanation}
                    </p>
                    <div class="how">
                        <input
                            type="radio"
                            id="how-next"
                            name="how"
                            autocomplete="off"
                            prop:checked=move || how.get() == How::Next
                            on:change=move |_| how.set(How::Next)
                        />
                        <label for="how-next">"The next attempts"</label>
                        <input
                            class="number"
                            type="number"
                            min="1"
                            max="100"
                            value="1"
                            autocomplete="off"
                            aria-label="How many attempts"
                            node_ref=count
                            on:input=move |_| how.set(How::Next)
                        />
                        <input
                            type="radio"
                            id="how-odds"
                            name="how"
                            autocomplete="off"
                            prop:checked=move || how.get() == How::Odds
                            on:change=move |_| how.set(How::Odds)
                        />
                        <label for="how-odds">"Odds per attempt, %"</label>
                        <input
                            class="number"
                            type="number"
                            min="1"
                            max="100"
                            value="30"
                            autocomplete="off"
                            aria-label="Odds per attempt, in per cent"
                            node_ref=odds
                            on:input=move |_| how.set(How::Odds)
                        />
                        <label class="seed" for="fault-seed">
                            "Seed"
                            <small class="quiet">"same seed, same weather"</small>
                        </label>
                        <input
                            class="number"
                            id="fault-seed"
                            type="number"
                            min="0"
                            value=seed.to_string()
                            autocomplete="off"
                            node_ref=seeded
                            on:input=move |_| how.set(How::Odds)
                        />
                    </div>
                    <div class="actions">
                        <button type="submit" class="button strong">
                            "Arm it"
                        </button>
                        <button
                            type="button"
                            class="button"
                            aria-disabled=move || is_calm().then_some("true")
                            on:click=move |_| handle.weather.set(Plan::Calm)
                        >
                            "Mend everything"
                        </button>
                    </div>
                </fieldset>
            </form>
        </section>
    }
    .into_any()
}

fn fault_at(point: FaultPoint) -> Fault {
    match point {
        FaultPoint::RequestLate => Fault::at(point).delay(LATE_MS),
        FaultPoint::Slow => Fault::at(point).delay(SLOW_MS),
        _ => Fault::at(point),
    }
}

/// What a field says, within its limits; `missing` where it says nothing that can be read.
fn read(field: NodeRef<html::Input>, missing: u64, least: u64, most: u64) -> u64 {
    let said = field.get_untracked().and_then(|field| field.value().trim().parse::<u64>().ok());
    said.unwrap_or(missing).clamp(least, most)
}
