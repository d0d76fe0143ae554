//! The last run, kept over a reload. It is evidence, not an intent: where it is lost nothing is.

use std::collections::BTreeMap;

use app::lab_handle::{LabHandle, RunState};
use leptos::prelude::*;
use protocol::scenario::Scenario;
use protocol::trace::{Lane, Row, Trace};
use serde::{Deserialize, Serialize};

const KEY: &str = "lab.run";

#[derive(Serialize, Deserialize)]
struct Kept {
    /// The scenario's canonical query.
    scenario: String,
    trace: Trace,
    rows: BTreeMap<Lane, Vec<Row>>,
}

pub(super) fn keep(scenario: &Scenario, trace: &Trace, rows: &BTreeMap<Lane, Vec<Row>>) {
    let kept = Kept { scenario: scenario.to_string(), trace: trace.clone(), rows: rows.clone() };
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(&kept)) {
        // A full or forbidden storage keeps nothing.
        let _ = storage.set_item(KEY, &text);
    }
}

/// Shows the last run again if it was one of `scenario` and nothing was run on this page.
pub(super) fn recall(handle: LabHandle, scenario: &Scenario) {
    let text = storage().and_then(|storage| storage.get_item(KEY).ok().flatten());
    let Some(kept) = text.and_then(|text| serde_json::from_str::<Kept>(&text).ok()) else { return };
    if kept.scenario != scenario.to_string() || handle.state.get_untracked() != RunState::Idle {
        return;
    }
    handle.scenario.set(Some(scenario.clone()));
    handle.report.set(Some(kept.trace.history(&kept.rows).check()));
    handle.trace.set(kept.trace);
    handle.rows.set(kept.rows);
    handle.state.set(RunState::Done);
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}
