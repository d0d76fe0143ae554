//! The middle of a step: predict, run it for real, and hold the prediction against what is stored.

use leptos::prelude::*;

use super::judgement::{Outcome, Verdict, facts, heard, verdict};
use super::steps::Step;
use crate::components::announcer::Announcer;
use crate::components::checked::rows_at_end;
use crate::components::icon::{Icon, NOTICE, TICK};
use crate::components::ready::Ready;
use crate::lab::blindfold::{Blindfold, BlindfoldPanel};
use crate::lab::facts::FactsDialog;
use crate::lab::playback::Playback;
use crate::lab::stage::Stage;
use crate::lab_handle::{LabAsk, LabHandle};
use crate::tour_handle::TourHandle;

/// What the parts of a step share.
#[derive(Clone, Copy)]
struct Desk {
    step: &'static Step,
    handle: LabHandle,
    playback: Playback,
    blindfold: Blindfold,
    picked: RwSignal<Option<usize>>,
    /// The predicted answer.
    chosen: RwSignal<Option<usize>>,
    /// Somebody wanted to run it without a prediction.
    hasty: RwSignal<bool>,
    /// Which run of the step is on screen.
    on_screen: RwSignal<Option<usize>>,
    /// What came of the runs so far, in their order.
    outcomes: RwSignal<Vec<Outcome>>,
}

impl Desk {
    fn begin(self, show_me: bool) {
        if self.playback.is_moving_untracked() || !self.handle.able.get_untracked() {
            return;
        }
        let undecided = !self.step.blindfold && self.chosen.get_untracked().is_none();
        self.hasty.set(undecided && !show_me);
        if undecided && !show_me {
            return;
        }
        self.outcomes.set(Vec::new());
        if self.step.blindfold && !show_me {
            self.blindfold.put_on();
        } else {
            self.blindfold.take_off();
        }
        self.start(0);
    }

    fn start(self, run: usize) {
        let Some(scenario) = self.step.runs.get(run).and_then(|run| run.scenario()) else { return };
        self.picked.set(None);
        self.playback.restart();
        self.handle.ask(LabAsk::Run(Box::new(scenario)));
        self.on_screen.set(Some(run));
    }

    /// Notes what came of a run once all of it was seen, and starts the next.
    fn follow(self) {
        let tour = TourHandle::of_page();
        let announcer = use_context::<Announcer>();
        Effect::new(move |_| {
            let Some(rows) = rows_at_end(self.handle, self.playback).filter(|_| !self.blindfold.is_on())
            else {
                return;
            };
            let Some(run) = self.on_screen.get_untracked() else { return };
            if self.outcomes.with_untracked(Vec::len) != run {
                return;
            }
            let heard = self.playback.picture.with_untracked(heard);
            self.outcomes.update(|outcomes| outcomes.push(Outcome { rows, heard }));
            if run + 1 < self.step.runs.len() {
                self.start(run + 1);
                return;
            }
            tour.finish(self.step.number);
            if let Some(announcer) = announcer {
                let outcomes = self.outcomes.get_untracked();
                let verdict = verdict(self.step, self.chosen.get_untracked(), &outcomes);
                let facts = facts(self.step, &outcomes).join(" ");
                announcer.say(format!(
                    "{facts} {} {}",
                    verdict.map(|it| it.words).unwrap_or_default(),
                    self.step.lesson
                ));
            }
        });
    }

    fn is_done(self) -> bool {
        self.outcomes.with(Vec::len) == self.step.runs.len()
    }
}

