//! What was answered, call by call, and what the state was before and after each.

use leptos::prelude::*;
use protocol::methods::{Record, Trial};

use super::call::{CallLine, Line};
use super::words;
use crate::methods_handle::MethodsHandle;

/// The calls of one trial, oldest first.
#[component]
pub fn Log(#[prop(into)] trial: Signal<Trial>) -> impl IntoView {
    let handle = MethodsHandle::of_page();
    let record = Memo::new(move |_| handle.record(trial.get()));
    let lines = move || {
        record.with(|record| {
            let count = record.as_ref().map_or(0, |record| record.calls.len());
            (0..count).filter_map(|place| Line::of(record.as_ref()?, place)).collect::<Vec<_>>()
        })
    };
    let run = move || record.with(|record| record.as_ref().map(|record| record.names.run.to_string()));
    view! {
        <div class="log" data-log=move || trial.get().as_str() data-run=run>
            <Before record />
            <ol class="calls">
                <For each=lines key=|line| line.key.clone() let(line)>
                    <CallLine line />
                </For>
            </ol>
        </div>
    }
    .into_any()
}

/// What was made ready, and the state that the first call meets.
#[component]
fn Before(record: Memo<Option<Record>>) -> impl IntoView {
    move || {
        let Some(record) = record.get() else {
            return view! { <p class="before quiet">"Nothing was sent yet."</p> }.into_any();
        };
        let prepared: Vec<String> = record
            .prepared
            .iter()
            .map(|call| {
                let status =
                    call.answer.as_ref().map_or_else(|| "no answer".to_owned(), |it| it.status.to_string());
                format!("{} {status}", call.request.method)
            })
            .collect();
        let prepared = (!prepared.is_empty()).then(|| format!("Made ready: {}. ", prepared.join(", ")));
        let hash = record.before.as_ref().map(|state| state.short().to_owned()).unwrap_or_default();
        let rows = record.before.as_ref().map_or_else(|| "it could not be read".to_owned(), words::rows);
        view! {
            <p class="before quiet">
                {prepared} "State before: " <code data-testid="before">{hash}</code> " " {rows}
            </p>
        }
        .into_any()
    }
}
