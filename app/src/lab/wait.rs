//! The wait before the next attempt, as a bar that runs out.

use leptos::html;
use leptos::prelude::*;
use protocol::trace::Lane;

use super::playback::Playback;

/// There while the lane waits and its picture stands at that wait.
#[component]
pub fn Countdown(playback: Playback, lane: Lane) -> impl IntoView {
    let wait = Memo::new(move |_| {
        playback.picture.with(|picture| picture.lane(lane).and_then(|lane| lane.waiting)).map(|wait| wait.ms)
    });
    move || {
        wait.get().map(|ms| {
            let bar = NodeRef::<html::Span>::new();
            let lasts = ms as f64 / playback.speed.get_untracked();
            // Set by program: the page's rules allow no style in its markup.
            Effect::new(move |_| {
                if let Some(bar) = bar.get() {
                    let style = leptos::web_sys::HtmlElement::style(&bar);
                    // Without the animation the words say the same.
                    let _ = style.set_property("animation-duration", &format!("{lasts:.0}ms"));
                }
            });
            let words = format!("Next try in {}.{} s", ms / 1_000, ms % 1_000 / 100);
            view! {
                <span class="countdown">
                    {words} <span class="pie" aria-hidden="true">
                        <span node_ref=bar></span>
                    </span>
                </span>
            }
        })
    }
}
