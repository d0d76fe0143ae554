//! The space-time picture of one lane: a list of attempts, each with its hops. Lines and boxes are its styling.

use leptos::prelude::*;
use protocol::trace::Place;

use super::episodes::{Episode, Line};
use super::line::HopLine;

#[component]
pub fn LaneFigure(
    episodes: Memo<Vec<Episode>>,
    /// Whether only the browser's column is shown.
    blind: Signal<bool>,
    /// The mark whose facts are open.
    picked: RwSignal<Option<usize>>,
    /// What is armed on this lane's wires, at the place where it will strike.
    #[prop(default = Signal::stored(Vec::new()))]
    armed: Signal<Vec<(Place, String)>>,
) -> impl IntoView {
    let places = move || {
        let count = if blind.get() { 1 } else { Place::ALL.len() };
        Place::ALL.into_iter().take(count)
    };
    let heads = move || {
        places().map(|place| view! { <li data-place=place.as_str()>{place.title()}</li> }).collect_view()
    };
    let lifelines = move || {
        places()
            .map(|place| view! { <span class="lifeline" data-place=place.as_str()></span> })
            .collect_view()
    };
    let badges = move || {
        let armed = if blind.get() { Vec::new() } else { armed.get() };
        armed
            .into_iter()
            .map(|(place, words)| view! { <li class="armed-cut" data-place=place.as_str()>{words}</li> })
            .collect_view()
    };
    view! {
        <figure class="picture" data-blind=move || blind.get().then_some("")>
            <ul class="places" aria-label="Places, from left to right">
                {heads}
            </ul>
            <ul class="badges" aria-label="Armed">
                {badges}
            </ul>
            <div class="timeline-area">
                <div class="lifelines" aria-hidden="true">
                    {lifelines}
                </div>
                <ol class="attempts" aria-label="Attempts">
                    <For
                        each=move || episodes.get()
                        key=|episode| (episode.attempt, episode.part)
                        children=move |episode| view! { <EpisodeItem episodes episode picked /> }
                    />
                </ol>
            </div>
        </figure>
    }
    .into_any()
}

#[component]
fn EpisodeItem(
    episodes: Memo<Vec<Episode>>,
    episode: Episode,
    picked: RwSignal<Option<usize>>,
) -> impl IntoView {
    let (attempt, part) = (episode.attempt, episode.part);
    // Until its item is taken away it stays as it was.
    let current = Memo::new(move |last: Option<&Episode>| {
        episodes
            .with(|all| all.iter().find(|it| (it.attempt, it.part) == (attempt, part)).cloned())
            .unwrap_or_else(|| last.unwrap_or(&episode).clone())
    });
    let lines = move || current.with(|episode| episode.lines.clone());
    view! {
        <li
            class="attempt"
            data-attempt=attempt.to_string()
            data-part=(part > 0).then(|| part.to_string())
            data-outcome=move || current.with(|episode| episode.outcome)
        >
            <p class="try">
                <span class="word">"try "</span>
                {attempt}
                {(part > 0).then_some(" …")}
            </p>
            <ol class="hops">
                <For
                    each=lines
                    key=|line| line.key
                    children=move |line| {
                        let current = line_of(current, line);
                        view! { <HopLine line=current picked /> }
                    }
                />
            </ol>
        </li>
    }
    .into_any()
}

/// The line as it stands; its place in the list is given by its key.
fn line_of(episode: Memo<Episode>, line: Line) -> Memo<Line> {
    Memo::new(move |last: Option<&Line>| {
        episode
            .with(|episode| episode.lines.iter().find(|it| it.key == line.key).cloned())
            .unwrap_or_else(|| last.unwrap_or(&line).clone())
    })
}
