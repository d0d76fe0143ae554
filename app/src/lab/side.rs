//! One side of a comparison: what a design is called, how many rows it made, its picture, and what it stored.

use leptos::prelude::*;
use protocol::trace::{Lane, LanePicture, Place, Progress};

use super::blindfold::Blindfold;
use super::episodes::episodes;
use super::picture::LaneFigure;
use super::playback::Playback;
use super::stored::Stored;
use super::wait::Countdown;
use super::words;
use crate::lab_handle::LabHandle;

#[component]
pub fn Side(
    lane: Lane,
    playback: Playback,
    blindfold: Blindfold,
    /// The mark whose facts are open.
    picked: RwSignal<Option<usize>>,
    #[prop(default = Signal::stored(Vec::new()))] armed: Signal<Vec<(Place, String)>>,
) -> impl IntoView {
    let handle = LabHandle::of_page();
    let picture = Memo::new(move |_| playback.picture.with(|picture| picture.lane(lane).cloned()));
    let blind = blindfold.covers();
    let episodes = Memo::new(move |_| {
        let blind = blind.get();
        playback.marks.with(|marks| {
            picture.with(|picture| {
                picture.as_ref().map(|picture| episodes(picture, marks, blind)).unwrap_or_default()
            })
        })
    });
    let rows = Memo::new(move |_| picture.with(|it| it.as_ref().map_or(0, |it| it.rows.len())));
    let tone = move || (!blind.get()).then(|| picture.with(|it| it.as_ref().and_then(tone_of))).flatten();
    let heading = format!("side-{lane}");
    view! {
        <section class="side" data-lane=lane.as_str() data-tone=tone aria-labelledby=heading>
            <header class="side-head">
                <div>
                    <h2 id=heading.clone()>{words::title(lane)}</h2>
                    <p class="quiet">{words::subtitle(lane)}</p>
                </div>
                <p class="count" data-testid=format!("count-{lane}")>
                    {move || {
                        if blind.get() {
                            view! { <b>"?"</b> "rows" }.into_any()
                        } else {
                            let unit = if rows.get() == 1 { " row" } else { " rows" };
                            view! { <b>{rows}</b> {unit} }.into_any()
                        }
                    }}
                </p>
            </header>
            <LaneFigure episodes blind picked armed />
            <p class="standing-line quiet">
                <span>{move || picture.with(|picture| standing(picture.as_ref()))}</span>
                <Countdown playback lane />
            </p>
            {move || (!blind.get()).then(|| view! { <Stored lane picture handle playback /> })}
        </section>
    }
    .into_any()
}

/// Where the client stands, as it sees it.
fn standing(picture: Option<&LanePicture>) -> String {
    let Some((picture, last)) = picture.and_then(|it| it.attempts.last().map(|last| (it, last))) else {
        return "Nothing sent yet.".to_owned();
    };
    match last.progress {
        Progress::UnderWay => format!("Sending, try {}.", last.number),
        Progress::NoAnswer { .. } if picture.settled.is_some() => {
            "No answer, and no more tries. It may be stored or not.".to_owned()
        }
        Progress::NoAnswer { .. } => "No answer. It may already be stored.".to_owned(),
        Progress::Answered { .. } => format!("Answered: {}.", last.label),
    }
}

/// Bad as soon as one press has two rows, good once a retry was recognised.
fn tone_of(picture: &LanePicture) -> Option<&'static str> {
    if picture.rows.iter().any(|row| row.twin) {
        Some("bad")
    } else {
        picture.rows.iter().any(|row| row.recognised).then_some("good")
    }
}
