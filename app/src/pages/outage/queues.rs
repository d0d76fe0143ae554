//! The two queues, as they are.

use leptos::prelude::*;
use protocol::key::PostId;
use protocol::outage::{LogRecord, LogState};

use crate::outage_handle::OutageHandle;
use crate::outbox_handle::{OutboxHandle, Pending};

/// The newest rows are shown; what is older can be read in the feed.
const SHOWN: usize = 30;

#[component]
pub fn Queues() -> impl IntoView {
    let outbox = OutboxHandle::of_page();
    let handle = OutageHandle::of_page();
    let items = Memo::new(move |_| outbox.pending.with(|items| newest(items)));
    let records = Memo::new(move |_| handle.log.with(|log| newest(&log.records)));
    let waiting = move || {
        let waits = |item: &&Pending| !matches!(item.state, "posted" | "replayed");
        let count = outbox.pending.with(|items| items.iter().filter(waits).count());
        format!("{count} not known to be stored")
    };
    let lag =
        move || handle.log.with(|log| format!("{} of {} to be applied", log.waiting(), log.records.len()));
    view! {
        <div class="outage-queues">
            <section class="outage-queue" aria-labelledby="outbox-heading">
                <h2 id="outbox-heading">"Your browser’s outbox"</h2>
                <p class="quiet">"IndexedDB on this device. " {waiting}</p>
                <div class="outage-scroll" tabindex="0" role="region" aria-label="Your browser’s outbox, table">
                    <table class="outage-table" data-testid="browser-queue">
                        <thead>
                            <tr>
                                <th scope="col">"Id"</th>
                                <th scope="col">"State"</th>
                                <th scope="col">"Next try"</th>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=move || items.get() key=|item| item.id let(item)>
                                <Item id=item.id items />
                            </For>
                        </tbody>
                    </table>
                </div>
            </section>
            <section class="outage-queue" aria-labelledby="log-heading">
                <h2 id="log-heading">"The server’s log"</h2>
                <p class="quiet">"Your records, kept after they are applied. " <span data-testid="lag">{lag}</span></p>
                <div class="outage-scroll" tabindex="0" role="region" aria-label="The server’s log, table">
                    <table class="outage-table" data-testid="server-log">
                        <thead>
                            <tr>
                                <th scope="col">"Offset"</th>
                                <th scope="col">"Id"</th>
                                <th scope="col">"State"</th>
                            </tr>
                        </thead>
                        <tbody>
                            <For
                                each=move || records.get()
                                key=|record| (record.partition, record.position, record.state.as_str())
                                let(record)
                            >
                                <Record record />
                            </For>
                        </tbody>
                    </table>
                </div>
            </section>
        </div>
    }
    .into_any()
}

#[component]
fn Item(id: PostId, items: Memo<Vec<Pending>>) -> impl IntoView {
    let now = move || items.with(|items| items.iter().find(|item| item.id == id).cloned());
    let state = move || now().map(|item| item.state);
    let words = move || now().map(|item| item.words.split(", next").next().unwrap_or_default().to_owned());
    let next = move || {
        now().map(|item| match item.words.split_once("next try in ") {
            Some((_, next)) => next.to_owned(),
            None if item.state == "queued" => "asks for its status".to_owned(),
            None => "–".to_owned(),
        })
    };
    view! {
        <tr data-id=id.to_string() data-state=state>
            <td>
                <code>{short(id)}</code>
            </td>
            <td>{words}</td>
            <td>{next}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Record(record: LogRecord) -> impl IntoView {
    let words = match record.state {
        LogState::Waiting => "waiting",
        LogState::SetAside => "set aside",
        LogState::Applied => "applied",
    };
    view! {
        <tr data-id=record.id.to_string() data-state=record.state.as_str()>
            <td>{format!("{}:{}", record.partition, record.position)}</td>
            <td>
                <code>{short(record.id)}</code>
            </td>
            <td>
                <span class="outage-mark" aria-hidden="true"></span>
                {words}
            </td>
        </tr>
    }
    .into_any()
}

/// The end of an id: ids of the same moment begin alike.
fn short(id: PostId) -> String {
    let text = id.to_string();
    format!("…{}", text.get(text.len().saturating_sub(8)..).unwrap_or_default())
}

/// The last ones, newest first.
fn newest<T: Clone>(rows: &[T]) -> Vec<T> {
    rows.iter().rev().take(SHOWN).cloned().collect()
}
