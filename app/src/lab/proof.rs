//! What the checker of histories says of the run: the one that the project's own tests ask.

use leptos::prelude::*;
use protocol::history::{Breach, Report};
use protocol::trace::Lane;

use super::blindfold::Blindfold;
use super::playback::Playback;
use super::words;
use crate::lab_handle::LabHandle;

#[component]
pub fn Proof(playback: Playback, blindfold: Blindfold) -> impl IntoView {
    let handle = LabHandle::of_page();
    let arrived = move || handle.trace.with(|trace| protocol::trace::arrivals(trace.ledger()).len());
    let found = move || {
        let report = handle.report.get().filter(|_| playback.is_at_end() && !blindfold.is_on())?;
        let lanes = handle.scenario.with(|it| it.as_ref().map(|it| it.compare.clone()).unwrap_or_default());
        let verdicts = lanes.into_iter().map(|lane| {
            let (holds, says) = verdict(&report, lane);
            view! {
                <li data-lane=lane.as_str() data-holds=holds.then_some("")>
                    <b>{words::title(lane)}": "</b>
                    {says}
                </li>
            }
        });
        Some(view! {
            <p>
                {format!(
                    "History checked: {} arrivals, {} rows read back from the database.",
                    arrived(),
                    report.rows,
                )}
            </p>
            <ul>{verdicts.collect_view()}</ul>
        })
    };
    let waits = move || {
        let over = handle.report.with(Option::is_some) && playback.is_at_end() && !blindfold.is_on();
        (!over).then_some("At the end of a run its whole history is checked here: stored once, nothing answered is missing, nothing deleted came back.")
    };
    view! {
        <section class="proof" aria-labelledby="proof-heading" data-testid="proof">
            <h2 id="proof-heading">"Proof"</h2>
            <p class="quiet" hidden=move || waits().is_none()>
                {waits}
            </p>
            {found}
        </section>
    }
    .into_any()
}

/// Whether a lane kept every promise, and what to say of it.
fn verdict(report: &Report, lane: Lane) -> (bool, String) {
    let breaches: Vec<String> = report
        .violations
        .iter()
        .filter(|violation| violation.lane == lane)
        .map(|violation| match violation.breach {
            Breach::Repeated { rows } => format!("one press is stored {rows} times"),
            Breach::Missing => "an answer said that it is stored, and it is not there".to_owned(),
            Breach::Resurrected => "what was deleted came back".to_owned(),
            Breach::Altered => "stored with another text".to_owned(),
        })
        .collect();
    if breaches.is_empty() {
        (true, "stored at most once, nothing answered is missing, nothing came back.".to_owned())
    } else {
        (false, format!("{}.", breaches.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use protocol::history::Violation;

    use super::*;

    #[test]
    fn a_verdict_names_the_breach_of_its_own_lane() {
        let breach = Breach::Repeated { rows: 2 };
        let violation = Violation { lane: Lane::Naive, intent: "Hello".to_owned(), breach };
        let report = Report { intents: 2, rows: 3, violations: vec![violation] };
        assert_eq!(verdict(&report, Lane::Naive), (false, "one press is stored 2 times.".to_owned()));
        assert!(verdict(&report, Lane::Uuid).0);
    }
}
