//! The middle of the step about a long outage: predict, have it carried out for real, and count the rows.

use leptos::prelude::*;

use super::experiment::{Question, Said};
use super::judgement::{Verdict, judge};
use super::steps::{Holds, Step};
use crate::components::announcer::Announcer;
use crate::components::ready::Ready;
use crate::outage_handle::{OutageAsk, OutageHandle, Story, own_room};
use crate::ports::Viewer;
use crate::tour_handle::TourHandle;

/// The prediction, the action and the check of the step.
#[component]
pub fn Drained(
    step: &'static Step,
    /** Whether this server breaks anything on request. */
    open: bool,
) -> impl IntoView {
    let handle = OutageHandle::of_page();
    let chosen = RwSignal::new(None);
    let hasty = RwSignal::new(false);
    finish(step, chosen);
    let facts = move || {
        let facts = handle.story.with(|story| story.as_ref().map(facts).unwrap_or_default());
        facts.into_iter().map(|fact| view! { <li>{fact}</li> }).collect_view()
    };
    let said = move || {
        let verdict = handle.story.with(|story| {
            let story = story.as_ref()?;
            judge(step, chosen.get()?, |answer| holds(answer, story))
        });
        verdict.map(|Verdict { right, words }| view! { <Said right words /> })
    };
    view! {
        <Question step chosen hasty />
        {open.then(|| view! { <Actions chosen hasty /> })}
        <section
            class="check"
            aria-label="What was found"
            data-testid="check"
            hidden=move || handle.story.with(Option::is_none)
        >
            <ul>{facts}</ul>
            {said}
            <p class="lesson">{step.lesson}</p>
            <p>
                <a href="/outage" rel="external">
                    "Pull the plug yourself"
                </a>
            </p>
        </section>
    }
    .into_any()
}

#[component]
fn Actions(chosen: RwSignal<Option<usize>>, hasty: RwSignal<bool>) -> impl IntoView {
    let handle = OutageHandle::of_page();
    let ready = Ready::of_page();
    let room = use_context::<Viewer>().map(|viewer| own_room(viewer.user_id)).unwrap_or_default();
    let room = StoredValue::new(room);
    let begin = move |show_me: bool| {
        let undecided = chosen.get_untracked().is_none() && !show_me;
        hasty.set(undecided);
        if !undecided {
            handle.ask(OutageAsk::Story { room: room.get_value() });
        }
    };
    let stuck = move || (handle.busy.get() || !handle.able.get()).then_some("true");
    let why = move || {
        if let Some(problem) = handle.problem.get() {
            problem.to_owned()
        } else if handle.busy.get() {
            handle.log.with(|log| format!("Under way: {} records wait in the log.", log.waiting()))
        } else if hasty.get() {
            "Choose an answer first, or let it be shown.".to_owned()
        } else if ready.get() && !handle.able.get() {
            "One moment: the log is being read.".to_owned()
        } else {
            String::new()
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
                "Run it"
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

/// Once all of it was carried out the step is done, and told of.
fn finish(step: &'static Step, chosen: RwSignal<Option<usize>>) {
    let handle = OutageHandle::of_page();
    let tour = TourHandle::of_page();
    let announcer = use_context::<Announcer>();
    Effect::new(move |_| {
        let Some(story) = handle.story.get() else { return };
        tour.finish(step.number);
        let Some(announcer) = announcer else { return };
        let verdict =
            chosen.get_untracked().and_then(|chosen| judge(step, chosen, |answer| holds(answer, &story)));
        let verdict = verdict.map(|verdict| verdict.words).unwrap_or_default();
        announcer.say(format!("{} {verdict} {}", facts(&story).join(" "), step.lesson));
    });
}

/// What was read at the end.
fn facts(story: &Story) -> Vec<String> {
    let changed: u64 = story.replays.iter().map(|replay| replay.applied).sum();
    let hash = if story.is_unchanged() { "the same" } else { "not the same" };
    vec![
        format!("{} posts were written while the database was away.", story.written),
        format!("After the outage {} rows hold them.", story.rows),
        format!(
            "The log was applied again {} times: {changed} rows changed, and the hash was {hash} each time.",
            story.replays.len()
        ),
    ]
}

/// Whether an answer is true of what was counted.
fn holds(answer: Holds, story: &Story) -> bool {
    matches!(answer, Holds::Stored(rows) if rows == story.rows)
}
