//! Small pictures beside words. They repeat what the words say, so screen readers skip them.

use leptos::prelude::*;

/// A 16 × 16 line drawing in the colour of the text around it.
#[component]
pub fn Icon(#[prop(into)] path: Signal<&'static str>) -> impl IntoView {
    view! {
        <svg
            class="icon"
            viewBox="0 0 16 16"
            width="16"
            height="16"
            fill="none"
            stroke="currentColor"
            stroke-width="1.75"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
            focusable="false"
        >
            <path d=move || path.get() />
        </svg>
    }
}

/// A tray with a tick: kept here.
pub const KEPT: &str = "M2 9v4h12V9M5 5.5 7.5 8 12 3";
/// An arrow upwards: on its way.
pub const SENDING: &str = "M8 14V3M3.5 7.5 8 3l4.5 4.5";
/// A clock: waiting.
pub const CLOCK: &str = "M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5M8 4.5V8l2.5 1.5";
/// A tick: stored.
pub const TICK: &str = "M2.5 8.5 6 12l7.5-8";
/// A cross: no.
pub const CROSS: &str = "M4 4l8 8M12 4l-8 8";
/// A tick inside an arrow that came round: recognised.
pub const RECOGNISED: &str = "M13.9 6.5A6.25 6.25 0 1 1 11 2.6M14 1.5v4h-4M5.5 8l2 2 3.5-4";
/// A stack: queued on the server.
pub const STACK: &str = "m8 2 6 3-6 3-6-3 6-3M2 8l6 3 6-3M2 11l6 3 6-3";
/// An exclamation mark in a triangle: somebody must decide.
pub const NOTICE: &str = "M8 2 1.5 13.5h13L8 2M8 6.5v3M8 11.75v.01";
/// A pair of scissors: a failure is armed.
pub const SCISSORS: &str = "M4 2.5a1.75 1.75 0 1 0 0 3.5 1.75 1.75 0 0 0 0-3.5M4 10a1.75 1.75 0 1 0 0 3.5A1.75 1.75 0 0 0 4 10M5.4 5.3 14 12.5M5.4 10.7 14 3.5";
/// An arrowhead to the left against a bar: one event back.
pub const BACK: &str = "M11.5 3 5.5 8l6 5V3M3.5 3v10";
/// The same to the right: one event on.
pub const STEP: &str = "M4.5 3l6 5-6 5V3M12.5 3v10";
/// An arrowhead: go on.
pub const PLAY: &str = "M4.5 2.5 12.5 8l-8 5.5v-11";
/// Two bars: stop here.
pub const PAUSE: &str = "M5 3v10M11 3v10";
/// An eye that is closed: the blindfold.
pub const BLIND: &str =
    "M1.75 6.5C3.5 9 5.6 10.2 8 10.2S12.5 9 14.25 6.5M8 10.2v2.3M3.9 9.2 2.7 11M12.1 9.2l1.2 1.8";
