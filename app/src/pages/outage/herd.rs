//! The herd, simulated: how many browsers come back at once, by how they wait.

use leptos::prelude::*;
use protocol::herd::{AWAY_MS, CAPACITY, Herd, Strategy, herd};

use crate::components::chart::lines::{Lines, Series};

/// The same weather for everybody who looks.
const SEED: u64 = 42;

const BROWSERS: [u32; 3] = [1, 20, 200];

#[component]
pub fn HerdFigure() -> impl IntoView {
    let browsers = RwSignal::new(200_u32);
    let strategy = RwSignal::new(Strategy::Exponential);
    let all = Memo::new(move |_| Strategy::ALL.map(|strategy| herd(browsers.get(), strategy, SEED)));
    let chosen = Memo::new(move |_| {
        let place = Strategy::ALL.into_iter().position(|each| each == strategy.get()).unwrap_or_default();
        all.with(|all| all.get(place).cloned().unwrap_or_default())
    });
    view! {
        <section class="outage-herd" aria-labelledby="herd-heading">
            <h2 id="herd-heading">"The herd " <span class="outage-tag">"simulated"</span></h2>
            <p>
                {format!(
                    "The server is away for {} s, then answers {CAPACITY} requests a second and turns the others away. \
                     Each browser has one request. When do they come back?",
                    AWAY_MS / 1_000,
                )}
            </p>
            <div class="outage-choices">
                <fieldset>
                    <legend>"Browsers"</legend>
                    {BROWSERS
                        .map(|count| {
                            let id = format!("browsers-{count}");
                            view! {
                                <span>
                                    <input
                                        type="radio"
                                        name="browsers"
                                        id=id.clone()
                                        autocomplete="off"
                                        prop:checked=move || browsers.get() == count
                                        on:change=move |_| browsers.set(count)
                                    />
                                    <label for=id>{count}</label>
                                </span>
                            }
                        })
                        .collect_view()}
                </fieldset>
                <fieldset>
                    <legend>"Back-off"</legend>
                    {Strategy::ALL
                        .map(|each| {
                            let id = format!("backoff-{}", each.as_str());
                            view! {
                                <span>
                                    <input
                                        type="radio"
                                        name="backoff"
                                        id=id.clone()
                                        autocomplete="off"
                                        prop:checked=move || strategy.get() == each
                                        on:change=move |_| strategy.set(each)
                                    />
                                    <label for=id>{each.name()}</label>
                                </span>
                            }
                        })
                        .collect_view()}
                </fieldset>
            </div>
            <p class="says" data-testid="herd-says">
                {move || chosen.with(says)}
            </p>
            {move || view! { <Lines series=chosen.with(series) from="0 s".to_owned() to=chosen.with(end) /> }}
            <div class="outage-scroll" tabindex="0" role="region" aria-label="The herd, table">
                <table class="outage-table" data-testid="herd">
                    <caption class="unseen">"Simulated: what each back-off costs"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Back-off"</th>
                            <th scope="col">"Requests"</th>
                            <th scope="col">"Worst second after"</th>
                            <th scope="col">"All answered after"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {move || {
                            let all = all.get();
                            let rows = Strategy::ALL.into_iter().zip(all);
                            rows.map(|(strategy, herd)| view! { <Line strategy herd /> }).collect_view()
                        }}
                    </tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn Line(strategy: Strategy, herd: Herd) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">{strategy.name()}</th>
            <td>{herd.total()}</td>
            <td>{format!("{} of {CAPACITY}", herd.worst())}</td>
            <td>{done(&herd)}</td>
        </tr>
    }
    .into_any()
}

fn done(herd: &Herd) -> String {
    herd.done_ms.map_or_else(|| "not in time".to_owned(), |ms| format!("{} s", ms.div_ceil(1_000)))
}

fn says(herd: &Herd) -> String {
    format!(
        "{} requests in all; after the outage at most {} in one second, where {CAPACITY} are answered. All answered after: {}.",
        herd.total(),
        herd.worst(),
        done(herd)
    )
}

/// What is drawn: until everybody was answered, and a little longer.
fn shown(herd: &Herd) -> usize {
    herd.done_ms
        .and_then(|ms| usize::try_from(ms / 1_000 + 3).ok())
        .unwrap_or(usize::MAX)
        .min(herd.arrivals.len())
}

fn end(herd: &Herd) -> String {
    format!("{} s", shown(herd))
}

fn series(herd: &Herd) -> Vec<Series> {
    let line = |name, counts: &[u32]| {
        let points = (0..).map(|second| second * 1_000).zip(counts.iter().map(|count| u64::from(*count)));
        Series { name, points: points.take(shown(herd)).collect() }
    };
    vec![line("Arrivals a second, last:", &herd.arrivals), line("Answered a second, last:", &herd.answered)]
}
