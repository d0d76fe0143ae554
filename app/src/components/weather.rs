//! What is armed, in words, before anything is sent.

use leptos::prelude::*;
use protocol::fault::{Fault, FaultPoint, Plan};

use super::icon::{self, Icon};
use crate::outbox_handle::OutboxHandle;

/// One line inside the composer; nothing in calm weather.
#[component]
pub fn ArmedLine() -> impl IntoView {
    let handle = OutboxHandle::of_page();
    move || {
        let armed = handle.weather.with(armed)?;
        Some(view! {
            <p class="armed" data-testid="armed">
                <Icon path=Signal::stored(icon::SCISSORS) />
                <span>
                    <strong>"Armed: "</strong>
                    {armed}
                </span>
                <button type="button" class="button" on:click=move |_| handle.weather.set(Plan::Calm)>
                    "Mend everything"
                </button>
            </p>
        })
    }
}

/// What the plan will do, as a sentence; `None` where it does nothing more.
pub fn armed(plan: &Plan) -> Option<String> {
    match plan {
        Plan::Calm | Plan::Next { left: 0, .. } => None,
        Plan::Next { fault, left: 1 } => Some(format!("on the next attempt, {}.", effect(fault))),
        Plan::Next { fault, left } => Some(format!("on the next {left} attempts, {}.", effect(fault))),
        Plan::Script(script) => {
            let parts =
                script.iter().map(|(attempt, fault)| format!("on attempt {attempt}, {}", effect(fault)));
            Some(format!("{}.", parts.collect::<Vec<_>>().join("; ")))
        }
        Plan::Odds(odds) => {
            let parts = odds.chances.iter().map(|(fault, per_mille)| {
                format!("with odds of {} on each attempt, {}", percent(*per_mille), effect(fault))
            });
            Some(format!("{}.", parts.collect::<Vec<_>>().join("; ")))
        }
    }
}

/// 125 becomes *12.5 %*.
fn percent(per_mille: u16) -> String {
    match (per_mille / 10, per_mille % 10) {
        (whole, 0) => format!("{whole} %"),
        (whole, tenth) => format!("{whole}.{tenth} %"),
    }
}

/// What befalls an attempt, as the end of a sentence.
fn effect(fault: &Fault) -> String {
    let seconds = fault.delay_ms / 1_000;
    match fault.point {
        FaultPoint::RequestLost => "the request never leaves this browser".to_owned(),
        FaultPoint::RequestLate => format!("the request arrives {seconds} s late, after the browser gave up"),
        FaultPoint::ConnectRefused => "the server cannot connect to its database".to_owned(),
        FaultPoint::RolledBack => "the database loses the transaction before COMMIT".to_owned(),
        FaultPoint::CommitAckLost => "the database commits, but its answer to the server is lost".to_owned(),
        FaultPoint::ReplyLost => "the post is stored, but the answer is lost".to_owned(),
        FaultPoint::Slow => format!("the post is stored, but the answer takes {seconds} s"),
        FaultPoint::DatabaseAway => "the database is away".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_armed_reads_as_a_sentence() {
        let fault = Fault::at(FaultPoint::ReplyLost);
        assert_eq!(armed(&Plan::Calm), None);
        assert_eq!(armed(&Plan::Next { fault, left: 0 }), None);
        assert_eq!(
            armed(&Plan::Next { fault, left: 2 }).as_deref(),
            Some("on the next 2 attempts, the post is stored, but the answer is lost.")
        );
        assert_eq!(
            armed(&Plan::odds(7, vec![(fault, 125)])).as_deref(),
            Some("with odds of 12.5 % on each attempt, the post is stored, but the answer is lost.")
        );
    }
}
