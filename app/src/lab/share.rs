//! A link that does it again, and says what must come of it; and the recording itself.

use leptos::html;
use leptos::prelude::*;
use protocol::scenario::{Expected, Scenario};

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
        let promise = |(lane, rows): (&protocol::trace::Lane, &Vec<_>)| {
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

/// The recording as JSON, to keep or to read.
#[component]
pub fn TraceExport(playback: Playback) -> impl IntoView {
    let handle = LabHandle::of_page();
    let open = RwSignal::new(false);
    let json = Memo::new(move |_| {
        if open.get() {
            handle.trace.with(|trace| serde_json::to_string_pretty(trace).unwrap_or_default())
        } else {
            String::new()
        }
    });
    let recorded = move || playback.marks.with(|marks| !marks.is_empty());
    let toggle = move |_| open.update(|open| *open = !*open);
    view! {
        <div class="export" hidden=move || !recorded()>
            <button type="button" class="button" aria-expanded=move || open.get().to_string() on:click=toggle>
                "The recording as JSON"
            </button>
            {move || {
                open.get()
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="button"
                                on:click=move |_| handle.ask(LabAsk::Copy(json.get_untracked()))
                            >
                                "Copy it"
                            </button>
                            <pre tabindex="0" data-testid="trace-json">
                                {json}
                            </pre>
                        }
                    })
            }}
        </div>
    }
    .into_any()
}
