//! The sides of a comparison, next to each other, under one time.

use leptos::prelude::*;
use protocol::trace::{Lane, LanePicture, Place, Progress, sentence};

use super::blindfold::Blindfold;
use super::line::Arrowhead;
use super::playback::Playback;
use super::side::Side;
use crate::components::announcer::Announcer;

/// `lanes` are compared in this order.
#[component]
pub fn Stage(
    lanes: Signal<Vec<Lane>>,
    playback: Playback,
    blindfold: Blindfold,
    /// The mark whose facts are open.
    picked: RwSignal<Option<usize>>,
    #[prop(default = Signal::stored(Vec::new()))] armed: Signal<Vec<(Place, String)>>,
) -> impl IntoView {
    view! {
        <Arrowhead />
        <div class="sides" data-sides=move || lanes.with(Vec::len).to_string()>
            <For
                each=move || lanes.get()
                key=|lane| *lane
                children=move |lane| view! { <Side lane playback blindfold picked armed /> }
            />
        </div>
    }
    .into_any()
}

/// The outcome in a sentence, once the whole of it has been seen.
#[component]
pub fn Verdict(playback: Playback, blindfold: Blindfold) -> impl IntoView {
    let words = Memo::new(move |_| {
        let over = playback.is_at_end() && !blindfold.is_on();
        playback
            .picture
            .with(|picture| if over && picture.is_settled() { sentence(picture) } else { String::new() })
    });
    let lesson = move || {
        let retried =
            playback.picture.with(|picture| picture.lanes.iter().all(|lane| lane.attempts.len() > 1));
        (retried && !words.with(String::is_empty)).then_some(
            " The browser could not know that its first try had worked, so asking again has to be harmless.",
        )
    };
    view! {
        <p class="verdict" role="status" data-testid="verdict">
            {move || Some(words.get()).filter(|words| !words.is_empty())}
            <span class="lesson">{lesson}</span>
        </p>
    }
    .into_any()
}

/// Tells once that an attempt had no answer; the sentence at the end tells the rest.
pub fn announce(playback: Playback) {
    let announcer = use_context::<Announcer>();
    let unanswered = Memo::new(move |_| {
        playback.picture.with(|picture| {
            let last = |lane: &LanePicture| {
                let last = lane.attempts.last().filter(|_| lane.settled.is_none())?;
                matches!(last.progress, Progress::NoAnswer { .. }).then_some(last.number)
            };
            picture.lanes.iter().filter_map(last).max()
        })
    });
    Effect::new(move |_| {
        if let (Some(announcer), Some(attempt)) = (announcer, unanswered.get()) {
            announcer.say(format!("Try {attempt}: no answer. It may already be stored."));
        }
    });
}
