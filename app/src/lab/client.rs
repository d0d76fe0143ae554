//! The client's panel: how long it waits, when it asks again, what it posts, and which designs are compared.

use leptos::prelude::*;
use protocol::fault::Plan;
use protocol::post::check_content;
use protocol::scenario::Retry;
use protocol::trace::Lane;

use super::setup::Setup;
use super::words;

/// The policies that can be chosen, as a link spells them.
const POLICIES: [(&str, &str); 5] = [
    ("fulljitter:500,2,30000", "full jitter, 0.5 s · 2ⁿ"),
    ("fixed:200", "after 0.2 s"),
    ("fixed:1500", "after 1.5 s"),
    ("fixed:3500", "after 3.5 s"),
    ("none", "never"),
];

const TIMEOUTS_MS: [u64; 6] = [300, 1_000, 2_000, 4_000, 8_000, 15_000];

#[component]
pub fn ClientPanel(setup: Setup) -> impl IntoView {
    let scenario = setup.scenario;
    let timeouts = move || {
        let chosen = scenario.with(|scenario| scenario.timeout_ms);
        with_own(
            TIMEOUTS_MS.map(|ms| (ms.to_string(), seconds(ms))).into(),
            (chosen.to_string(), seconds(chosen)),
        )
    };
    let policies = move || {
        let chosen = scenario.with(|scenario| scenario.retry.to_string());
        with_own(
            POLICIES.map(|(value, words)| (value.to_owned(), words.to_owned())).into(),
            (chosen.clone(), chosen),
        )
    };
    let set_timeout = move |value: String| {
        if let Ok(ms) = value.parse() {
            setup.change(|scenario| scenario.timeout_ms = ms);
        }
    };
    let set_retry = move |value: String| {
        if let Ok(retry) = Retry::parse(&value) {
            setup.change(|scenario| scenario.retry = retry);
        }
    };
    let set_text = move |event| {
        let text = event_target_value(&event);
        if check_content(&text).is_ok() {
            scenario.update(|scenario| scenario.text = text);
        }
    };
    let set_seed = move |event| {
        if let Ok(seed) = event_target_value(&event).trim().parse() {
            setup.change(|scenario| {
                scenario.seed = seed;
                if let Plan::Odds(odds) = &scenario.faults {
                    scenario.faults = Plan::odds(seed, odds.chances.clone());
                }
            });
        }
    };
    view! {
        <div class="wire client" role="group" aria-labelledby="wire-client">
            <h2 id="wire-client">"You, the client"</h2>
            <div class="fields">
                <Choice
                    label="Gives up after"
                    options=Signal::derive(timeouts)
                    chosen=Signal::derive(move || scenario.with(|it| it.timeout_ms.to_string()))
                    choose=set_timeout
                />
                <Choice
                    label="Asks again"
                    options=Signal::derive(policies)
                    chosen=Signal::derive(move || scenario.with(|it| it.retry.to_string()))
                    choose=set_retry
                />
                <label>
                    "Posts"
                    <input
                        type="text"
                        maxlength="2048"
                        dir="auto"
                        autocomplete="off"
                        prop:value=move || scenario.with(|scenario| scenario.text.clone())
                        on:change=set_text
                    />
                </label>
                <label>
                    "Seed"
                    <input
                        type="text"
                        inputmode="numeric"
                        pattern="[0-9]*"
                        autocomplete="off"
                        prop:value=move || scenario.with(|scenario| scenario.seed.to_string())
                        on:change=set_seed
                    />
                </label>
                <Lanes setup />
            </div>
        </div>
    }
    .into_any()
}

/// Two or three designs; one that is chosen twice changes places with the other.
#[component]
fn Lanes(setup: Setup) -> impl IntoView {
    ["Left", "Right", "Third"]
        .into_iter()
        .enumerate()
        .map(|(place, label)| {
            let options = move || {
                let lanes = Lane::ALL.map(|lane| (lane.to_string(), words::title(lane).to_owned()));
                let nobody = (place == 2).then(|| (String::new(), "nobody".to_owned()));
                nobody.into_iter().chain(lanes).collect::<Vec<_>>()
            };
            let chosen = move || {
                setup.scenario.with(|it| it.compare.get(place).map(ToString::to_string).unwrap_or_default())
            };
            let choose = move |value: String| {
                setup.change(|scenario| put(&mut scenario.compare, place, Lane::parse(&value)));
            };
            view! { <Choice label options=Signal::derive(options) chosen=Signal::derive(chosen) choose /> }
        })
        .collect_view()
}

/// Puts `lane` at `place` of the compared designs, each of which stands there once.
fn put(compare: &mut Vec<Lane>, place: usize, lane: Option<Lane>) {
    let Some(lane) = lane else {
        compare.truncate(place.max(1));
        return;
    };
    let before = compare.get(place).copied();
    if let Some(other) = compare.iter().position(|known| *known == lane) {
        match before {
            Some(before) => compare[other] = before,
            None => return,
        }
    }
    match compare.get_mut(place) {
        Some(stands) => *stands = lane,
        None => compare.push(lane),
    }
}

#[component]
fn Choice(
    label: &'static str,
    options: Signal<Vec<(String, String)>>,
    chosen: Signal<String>,
    choose: impl Fn(String) + 'static,
) -> impl IntoView {
    view! {
        <label>
            {label}
            <select autocomplete="off" prop:value=chosen on:change=move |event| choose(event_target_value(&event))>
                {move || {
                    let now = chosen.get();
                    options
                        .get()
                        .into_iter()
                        .map(|(value, words)| {
                            let selected = value == now;
                            view! {
                                <option value=value selected=selected>
                                    {words}
                                </option>
                            }
                        })
                        .collect_view()
                }}
            </select>
        </label>
    }
    .into_any()
}

/// The options, and the one that a link brought where it is none of them.
fn with_own(mut options: Vec<(String, String)>, own: (String, String)) -> Vec<(String, String)> {
    if options.iter().all(|(value, _)| *value != own.0) {
        options.push(own);
    }
    options
}

fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1_000, ms % 1_000 / 100).replace(".0 s", " s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_design_stands_once_among_the_compared() {
        let mut compare = vec![Lane::Naive, Lane::Uuid];
        put(&mut compare, 0, Some(Lane::Uuid));
        assert_eq!(compare, [Lane::Uuid, Lane::Naive]);
        put(&mut compare, 2, Some(Lane::Naive));
        assert_eq!(compare, [Lane::Uuid, Lane::Naive]);
        put(&mut compare, 2, Some(Lane::Cache));
        put(&mut compare, 2, None);
        assert_eq!(compare, [Lane::Uuid, Lane::Naive]);
    }
}
