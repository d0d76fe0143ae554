//! Back, step, play, live, speed, and a scrubber: the picture is a fold of the events up to where it stands.

use leptos::prelude::*;

use super::playback::{Playback, SPEEDS};
use crate::components::icon::{self, Icon};

#[component]
pub fn TimeControl(playback: Playback) -> impl IntoView {
    let all = Memo::new(move |_| playback.marks.with(Vec::len));
    let nothing = move || (all.get() == 0).then_some("true");
    let stands = move || format!("event {} of {}", playback.shown.get(), all.get());
    let going = Memo::new(move |_| playback.playing.get() && playback.is_moving());
    let play_words = move || if going.get() { "Pause" } else { "Play" };
    let scrub = move |event| {
        if let Ok(count) = event_target_value(&event).parse() {
            playback.seek(count);
        }
    };
    let set_speed = move |event| {
        if let Ok(speed) = event_target_value(&event).parse() {
            playback.speed.set(speed);
        }
    };
    view! {
        <div class="time" role="group" aria-label="Time">
            <div class="time-buttons">
                <button type="button" class="button" aria-disabled=nothing on:click=move |_| playback.back()>
                    <Icon path=Signal::stored(icon::BACK) />
                    "Back"
                </button>
                <button type="button" class="button" aria-disabled=nothing on:click=move |_| playback.step()>
                    <Icon path=Signal::stored(icon::STEP) />
                    "Step"
                </button>
                <button type="button" class="button" aria-disabled=nothing on:click=move |_| playback.play()>
                    <Icon path=Signal::derive(move || if going.get() { icon::PAUSE } else { icon::PLAY }) />
                    {play_words}
                </button>
                <button type="button" class="button" aria-disabled=nothing on:click=move |_| playback.live()>
                    "Live"
                </button>
            </div>
            <input
                type="range"
                class="scrubber"
                aria-label="Time of the picture"
                aria-valuetext=stands
                min="0"
                max=move || all.get().to_string()
                prop:value=move || {
                    all.track();
                    playback.shown.get().to_string()
                }
                on:input=scrub
            />
            <output class="quiet stands" data-testid="stands">
                {stands}
            </output>
            <label class="quiet speed">
                "Speed "
                <select on:change=set_speed>
                    {SPEEDS
                        .map(|speed| {
                            view! {
                                <option value=speed.to_string() selected=speed.total_cmp(&1.0).is_eq()>
                                    {format!("{speed}×")}
                                </option>
                            }
                        })}
                </select>
            </label>
        </div>
    }
    .into_any()
}
