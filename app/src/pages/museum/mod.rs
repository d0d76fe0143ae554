//! `/museum`: six half-fixes that look right and break, and the two that work.

pub mod exhibits;
pub mod piece;

use leptos::prelude::*;

use self::exhibits::{EXHIBITS, Exhibit};
use self::piece::{Piece, Room};
use crate::components::frame::Frame;
use crate::lab::facts::FactsDialog;
use crate::ports::Viewer;

#[component]
pub fn Museum() -> impl IntoView {
    let faults = use_context::<Viewer>().is_some_and(|viewer| viewer.faults);
    let (fixes, half_fixes): (Vec<Exhibit>, Vec<Exhibit>) =
        EXHIBITS.into_iter().partition(|exhibit| exhibit.breaks.is_none());
    let room = Room::enter();
    let hang = move |exhibits: Vec<Exhibit>| {
        exhibits.into_iter().map(|exhibit| view! { <Piece exhibit open=faults room /> }).collect_view()
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
            <FactsDialog playback=room.playback picked=room.picked />
        </Frame>
    }
    .into_any()
}
