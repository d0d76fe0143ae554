//! The middle of a step about methods: predict, send it for real, and hold the prediction against the state.

use std::collections::BTreeMap;

use leptos::prelude::*;
use protocol::methods::{Record, Trial};

use super::experiment::{Question, Said};
use super::judgement::{Verdict, judge};
use super::steps::{Holds, Step};
use crate::components::announcer::Announcer;
use crate::components::ready::Ready;
use crate::methods::log::Log;
use crate::methods::told::{calls, judged};
use crate::methods_handle::{MethodsAsk, MethodsHandle};
use crate::tour_handle::TourHandle;

/// So often each request is sent.
const TIMES: usize = 3;

/// The prediction, the action and the check of a step that measures methods.
#[component]
pub fn Measured(
    step: &'static Step,
    /** Whether this server has the control arm. */
    open: bool,
) -> impl IntoView {
    let handle = MethodsHandle::of_page();
    let chosen = RwSignal::new(None);
    let hasty = RwSignal::new(false);
    let started = RwSignal::new(false);
    let done = Memo::new(move |_| !handle.measured.with(Vec::is_empty));
    finish(step, chosen);
    let begin = move |show_me: bool| {
        let undecided = chosen.get_untracked().is_none() && !show_me;
        hasty.set(undecided);
        if undecided || handle.busy.get_untracked() {
            return;
        }
        started.set(true);
        handle.ask(MethodsAsk::StartOver(step.trials.to_vec()));
        let trials = step.trials.to_vec();
        handle.ask(MethodsAsk::Send { trials, times: TIMES, text: "Hello".to_owned() });
    };
    let logs = step.trials.iter().map(|trial| {
        view! {
            <section class="column" aria-label=trial.name()>
                <h2>{trial.name()}</h2>
                <Log trial=Signal::stored(*trial) />
            </section>
        }
    });
    let facts = move || {
        let facts = handle.records.with(|records| facts(step, records));
        facts.into_iter().map(|fact| view! { <li>{fact}</li> }).collect_view()
    };
    let said = move || {
        let verdict =
            handle.records.with(|records| judge(step, chosen.get()?, |answer| holds(answer, step, records)));
        verdict.map(|Verdict { right, words }| view! { <Said right words /> })
    };
    view! {
        <Question step chosen hasty />
        {open.then(|| view! { <Actions begin hasty /> })}
        <div class="evidence columns" hidden=move || !started.get()>
            {logs.collect_view()}
        </div>
        <section class="check" aria-label="What was found" data-testid="check" hidden=move || !done.get()>
            <ul>{facts}</ul>
            {said}
            <p class="lesson">{step.lesson}</p>
            <p>
                <a href="/methods" rel="external">
                    "Measure the other methods"
                </a>
            </p>
        </section>
    }
    .into_any()
}

#[component]
fn Actions(begin: impl Fn(bool) + Copy + Send + Sync + 'static, hasty: RwSignal<bool>) -> impl IntoView {
    let handle = MethodsHandle::of_page();
    let ready = Ready::of_page();
    let stuck = move || (handle.busy.get() || !handle.able.get()).then_some("true");
    let why = move || {
        if ready.get() && !handle.able.get() {
            "This browser cannot mint ids, so nothing can be sent here."
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
                on:click=move |_| begin(false)
            >
                "Send it three times"
            </button>
            <button
                type="button"
                class="button later"
                aria-disabled=stuck
                aria-describedby="run-why"
                on:click=move |_| begin(true)
            >
                "Show me"
            </button>
            <p class="why-not" id="run-why">
                {why}
            </p>
        </div>
    }
    .into_any()
}

/// Once everything was sent the step is done, and told of.
fn finish(step: &'static Step, chosen: RwSignal<Option<usize>>) {
    let handle = MethodsHandle::of_page();
    let tour = TourHandle::of_page();
    let announcer = use_context::<Announcer>();
    Effect::new(move |_| {
        if handle.measured.with(Vec::is_empty) {
            return;
        }
        tour.finish(step.number);
        let Some(announcer) = announcer else { return };
        let records = handle.records.get_untracked();
        let verdict = chosen
            .get_untracked()
            .and_then(|chosen| judge(step, chosen, |answer| holds(answer, step, &records)));
        let verdict = verdict.map(|verdict| verdict.words).unwrap_or_default();
        announcer.say(format!("{} {verdict} {}", facts(step, &records).join(" "), step.lesson));
    });
}

/// What was read of each trial.
fn facts(step: &Step, records: &BTreeMap<Trial, Record>) -> Vec<String> {
    let measured = step.trials.iter().filter_map(|trial| records.get(trial));
    measured.map(|record| format!("{} {}", calls(record), judged(record))).collect()
}

/// Whether an answer is true of what was measured.
fn holds(answer: Holds, step: &Step, records: &BTreeMap<Trial, Record>) -> bool {
    match answer {
        Holds::Idempotent(claims) => claims.iter().all(|(trial, claimed)| {
            records.get(trial).is_some_and(|record| record.verdict().idempotent == Some(*claimed))
        }),
        Holds::Again { status, state } => {
            let record = step.trials.last().and_then(|trial| records.get(trial));
            record.is_some_and(|record| match record.statuses().as_slice() {
                [first, second, ..] => (first != second) == status && record.changed(1) == Some(state),
                _ => false,
            })
        }
        Holds::Rows(_) | Holds::Doubles(_) | Holds::LastStatus(..) | Holds::Stored(_) => false,
    }
}
