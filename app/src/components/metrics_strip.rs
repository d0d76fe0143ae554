//! Four counts at the foot of every page: the same that `/numbers` draws and `/metrics` gives.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::numbers::Sample;

use crate::lab_handle::{LabHandle, RunState};
use crate::reads::{read_totals, totals_of_server};

#[component]
pub fn MetricsStrip() -> impl IntoView {
    let handle = LabHandle::of_page();
    let totals = RwSignal::new(SharedValue::new(totals_of_server).into_inner());
    // A run that ends has changed them.
    Effect::new(move |_| {
        if handle.state.get() == RunState::Done {
            spawn_local(async move {
                // Where the server does not answer, the counts stay what they were; the page may be gone by then.
                if let Ok(counted) = read_totals().await {
                    let _ = totals.try_set(counted);
                }
            });
        }
    });
    let count = |name: &'static str, id: &'static str, count: fn(&Sample) -> u64| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd data-count=id>{move || totals.with(count)}</dd>
            </div>
        }
    };
    view! {
        <footer class="strip" data-testid="metrics-strip">
            <p>
                <a href="/numbers" rel="external">
                    "Since the server started"
                </a>
            </p>
            <dl>
                {count("attempts", "attempts", |at| at.attempts)} {count("rows", "stored", |at| at.stored)}
                {count("duplicates without a key", "naive-duplicates", |at| at.naive_duplicates)}
                {count("duplicates with a UUID", "uuid-duplicates", |at| at.uuid_duplicates)}
            </dl>
        </footer>
    }
    .into_any()
}
