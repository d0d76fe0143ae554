//! Which answers end a lane. Refusals are judged as the outbox judges them, for every lane alike.

use serde::Deserialize;

use crate::outbox::{Answer, Operation, Verdict, refusal};
use crate::time::Millis;
use crate::trace::Lane;
use crate::wire::{PostState, StateAnswer};

/// What an answer means to a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It has what it wants, or will never get it: there is nothing more to ask.
    Settled,
    /// Ask again, not before the wait that the server asked for.
    TryAgain { not_before_ms: Option<Millis> },
}

/// An answer that is not the product's own, such as a proxy's page: nobody knows.
const UNKNOWN: Judgement = Judgement::TryAgain { not_before_ms: None };

/// The parts of a stored post that an answer must echo; ids are numbers or UUIDs, by lane.
#[derive(Deserialize)]
struct Echo {
    id: serde_json::Value,
    content: String,
}

/// Judges the answer to a post of `text`; `id` is the post's where the browser names it.
pub(super) fn judge(lane: Lane, id: &str, text: &str, answer: &Answer) -> Judgement {
    match answer.status {
        202 => {
            let told = answer.json::<StateAnswer>();
            let queued = told.is_some_and(|told| told.state == PostState::Queued);
            if queued && lane == Lane::Uuid { Judgement::Settled } else { UNKNOWN }
        }
        200 | 201 => {
            let knows_replays = lane != Lane::Naive;
            let Some(post) = answer.json::<Echo>() else { return UNKNOWN };
            let is_named = lane != Lane::Uuid || post.id == id;
            let is_ours = post.content == text || answer.replayed;
            let is_expected = answer.status == 201 || knows_replays;
            if is_named && is_ours && is_expected { Judgement::Settled } else { UNKNOWN }
        }
        400.. => match refusal(Operation::Create, answer) {
            Verdict::TryAgain { not_before_ms, .. } | Verdict::Intercepted { not_before_ms } => {
                Judgement::TryAgain { not_before_ms }
            }
            Verdict::Stored { .. }
            | Verdict::QueuedOnServer
            | Verdict::Removed
            | Verdict::Status(_)
            | Verdict::CrossSite
            | Verdict::NotSignedIn
            | Verdict::OtherIdentity { .. }
            | Verdict::NeedsUser(_)
            | Verdict::Deleted => Judgement::Settled,
        },
        _ => UNKNOWN,
    }
}
