//! The ledger: what really arrived, as far as the picture shows it.

use std::collections::BTreeMap;

use leptos::prelude::*;
use protocol::trace::{Arrival, LedgerEvent, Mark, Stage, What, arrivals};

use super::blindfold::Blindfold;
use super::playback::Playback;
use super::words;
use crate::lab_handle::LabHandle;

#[component]
pub fn LedgerTable(playback: Playback, blindfold: Blindfold) -> impl IntoView {
    let handle = LabHandle::of_page();
    let rows = Memo::new(move |_| {
        let shown = playback.shown.get();
        playback.marks.with(|marks| {
            let marks = marks.get(..shown).unwrap_or(marks.as_slice());
            handle.trace.with(|trace| arrivals(&shown_of(trace.ledger(), marks)))
        })
    });
    let body = move || rows.get().into_iter().map(|arrival| view! { <Row arrival /> }).collect_view();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Ledger" hidden=move || blindfold.is_on()>
            <table class="ledger">
                <caption>"Ledger: what really arrived"</caption>
                <thead>
                    <tr>
                        <th scope="col">"design"</th>
                        <th scope="col">"attempt"</th>
                        <th scope="col">"arrival"</th>
                        <th scope="col">"fault"</th>
                        <th scope="col">"verdict"</th>
                        <th scope="col">"rows"</th>
                        <th scope="col">"server"</th>
                        <th scope="col">"database"</th>
                    </tr>
                </thead>
                <tbody data-testid="ledger">{move || (!blindfold.is_on()).then(body)}</tbody>
            </table>
            {move || {
                rows.with(Vec::is_empty).then(|| view! { <p class="quiet">"Nothing has arrived yet."</p> })
            }}
        </div>
    }
    .into_any()
}

#[component]
fn Row(arrival: Arrival) -> impl IntoView {
    let resent = arrival.nth > 1;
    let times = |hop: &str| milliseconds(&arrival.hops, hop);
    view! {
        <tr data-arrival=arrival.arrival.to_string() data-nth=arrival.nth.to_string()>
            <th scope="row">{words::title(arrival.lane)}</th>
            <td>{arrival.attempt}</td>
            <td>
                {arrival.nth}
                {resent.then(|| view! { <span class="resent">"re-sent by the browser, not by this page"</span> })}
            </td>
            <td>{arrival.fault.clone().unwrap_or_else(|| "–".to_owned())}</td>
            <td>
                <b>{arrival.verdict.words()}</b>
                {arrival.status.map(|status| format!(", {status}"))}
            </td>
            <td>{arrival.rows.len()}</td>
            <td>{times("server")}</td>
            <td>{times("database")}</td>
        </tr>
    }
    .into_any()
}

/// What the ledger says of the marks that are shown: of each arrival its first few events.
fn shown_of(events: &[LedgerEvent], marks: &[Mark]) -> Vec<LedgerEvent> {
    let mut left: BTreeMap<u32, usize> = BTreeMap::new();
    for mark in marks {
        if let What::Server { arrival, .. } = &mark.what {
            *left.entry(*arrival).or_default() += 1;
        }
    }
    let shown = |event: &&LedgerEvent| match left.get_mut(&event.arrival) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    };
    events.iter().filter(shown).cloned().collect()
}

fn milliseconds(stages: &[Stage], hop: &str) -> String {
    let us: u64 = stages.iter().filter(|stage| stage.hop == hop).map(|stage| stage.us).sum();
    if us == 0 { "–".to_owned() } else { format!("{}.{:02} ms", us / 1_000, us % 1_000 / 10) }
}
