//! Applied again: by a consumer that crashed, and by a replay of the whole log.

use leptos::prelude::*;
use protocol::outage::{Crash, Replayed};

use crate::outage_handle::{OutageAsk, OutageHandle};

#[component]
pub fn Again() -> impl IntoView {
    let handle = OutageHandle::of_page();
    let unable = move || (!handle.able.get()).then_some("true");
    let stuck = move || (handle.busy.get() || !handle.able.get()).then_some("true");
    let lines = move || handle.replays.get().into_iter().enumerate().collect::<Vec<_>>();
    let crash = move || handle.log.with(|log| log.crash.map(crashed));
    view! {
        <div class="outage-again">
            <section class="outage-queue" aria-labelledby="crash-heading">
                <h2 id="crash-heading">"Crash the consumer"</h2>
                <p>
                    "It applies your records and stops before it has saved its offset. So it reads them again, and
                    applies them again."
                </p>
                <button
                    type="button"
                    class="button strong later"
                    aria-disabled=unable
                    on:click=move |_| handle.ask(OutageAsk::Crash)
                >
                    "Crash it before it saves its offset"
                </button>
                <p data-testid="crash">{crash}</p>
            </section>
            <section class="outage-queue" aria-labelledby="replay-heading">
                <h2 id="replay-heading">"Replay the log"</h2>
                <p>"Every record of yours is applied once more, by the code of " <code>"postonce replay"</code> "."</p>
                <button
                    type="button"
                    class="button strong later"
                    aria-disabled=stuck
                    on:click=move |_| handle.ask(OutageAsk::Replay)
                >
                    "Replay the whole log again"
                </button>
                <div
                    class="outage-scroll"
                    tabindex="0"
                    role="region"
                    aria-label="Replays, table"
                    hidden=move || handle.replays.with(Vec::is_empty)
                >
                    <table class="outage-table" data-testid="replays">
                        <thead>
                            <tr>
                                <th scope="col">"Replay"</th>
                                <th scope="col">"Records"</th>
                                <th scope="col">"Rows changed"</th>
                                <th scope="col">"Hash before"</th>
                                <th scope="col">"Hash after"</th>
                            </tr>
                        </thead>
                        <tbody>
                            <For
                                each=lines
                                key=|(number, _)| *number
                                let(line)
                            >
                                <Line number=line.0 replayed=line.1 />
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
fn Line(number: usize, replayed: Replayed) -> impl IntoView {
    let Replayed { records, applied, feed_hash_before, feed_hash_after } = replayed;
    let (before, after) = (start(&feed_hash_before), start(&feed_hash_after));
    view! {
        <tr data-before=feed_hash_before data-after=feed_hash_after data-changed=applied>
            <td>{number + 1}</td>
            <td>{records}</td>
            <td>{applied}</td>
            <td>
                <code>{before}</code>
            </td>
            <td>
                <code>{after}</code>
            </td>
        </tr>
    }
    .into_any()
}

fn start(hash: &str) -> String {
    hash.chars().take(10).collect()
}

/// What came of a crash, in a sentence.
pub(super) fn crashed(crash: Crash) -> String {
    let Crash { armed, unsaved, again, changed } = crash;
    if armed {
        return "Armed: it strikes when your next records are applied.".to_owned();
    }
    format!(
        "Applied {unsaved}, saved no offset. Read again and applied again: {again}. Rows that this changed: {changed}."
    )
}
