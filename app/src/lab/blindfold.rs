//! The client's eyes: everything right of the browser is dark, and the visitor says what cannot be seen.

use leptos::prelude::*;
use protocol::trace::{Picture, Progress};

use super::playback::Playback;
use crate::components::announcer::Announcer;

/// What may be answered to the question how many rows there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    None,
    One,
    CannotKnow,
}

impl Guess {
    const ALL: [Self; 3] = [Self::None, Self::One, Self::CannotKnow];

    const fn words(self) -> &'static str {
        match self {
            Self::None => "0",
            Self::One => "1",
            Self::CannotKnow => "can't know",
        }
    }
}

#[derive(Clone, Copy)]
pub struct Blindfold {
    /// Whether it is on.
    on: RwSignal<bool>,
    pub guess: RwSignal<Option<Guess>>,
    /// The rows of each side when the guess was made.
    truth: RwSignal<Vec<usize>>,
}

impl Blindfold {
    /// Off.
    pub fn off() -> Self {
        Self { on: RwSignal::new(false), guess: RwSignal::new(None), truth: RwSignal::default() }
    }

    /// Whether everything right of the browser is dark.
    pub fn covers(self) -> Signal<bool> {
        Signal::derive(move || self.on.get())
    }

    pub fn is_on(self) -> bool {
        self.on.get()
    }

    pub fn is_on_untracked(self) -> bool {
        self.on.get_untracked()
    }

    pub fn put_on(self) {
        self.guess.set(None);
        self.on.set(true);
    }

    pub fn take_off(self) {
        self.on.set(false);
    }
}

/// The question, at the moment at which no side has an answer, and what came of it.
#[component]
pub fn BlindfoldPanel(playback: Playback, blindfold: Blindfold) -> impl IntoView {
    let announcer = use_context::<Announcer>();
    let asks = Memo::new(move |_| blindfold.is_on() && playback.picture.with(is_in_the_dark));
    // The run goes on behind the blindfold; its picture waits for the visitor.
    Effect::new(move |_| {
        if asks.get() {
            playback.playing.set(false);
            if let Some(announcer) = announcer {
                announcer.say("No answer. How many rows are there now: 0, 1, or can't you know?".to_owned());
            }
        }
    });
    let lift = move |guess| {
        let rows = |picture: &Picture| picture.lanes.iter().map(|lane| lane.rows.len()).collect();
        blindfold.truth.set(playback.picture.with_untracked(rows));
        blindfold.guess.set(Some(guess));
        blindfold.take_off();
    };
    let question = move || {
        asks.get().then(|| {
            let buttons = Guess::ALL.map(|guess| {
                view! {
                    <button type="button" class="button strong" on:click=move |_| lift(guess)>
                        {guess.words()}
                    </button>
                }
            });
            view! {
                <div class="question" role="group" aria-labelledby="blind-question">
                    <p id="blind-question">
                        <strong>"No answer. "</strong>
                        "How many rows are there now?"
                    </p>
                    <div class="guesses">{buttons}</div>
                </div>
            }
        })
    };
    let waiting = move || {
        (blindfold.is_on() && !asks.get()).then(|| {
            view! {
                <p class="question quiet">
                    "Blindfold on: you see what your browser sees, and nothing right of it."
                </p>
            }
        })
    };
    let revealed = move || {
        (!blindfold.is_on())
            .then(|| blindfold.guess.get())
            .flatten()
            .map(|guess| view! { <Reveal guess rows=blindfold.truth.get() playback /> })
    };
    view! { <div class="blindfold">{question} {waiting} {revealed}</div> }.into_any()
}

#[component]
fn Reveal(guess: Guess, rows: Vec<usize>, playback: Playback) -> impl IntoView {
    let said = format!("You said: {}.", guess.words());
    let verdict = match guess {
        Guess::CannotKnow => "Right. Nobody at this end of the wire can know.",
        Guess::None | Guess::One => "Nobody at this end of the wire can know, whatever the number is.",
    };
    let counts: Vec<String> = rows.iter().map(ToString::to_string).collect();
    let truth = format!(
        "At that moment the database held {} ({}). A lost request, a rollback and a lost reply look exactly alike from here.",
        if rows.iter().all(|count| *count == 1) { "1 row on each side" } else { "these rows on each side" },
        counts.join(" and "),
    );
    let moving = move || playback.playing.get();
    view! {
        <div class="question" data-testid="reveal" data-right=(guess == Guess::CannotKnow).then_some("")>
            <p>
                {said} " " <strong>{verdict}</strong> " " {truth}
            </p>
            <button type="button" class="button" hidden=moving on:click=move |_| playback.playing.set(true)>
                "Watch the retry"
            </button>
        </div>
    }
    .into_any()
}

/// Whether every side stands at an attempt without an answer.
fn is_in_the_dark(picture: &Picture) -> bool {
    let no_answer = |lane: &protocol::trace::LanePicture| {
        lane.settled.is_none()
            && matches!(lane.attempts.last().map(|last| last.progress), Some(Progress::NoAnswer { .. }))
    };
    !picture.lanes.is_empty() && picture.lanes.iter().all(no_answer)
}
