//! `/tour/1` … `/tour/10`: the article in steps, each with a prediction and a check against what is stored.

pub mod drained;
pub mod experiment;
mod judgement;
pub mod measured;
pub mod steps;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use self::drained::Drained;
use self::experiment::Experiment;
use self::measured::Measured;
use self::steps::{STEPS, Step, find};
use super::not_found::NotFound;
use crate::components::frame::Frame;
use crate::components::ready::Ready;
use crate::ports::Viewer;
use crate::status::redirect;
use crate::tour_handle::TourHandle;

/// `/tour`: the way in.
#[component]
pub fn TourStart() -> impl IntoView {
    redirect("/tour/1");
    view! { <StepPage place=0 step=&STEPS[0] /> }
}

/// A step; steps are documents of their own, so Back walks through them.
#[component]
pub fn Tour() -> impl IntoView {
    let number = use_params_map().get_untracked().get("number").unwrap_or_default();
    match find(&number) {
        Some((place, step)) => view! { <StepPage place step /> }.into_any(),
        None => view! { <NotFound /> }.into_any(),
    }
}

#[component]
fn StepPage(place: usize, step: &'static Step) -> impl IntoView {
    let faults = use_context::<Viewer>().is_some_and(|viewer| viewer.faults);
    let before = place.checked_sub(1).and_then(|place| STEPS.get(place));
    let after = STEPS.get(place + 1);
    view! {
        <Frame
            title=format!("{}, step {} of the tour", step.title, step.number)
            here="/tour/1"
            description="A short tour of retries that are safe: predict, break the network, and check what the database holds."
        >
            <div class="tour">
                <Map here=step.number />
                <div class="lede">
                    <h1>
                        <span class="quiet">{format!("Step {}", step.number)}</span>
                        {step.title}
                    </h1>
                    <p>{step.says}</p>
                </div>
                {(!faults)
                    .then(|| {
                        view! {
                            <p class="notice">
                                "This server does not carry out failures that are asked for, so nothing can be run here.
                                The answer can be read below."
                            </p>
                        }
                    })}
                {if step.is_an_outage() {
                    view! { <Drained step open=faults /> }.into_any()
                } else if step.trials.is_empty() {
                    view! { <Experiment step open=faults /> }.into_any()
                } else {
                    view! { <Measured step open=faults /> }.into_any()
                }}
                <details class="answer">
                    <summary>"What happens, without running it"</summary>
                    <p>{step.lesson}</p>
                </details>
                <nav class="paging" aria-label="Steps">
                    {before.map(|step| view! { <Way step says="Back" /> })}
                    {after.map(|step| view! { <Way step says="Next" /> })}
                    {after
                        .is_none()
                        .then(|| {
                            view! {
                                <a href="/museum" rel="external">
                                    "On to the museum"
                                </a>
                            }
                        })}
                </nav>
            </div>
        </Frame>
    }
    .into_any()
}

/// All steps, any of which may be gone to at any time.
#[component]
fn Map(here: u8) -> impl IntoView {
    let tour = TourHandle::of_page();
    let ready = Ready::of_page();
    // The server cannot know it, and the first rendering here must equal the server's.
    let is_done = move |step: &Step| ready.get() && tour.done.with(|done| done.contains(&step.number));
    view! {
        <nav class="tour-map" aria-label="Tour">
            <ol>
                {STEPS
                    .iter()
                    .map(|step| {
                        let current = (step.number == here).then_some("step");
                        view! {
                            <li>
                                <a
                                    href=path_of(step)
                                    rel="external"
                                    aria-current=current
                                    data-done=move || is_done(step).then_some("")
                                >
                                    <span aria-hidden="true">{step.number}</span>
                                    <span class="unseen">
                                        {format!("Step {}: {}", step.number, step.title)}
                                        {move || is_done(step).then_some(", done")}
                                    </span>
                                </a>
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
        </nav>
    }
    .into_any()
}

#[component]
fn Way(step: &'static Step, says: &'static str) -> impl IntoView {
    view! {
        <a href=path_of(step) rel="external">
            <span class="quiet">{says}</span>
            {step.title}
        </a>
    }
    .into_any()
}

fn path_of(step: &Step) -> String {
    format!("/tour/{}", step.number)
}
