//! `/museum`: six half-fixes that look right and break, and the two that work.

mod exhibits;

use leptos::prelude::*;

use self::exhibits::{EXHIBITS, Exhibit, Sighting};
use crate::components::frame::Frame;
use crate::components::icon::{Icon, NOTICE, TICK};
use crate::ports::Viewer;

#[component]
pub fn Museum() -> impl IntoView {
    let faults = use_context::<Viewer>().is_some_and(|viewer| viewer.faults);
    let (fixes, half_fixes): (Vec<Exhibit>, Vec<Exhibit>) =
        EXHIBITS.into_iter().partition(|exhibit| exhibit.breaks.is_none());
    let hang = move |exhibits: Vec<Exhibit>| {
        exhibits.into_iter().map(|exhibit| view! { <Piece exhibit open=faults /> }).collect_view()
    };
    view! {
        <Frame
            title="Museum"
            here="/museum"
            description="Six designs that look as if a retry were safe, each broken by one press, and the two that hold."
        >
            <div class="lede">
                <h1>"Museum of half-fixes"</h1>
                <p>
                    "Each of these looks as if a retry were safe. Each is a real implementation, on a real database,
                    and each is broken by one press. Two designs at the end are not."
                </p>
            </div>
            {(!faults)
                .then(|| {
                    view! {
                        <p class="notice">
                            "The museum is closed: this server does not carry out failures that are asked for, so
                            nothing here can be run. What hangs in it can be read."
                        </p>
                    }
                })}
            <section class="gallery" aria-labelledby="half-fixes">
                <h2 id="half-fixes">"Half-fixes"</h2>
                <ol>{hang(half_fixes)}</ol>
            </section>
            <section class="gallery" aria-labelledby="fixes">
                <h2 id="fixes">"What works"</h2>
                <ol>{hang(fixes)}</ol>
            </section>
        </Frame>
    }
    .into_any()
}

/// One exhibit. Its fragment is its lane's name.
#[component]
fn Piece(
    exhibit: Exhibit,
    /// Whether this server lets it be broken.
    open: bool,
) -> impl IntoView {
    let Exhibit { lane, name, does, right, breaks, query, sighting } = exhibit;
    let id = lane.as_str();
    let works = breaks.is_none();
    view! {
        <li>
            <article class="piece" id=id data-works=works.then_some("") aria-labelledby=format!("{id}-name")>
                <h3 id=format!("{id}-name")>{name}</h3>
                <p class="does">{does}</p>
                <dl class="verdicts">
                    <div>
                        <dt>{if works { "Why it is right" } else { "Why it looks right" }}</dt>
                        <dd>{right}</dd>
                    </div>
                    {breaks
                        .map(|breaks| {
                            view! {
                                <div class="breaks">
                                    <dt>
                                        <Icon path=NOTICE />
                                        "Where it breaks"
                                    </dt>
                                    <dd>{breaks}</dd>
                                </div>
                            }
                        })}
                </dl>
                {sighting.map(|sighting| view! { <Seen sighting /> })}
                {open
                    .then(|| {
                        view! {
                            <p class="piece-foot">
                                <a class="button" href=format!("/lab?{query}") rel="external">
                                    {works.then(|| view! { <Icon path=TICK /> })}
                                    {if works { "Try to break it in the lab" } else { "Break it in the lab" }}
                                    <span class="unseen">": " {name}</span>
                                </a>
                            </p>
                        }
                    })}
            </article>
        </li>
    }
    .into_any()
}

#[component]
fn Seen(sighting: Sighting) -> impl IntoView {
    view! {
        <p class="seen quiet">
            "Seen in public: "
            <a href=sighting.url rel="external noreferrer">
                {sighting.thread}
            </a>
            ". "
            {sighting.says}
        </p>
    }
    .into_any()
}
