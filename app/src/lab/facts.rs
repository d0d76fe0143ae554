//! Everything that is known of the mark that was chosen.

use leptos::prelude::*;
use protocol::trace::{Facts, facts};

use super::playback::Playback;
use super::words;

/// The facts of the picked mark, where one is picked and shown.
fn picked_facts(playback: Playback, picked: RwSignal<Option<usize>>) -> Memo<Option<Facts>> {
    Memo::new(move |_| {
        let mark = picked.get().filter(|mark| *mark < playback.shown.get())?;
        playback.marks.with(|marks| facts(marks, mark))
    })
}

/// A panel that is there while a mark is chosen.
#[component]
pub fn FactsDialog(playback: Playback, picked: RwSignal<Option<usize>>) -> impl IntoView {
    let facts = picked_facts(playback, picked);
    move || {
        facts.get().map(|facts| {
            view! {
                <aside class="facts facts-dialog" aria-label="Facts" data-testid="facts">
                    <button type="button" class="button close" on:click=move |_| picked.set(None)>
                        "Close"
                    </button>
                    <FactsList facts />
                </aside>
            }
        })
    }
}

/// The lab's panel, which is always there.
#[component]
pub fn FactsPanel(playback: Playback, picked: RwSignal<Option<usize>>) -> impl IntoView {
    let facts = picked_facts(playback, picked);
    view! {
        <section class="facts" aria-labelledby="facts-heading" data-testid="facts">
            <h2 id="facts-heading" class="unseen">
                "Facts"
            </h2>
            {move || match facts.get() {
                Some(facts) => view! { <FactsList facts /> }.into_any(),
                None => {
                    view! { <p class="quiet">"Choose any mark or row in the picture: what was sent, what the database was asked, and what came back stands here."</p> }
                        .into_any()
                }
            }}
        </section>
    }
    .into_any()
}

#[component]
fn FactsList(facts: Facts) -> impl IntoView {
    let when = format!(
        "{}, {}.{:03} s after you pressed",
        words::title(facts.lane),
        facts.at_us / 1_000_000,
        facts.at_us / 1_000 % 1_000
    );
    let pairs = facts.pairs.into_iter().map(|fact| {
        let value = if fact.verbatim {
            view! { <pre tabindex="0">{fact.value}</pre> }.into_any()
        } else {
            fact.value.into_any()
        };
        view! {
            <div>
                <dt>{fact.name}</dt>
                <dd>{value}</dd>
            </div>
        }
    });
    view! {
        <h3>{facts.title}</h3>
        <p class="quiet">{when}</p>
        <dl>{pairs.collect_view()}</dl>
    }
}
