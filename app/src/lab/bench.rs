//! The lab's workbench: what is set up, what is run, and everything that was recorded of it.

use leptos::prelude::*;
use protocol::scenario::{Complaint, Named};

use super::blindfold::{Blindfold, BlindfoldPanel};
use super::board::Board;
use super::client::ClientPanel;
use super::cuts::badges;
use super::facts::FactsPanel;
use super::ledger::LedgerTable;
use super::playback::Playback;
use super::proof::Proof;
use super::setup::Setup;
use super::share::{Promise, Share, TraceExport};
use super::stage::{Stage, Verdict, announce};
use super::time_control::TimeControl;
use crate::components::icon::{self, Icon};
use crate::components::ready::Ready;
use crate::lab_handle::{LabAsk, LabHandle, RunState};

/// `setup` is what the link that led here says.
#[component]
pub fn Bench(setup: Setup) -> impl IntoView {
    let handle = LabHandle::of_page();
    let playback = Playback::follow(handle);
    let blindfold = Blindfold::off();
    let picked = RwSignal::new(None);
    announce(playback);

    // The last run of this very scenario, shown as it ended.
    Effect::new(move |_| {
        if handle.able.get() && setup.complaints.with_value(Vec::is_empty) {
            handle.ask(LabAsk::Recall(Box::new(setup.scenario.get_untracked())));
        }
    });
    Effect::new(move |before: Option<RunState>| {
        let state = handle.state.get();
        if before == Some(RunState::Idle) && state == RunState::Done {
            playback.live();
        }
        state
    });

    let lanes = Signal::derive(move || {
        // What was run stays on screen until something else is.
        handle
            .scenario
            .with(|ran| ran.as_ref().map(|ran| ran.compare.clone()))
            .unwrap_or_else(|| setup.scenario.with(|scenario| scenario.compare.clone()))
    });
    let armed = Signal::derive(move || {
        let ran = handle.scenario.get();
        let moving = playback.is_moving();
        let next = playback.picture.with(|picture| {
            picture.lanes.iter().filter_map(|lane| lane.attempts.last()).map(|last| last.number + 1).min()
        });
        match ran.filter(|_| moving) {
            Some(ran) => badges(&ran.faults, next.unwrap_or(1)),
            None => setup.scenario.with(|scenario| badges(&scenario.faults, 1)),
        }
    });

    view! {
        <div class="lab">
            <BenchHead setup playback blindfold picked />
            <Complaints complaints=setup.complaints.get_value() />
            <div class="board" role="group" aria-label="Where to cut">
                <Board setup />
                <ClientPanel setup />
            </div>
            <BlindfoldPanel playback blindfold />
            <div class="bench">
                <div class="bench-main">
                    <Stage lanes playback blindfold picked armed />
                    <TimeControl playback />
                    <Verdict playback blindfold />
                    <LedgerTable playback blindfold />
                    <TraceExport playback blindfold />
                </div>
                <div class="bench-side">
                    {move || (!blindfold.is_on()).then(|| view! { <FactsPanel playback picked /> })}
                    <Proof playback blindfold />
                </div>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn BenchHead(
    setup: Setup,
    playback: Playback,
    blindfold: Blindfold,
    picked: RwSignal<Option<usize>>,
) -> impl IntoView {
    let handle = LabHandle::of_page();
    let ready = Ready::of_page();
    let refused = setup.complaints.with_value(|complaints| !complaints.is_empty());
    let why_not = move || {
        if refused {
            Some("Nothing is run: this link says something that is not known here.")
        } else if !ready.get() {
            Some("The experiment runs in your browser, whose program has not arrived.")
        } else if playback.is_moving() {
            Some("One run at a time: this one is still going on.")
        } else {
            None
        }
    };
    let run = move |_| {
        if refused || !handle.able.get_untracked() || playback.is_moving_untracked() {
            return;
        }
        let scenario = setup.scenario.get_untracked();
        picked.set(None);
        playback.restart();
        handle.ask(LabAsk::Address(format!("/lab?{scenario}")));
        handle.ask(LabAsk::Run(Box::new(scenario)));
    };
    let ran = move || handle.scenario.with(Option::is_some);
    let toggle = move |_| {
        if blindfold.is_on_untracked() {
            blindfold.take_off();
        } else {
            blindfold.put_on();
        }
    };
    let running = move || handle.state.get() == RunState::Running;
    let title = move || {
        setup.scenario.with(|scenario| {
            let query = scenario.to_string();
            protocol::scenario::library().into_iter().find(|named| named.query == query)
        })
    };
    let says = Memo::new(move |_| title().map(|Named { title, says, .. }| format!("{title}. {says}")));
    view! {
        <div class="bench-head">
            <h1>"Lab"</h1>
            <div class="bench-buttons">
                <button
                    type="button"
                    class="button"
                    hidden=move || !running()
                    on:click=move |_| handle.ask(LabAsk::TryNow)
                >
                    "Try now"
                </button>
                <button
                    type="button"
                    class="button"
                    hidden=move || !handle.state.get().is_busy()
                    on:click=move |_| handle.ask(LabAsk::Stop)
                >
                    "Stop"
                </button>
                <Share setup />
                <button
                    type="button"
                    class="button"
                    aria-pressed=move || blindfold.is_on().to_string()
                    on:click=toggle
                >
                    <Icon path=Signal::stored(icon::BLIND) />
                    "Blindfold"
                </button>
                <button
                    type="button"
                    class="primary"
                    aria-disabled=move || why_not().map(|_| "true")
                    aria-describedby="why-not"
                    on:click=run
                >
                    {move || if ran() { "Run again" } else { "Run" }}
                </button>
            </div>
            <p class="scenario quiet">
                {says}
            </p>
            <Promise setup playback />
            <p class="why-not" id="why-not">
                {why_not}
            </p>
        </div>
    }
    .into_any()
}

/// A link that says something unknown is another experiment than its sender's: it is named, and nothing runs.
#[component]
fn Complaints(complaints: Vec<Complaint>) -> impl IntoView {
    (!complaints.is_empty()).then(|| {
        let list = complaints.into_iter().map(|complaint| {
            view! {
                <li>
                    <code>{complaint.part}</code>
                    " "
                    {complaint.says}
                </li>
            }
        });
        view! {
            <section class="notice" aria-labelledby="complaints" data-testid="complaints">
                <h2 id="complaints">"This link cannot be followed"</h2>
                <p>"Parts of it are not known here, so nothing of it was taken over, and nothing runs."</p>
                <ul>{list.collect_view()}</ul>
                <p>
                    <a href="/lab" rel="external">
                        "Open the lab without it"
                    </a>
                </p>
            </section>
        }
    })
}
