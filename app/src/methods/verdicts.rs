//! The article's table: what it says of each method, and what was measured here.

use leptos::prelude::*;
use protocol::methods::Trial;

use super::told::agrees;
use crate::components::icon::{CROSS, Icon, TICK};
use crate::methods_handle::{MethodsAsk, MethodsHandle};

/// So often each request is sent when everything is measured: DELETE shows 200, 404, 404.
const TIMES: usize = 3;

/// The table, and the press that fills it.
#[component]
pub fn Verdicts(
    text: RwSignal<String>,
    /// Whether this server has the control arm.
    open: bool,
) -> impl IntoView {
    let handle = MethodsHandle::of_page();
    let trials = move || {
        let all = Trial::ARTICLE.into_iter().chain(Trial::KEYED);
        all.filter(|trial| open || !trial.is_on_the_control_arm()).collect::<Vec<_>>()
    };
    let stuck = move || (handle.busy.get() || !handle.able.get()).then_some("true");
    let measure = move |_| {
        handle.ask(MethodsAsk::StartOver(trials()));
        handle.ask(MethodsAsk::Send { trials: trials(), times: TIMES, text: text.get_untracked() });
    };
    let conclusion = move || {
        let judged = Trial::ARTICLE.map(|trial| agrees(trial, handle.verdict(trial)));
        if judged.iter().all(|agrees| *agrees == Some(true)) {
            "All seven came out as the article says."
        } else if judged.contains(&Some(false)) {
            "Something came out differently from what the article says."
        } else {
            "A dash stands for: not measured yet."
        }
    };
    view! {
        <section class="verdict-card" aria-labelledby="verdicts-heading">
            <div class="verdict-head">
                <h2 id="verdicts-heading">"The table, measured"</h2>
                <button type="button" class="primary later" aria-disabled=stuck on:click=measure>
                    "Measure all, ×3"
                </button>
            </div>
            <table class="verdict-table" data-testid="verdicts">
                <caption class="unseen">"What the article says of each method, and what was measured here"</caption>
                <thead>
                    <tr>
                        <th scope="col" rowspan="2">
                            "Method"
                        </th>
                        <th scope="col">"The article"</th>
                        <th scope="colgroup" colspan="2">
                            "Measured"
                        </th>
                    </tr>
                    <tr>
                        <th scope="col">"idempotent"</th>
                        <th scope="col">"safe"</th>
                        <th scope="col">"idempotent"</th>
                    </tr>
                </thead>
                <tbody>
                    {Trial::ARTICLE
                        .into_iter()
                        .chain(Trial::KEYED)
                        .map(|trial| view! { <Line trial open=open || !trial.is_on_the_control_arm() /> })
                        .collect_view()}
                </tbody>
            </table>
            <p class="quiet" data-testid="conclusion">
                {conclusion}
            </p>
        </section>
    }
    .into_any()
}

#[component]
fn Line(trial: Trial, open: bool) -> impl IntoView {
    let handle = MethodsHandle::of_page();
    let verdict = Memo::new(move |_| handle.verdict(trial));
    let differs = move || (agrees(trial, verdict.get()) == Some(false)).then_some("");
    let says = match trial.claim() {
        Some(claim) if claim.idempotent => "yes",
        Some(_) => "no",
        None => "by the key",
    };
    view! {
        <tr data-trial=trial.as_str() data-differs=differs>
            <th scope="row">{trial.name()}</th>
            <td class="claimed">{says}</td>
            <td data-measured="safe">
                <Measured found=Signal::derive(move || verdict.get().safe) open />
            </td>
            <td data-measured="idempotent">
                <Measured found=Signal::derive(move || verdict.get().idempotent) open />
            </td>
        </tr>
    }
    .into_any()
}

/// Yes or no, in words and as a picture; a dash before.
#[component]
fn Measured(found: Signal<Option<bool>>, open: bool) -> impl IntoView {
    let unknown = if open { "not measured yet" } else { "not to be measured on this server" };
    move || match found.get() {
        Some(true) => view! {
            <span class="measured" data-found="yes">
                <Icon path=TICK />
                "yes"
            </span>
        }
        .into_any(),
        Some(false) => view! {
            <span class="measured" data-found="no">
                <Icon path=CROSS />
                "no"
            </span>
        }
        .into_any(),
        None => view! {
            <span class="measured">
                <span aria-hidden="true">"–"</span>
                <span class="unseen">{unknown}</span>
            </span>
        }
        .into_any(),
    }
}
