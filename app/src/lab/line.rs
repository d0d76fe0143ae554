//! One line of the picture: a hop as a list item, whose arrow is drawn behind its words.

use leptos::prelude::*;
use protocol::trace::{Outcome, Place};

use super::episodes::Line;

/// Where on the figure's width each place stands, in per cent. The style sheet knows the same numbers.
const fn x(place: Place) -> &'static str {
    match place {
        Place::Browser => "4%",
        Place::Network => "34%",
        Place::Server => "61%",
        Place::Database => "91%",
    }
}

/// The arrowhead that all lines of a page share.
#[component]
pub fn Arrowhead() -> impl IntoView {
    view! {
        <svg class="defs" width="0" height="0" aria-hidden="true" focusable="false">
            <defs>
                <marker
                    id="tip"
                    viewBox="0 0 8 8"
                    refX="7.5"
                    refY="4"
                    markerWidth="7"
                    markerHeight="7"
                    markerUnits="userSpaceOnUse"
                    orient="auto-start-reverse"
                >
                    <path class="tip" d="M0 0 8 4 0 8z" />
                </marker>
            </defs>
        </svg>
    }
}

/// `picked` is the mark whose facts are open.
#[component]
pub fn HopLine(line: Memo<Line>, picked: RwSignal<Option<usize>>) -> impl IntoView {
    let hop = move || line.with(|line| format!("{}-{}", line.from.as_str(), line.to.as_str()));
    let nth = move || line.with(|line| (line.nth > 1).then(|| line.nth.to_string()));
    let tone = move || line.with(|line| line.tone.as_str());
    view! {
        <li
            class="hop"
            data-hop=hop
            data-outcome=move || line.with(|line| line.outcome.as_str())
            data-cut=move || line.with(|line| line.cut)
            data-nth=nth
            data-tone=tone
        >
            <Arrow line />
            <Label line picked />
            {move || line.with(|line| line.stored.is_some()).then(|| view! { <RowBox line picked /> })}
        </li>
    }
    .into_any()
}

/// Time runs downwards, so every arrow does, too.
#[component]
fn Arrow(line: Memo<Line>) -> impl IntoView {
    let from = move || line.with(|line| x(line.from));
    let to = move || line.with(|line| x(line.to));
    let is_stay = move || line.with(|line| line.from == line.to);
    let stays = move || line.with(|line| line.from == line.to && line.from != Place::Browser);
    let tip = move || {
        line.with(|line| (line.from != line.to && line.outcome != Outcome::Lost).then_some("url(#tip)"))
    };
    let start = move || line.with(|line| if line.stored.is_some() { "50%" } else { "58%" });
    let dot = move || line.with(|line| line.from == Place::Browser && line.to != Place::Browser);
    let snip = move || line.with(|line| line.outcome == Outcome::Lost);
    view! {
        <svg aria-hidden="true" focusable="false">
            {move || {
                (!is_stay())
                    .then(|| view! { <line class="wire-line" x1=from y1=start x2=to y2="97%" marker-end=tip /> })
            }}
            {move || {
                stays()
                    .then(|| view! { <line class="stay" x1=from y1="8%" x2=from y2="92%" /> })
            }}
            {move || dot().then(|| view! { <circle class="dot" cx=from cy="58%" r="4" /> })}
            {move || {
                snip()
                    .then(|| {
                        view! {
                            <svg x=to y="97%" overflow="visible">
                                <path
                                    class="snip"
                                    d="M-6-6.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4M-6 2.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4M-4.5-3 6 5M-4.5 3 6-5"
                                />
                            </svg>
                        }
                    })
            }}
        </svg>
    }
    .into_any()
}

/// The words; pressed, they open what is known.
#[component]
fn Label(line: Memo<Line>, picked: RwSignal<Option<usize>>) -> impl IntoView {
    let mark = Memo::new(move |_| line.with(|line| line.mark));
    let words = move || line.with(spoken);
    view! {
        <button
            type="button"
            class="ask"
            aria-pressed=move || (picked.get() == Some(mark.get())).to_string()
            on:click=move |_| picked.set(Some(mark.get_untracked()))
        >
            <span class="unseen">{words}</span>
            <span class="said" aria-hidden="true">
                {move || line.with(|line| line.label.clone())}
            </span>
        </button>
    }
}

/// The row in the database's column; it opens the same facts.
#[component]
fn RowBox(line: Memo<Line>, picked: RwSignal<Option<usize>>) -> impl IntoView {
    let mark = Memo::new(move |_| line.with(|line| line.mark));
    let words = move || line.with(|line| line.stored.map(|stored| stored.words()));
    view! {
        <button
            type="button"
            class="row-box"
            data-row=move || line.with(|line| line.stored.map(|stored| stored.as_str()))
            aria-pressed=move || (picked.get() == Some(mark.get())).to_string()
            on:click=move |_| picked.set(Some(mark.get_untracked()))
        >
            {words}
        </button>
    }
}

/// A line as a sentence for those who do not see where it goes.
fn spoken(line: &Line) -> String {
    let way = if line.from == line.to {
        format!("{}: ", line.from.title())
    } else {
        format!("{} to {}: ", line.from.title(), line.to.title())
    };
    let ending = match line.outcome {
        Outcome::Pending => "on its way",
        Outcome::Arrived if line.label.is_empty() => "arrived",
        Outcome::Arrived | Outcome::Lost => "",
    };
    let parts = [line.label.as_str(), ending];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{way}{}", parts.join(", "))
}