/// The prediction, the action and the check of a step.
#[component]
pub fn Experiment(
    step: &'static Step,
    /** Whether this server breaks anything on request. */
    open: bool,
) -> impl IntoView {
    let handle = LabHandle::of_page();
    let desk = Desk {
        step,
        handle,
        playback: Playback::follow(handle),
        blindfold: Blindfold::off(),
        picked: RwSignal::new(None),
        chosen: RwSignal::new(None),
        hasty: RwSignal::new(false),
        on_screen: RwSignal::new(None),
        outcomes: RwSignal::new(Vec::new()),
    };
    desk.follow();
    let Desk { playback, blindfold, picked, on_screen, .. } = desk;
    let lanes = Signal::derive(move || {
        let run = on_screen.get().and_then(|run| step.runs.get(run));
        run.map(|run| run.lanes.to_vec()).unwrap_or_default()
    });
    view! {
        <Question step chosen=desk.chosen hasty=desk.hasty />
        {open.then(|| view! { <Actions desk /> })}
        <BlindfoldPanel playback blindfold />
        <div class="evidence" hidden=move || on_screen.get().is_none()>
            <Stage lanes playback blindfold picked />
        </div>
        <FactsDialog playback picked />
        <Check desk />
    }
    .into_any()
}

/// The question and its answers, to be chosen among by hand, keyboard or voice.
#[component]
pub(super) fn Question(
    step: &'static Step,
    chosen: RwSignal<Option<usize>>,
    hasty: RwSignal<bool>,
) -> impl IntoView {
    if step.answers.is_empty() {
        return ().into_any();
    }
    let choices = step.answers.iter().enumerate().map(|(number, (answer, _))| {
        let id = format!("answer-{number}");
        let choose = move |_| {
            chosen.set(Some(number));
            hasty.set(false);
        };
        view! {
            <div class="choice">
                <input
                    type="radio"
                    name="answer"
                    id=id.clone()
                    value=number
                    autocomplete="off"
                    on:change=choose
                />
                <label for=id>{*answer}</label>
            </div>
        }
    });
    view! {
        <fieldset class="asked">
            <legend>{step.question}</legend>
            {choices.collect_view()}
        </fieldset>
    }
    .into_any()
}

#[component]
fn Actions(desk: Desk) -> impl IntoView {
    let Desk { step, handle, playback, hasty, .. } = desk;
    let ready = Ready::of_page();
    let stuck = move || (playback.is_moving() || !handle.able.get()).then_some("true");
    let why = move || {
        if ready.get() && !handle.able.get() {
            "This browser cannot mint ids, so nothing can be run here."
        } else if playback.is_moving() {
            "One run at a time: this one is still going on."
        } else if hasty.get() {
            "Choose an answer first, or let it be shown."
        } else {
            ""
        }
    };
    view! {
        <div class="tour-actions">
            <button
                type="button"
                class="primary later"
                aria-disabled=stuck
                aria-describedby="run-why"
                on:click=move |_| desk.begin(false)
            >
                {if step.blindfold { "Put on the blindfold" } else { "Run it" }}
            </button>
            <button
                type="button"
                class="button later"
                aria-disabled=stuck
                aria-describedby="run-why"
                on:click=move |_| desk.begin(true)
            >
                "Show me"
            </button>
            <p class="why-not" id="run-why">
                {move || Some(why()).filter(|why| !why.is_empty())}
            </p>
        </div>
    }
    .into_any()
}

/// What the database holds, and whether it was predicted.
#[component]
fn Check(desk: Desk) -> impl IntoView {
    let Desk { step, chosen, outcomes, .. } = desk;
    let facts = move || {
        outcomes
            .with(|outcomes| facts(step, outcomes))
            .into_iter()
            .map(|fact| view! { <li>{fact}</li> })
            .collect_view()
    };
    let verdict = move || {
        let verdict = outcomes.with(|outcomes| verdict(step, chosen.get(), outcomes));
        verdict.map(|Verdict { right, words }| view! { <Said right words /> })
    };
    let after = move || {
        desk.is_done().then(|| {
            view! {
                {verdict}
                <p class="lesson">{step.lesson}</p>
            }
        })
    };
    view! {
        <section
            class="check"
            aria-label="What was found"
            data-testid="check"
            hidden=move || outcomes.with(Vec::is_empty)
        >
            <ul>{facts}</ul>
            {after}
        </section>
    }
    .into_any()
}

/// How the prediction fared.
#[component]
pub(super) fn Said(right: bool, words: String) -> impl IntoView {
    view! {
        <p class="predicted" data-right=right.then_some("")>
            <Icon path=if right { TICK } else { NOTICE } />
            {words}
        </p>
    }
}
