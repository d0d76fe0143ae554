//! A link that does it again, and says what must come of it; and the recording itself.

use leptos::html;
use leptos::prelude::*;
use protocol::scenario::{Expected, Scenario};
use protocol::trace::{Lane, Trace, golden};

use super::blindfold::Blindfold;
use super::playback::Playback;
use super::setup::Setup;
use super::words;
use crate::lab_handle::{LabAsk, LabHandle, RunState};

/// The scenario as a link spells it. Where it promises nothing and its run is over, it promises what was read from
/// the database.
fn shared(setup: Setup, handle: LabHandle) -> Scenario {
    let mut scenario = setup.scenario.get();
    let mut ran = handle.scenario.get().unwrap_or_default();
    ran.expect.clear();
    if scenario.expect.is_empty() && handle.state.get() == RunState::Done && ran == scenario {
        let rows = handle.rows.get();
        let promise = |(lane, rows): (&Lane, &Vec<_>)| {
            let rows = u32::try_from(rows.len()).ok()?;
            // How often a browser sends by itself is its own business.
            Some((*lane, Expected { rows, at_least: scenario.warm && rows > 1 }))
        };
        let promises = rows.iter().filter_map(promise).collect();
        scenario.expect = promises;
    }
    scenario
}

#[component]
pub fn Share(setup: Setup) -> impl IntoView {
    let handle = LabHandle::of_page();
    let open = RwSignal::new(false);
    let field = NodeRef::<html::Input>::new();
    let link = Memo::new(move |_| format!("{}/lab?{}", handle.origin.get(), shared(setup, handle)));
    let share = move |_| {
        open.set(true);
        handle.ask(LabAsk::Copy(link.get_untracked()));
    };
    let told = move || match handle.copied.get() {
        Some(true) => "Copied. ",
        Some(false) => "This page may not use the clipboard: copy it from here. ",
        None => "",
    };
    view! {
        <div class="share">
            <button type="button" class="button" aria-expanded=move || open.get().to_string() on:click=share>
                "Share"
            </button>
            <div class="share-link" hidden=move || !open.get()>
                <label>
                    {told} "The link opens paused, and promises this result."
                    <input
                        type="text"
                        readonly
                        data-testid="share-link"
                        node_ref=field
                        prop:value=link
                        on:focus=move |_| {
                            if let Some(field) = field.get_untracked() {
                                field.select();
                            }
                        }
                    />
                </label>
            </div>
        </div>
    }
    .into_any()
}

/// Whether the promise of the scenario was kept.
#[component]
pub fn Promise(setup: Setup, playback: Playback) -> impl IntoView {
    let handle = LabHandle::of_page();
    let expects = move || {
        let promises = setup.scenario.with(|scenario| scenario.expect.clone());
        let parts = promises.iter().map(|(lane, rows)| format!("{}: {rows}", words::title(*lane)));
        (!promises.is_empty()).then(|| format!("Expected rows: {}.", parts.collect::<Vec<_>>().join(", ")))
    };
    let outcome = move || {
        let ran = handle.scenario.get().filter(|ran| !ran.expect.is_empty())?;
        if handle.state.get() != RunState::Done || !playback.is_at_end() {
            return None;
        }
        let rows = handle.rows.get();
        let differs: Vec<String> = ran
            .expect
            .iter()
            .filter_map(|(lane, expected)| match rows.get(lane).map(Vec::len) {
                Some(count) if expected.is_met_by(count) => None,
                Some(count) => Some(format!("{}: {count}, not {expected}", words::title(*lane))),
                None => Some(format!("{}: could not be read", words::title(*lane))),
            })
            .collect();
        Some(if differs.is_empty() {
            view! {
                <strong class="outcome" data-testid="reproduced" data-reproduced="yes">
                    "reproduced ✔"
                </strong>
            }
            .into_any()
        } else {
            view! {
                <strong class="outcome" data-testid="reproduced" data-reproduced="no">
                    {format!("differs ✖ ({})", differs.join("; "))}
                </strong>
            }
            .into_any()
        })
    };
    view! { <p class="promise quiet">{expects} " " {outcome}</p> }
}

/// The recording, to keep or to compare: as lines that every run of a scenario gives, and as JSON with its times.
#[component]
pub fn TraceExport(playback: Playback, blindfold: Blindfold) -> impl IntoView {
    let handle = LabHandle::of_page();
    let open = RwSignal::new(false);
    let there =
        move || playback.is_at_end() && playback.marks.with(|marks| !marks.is_empty()) && !blindfold.is_on();
    let toggle = move |_| open.update(|open| *open = !*open);
    view! {
        <div class="export" hidden=move || !there()>
            <button type="button" class="button" aria-expanded=move || open.get().to_string() on:click=toggle>
                "The recording"
            </button>
            {move || (open.get() && there()).then(|| recording(handle, &handle.trace.get()))}
        </div>
    }
    .into_any()
}

fn recording(handle: LabHandle, trace: &Trace) -> impl IntoView + use<> {
    let lanes = handle.scenario.with(|ran| ran.as_ref().map(|ran| ran.compare.clone()).unwrap_or_default());
    let lines = lanes.into_iter().map(|lane| {
        view! {
            <h3>{words::title(lane)}</h3>
            <pre tabindex="0" data-testid="trace-lines" data-lane=lane.as_str()>
                {golden(trace, lane).join("\n")}
            </pre>
        }
    });
    let lines = lines.collect_view();
    let json = serde_json::to_string_pretty(trace).unwrap_or_default();
    let copied = json.clone();
    view! {
        <p class="quiet">
            "As lines, by attempt, without times and with names for ids: the same link gives the same lines."
        </p>
        {lines}
        <h3>"As JSON, with every time and header"</h3>
        <button type="button" class="button" on:click=move |_| handle.ask(LabAsk::Copy(copied.clone()))>
            "Copy it"
        </button>
        <pre tabindex="0" data-testid="trace-json">
            {json}
        </pre>
    }
}
