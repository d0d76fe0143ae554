//! What an answer of the server means.
//!
//! Wi-Fi portals, proxies and firewalls answer in the server's name. So a success counts only if it is JSON that
//! echoes our id, and only a problem document of ours may settle an item against its user (O11). Of everything
//! else nothing is known, whatever its status.

use serde::de::DeserializeOwned;

use crate::backoff::{RETRY_AFTER_MAX_MS, retry_after};
use crate::post::Post;
use crate::problem::{Outcome, Problem, ProblemName};
use crate::time::Millis;
use crate::wire::{PostState, StateAnswer, StatusAnswer};

use super::item::{Item, Operation, Reason, ReasonKind};

/// The parts of an HTTP answer that matter here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// 0 where the browser hides it.
    pub status: u16,
    pub content_type: Option<String>,
    pub retry_after: Option<String>,
    pub date: Option<String>,
    /// Whether `Idempotency-Replayed: true` came with it.
    pub replayed: bool,
    pub body: String,
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// The post is stored.
    Stored { post: Box<Post>, replayed: bool },
    /// The server has it in a queue that survives a crash.
    QueuedOnServer,
    /// The post is gone, and cannot come back.
    Removed,
    /// Where a queued post stands.
    Status(Box<StatusAnswer>),
    /// Nothing is settled: ask again. `unknown` tells whether it may have been applied; `not_before_ms` is the
    /// wait that the server asked for.
    TryAgain { unknown: bool, not_before_ms: Option<Millis> },
    /// Something else answered in the server's place: nobody knows what the server did, if it was asked at all.
    Intercepted { not_before_ms: Option<Millis> },
    /// The server took the request for another site's: a proxy hides which site it came to. Nothing was applied.
    CrossSite,
    /// The server does not know who is calling.
    NotSignedIn,
    /// The browser's session is somebody else's. `unknown` where the answer says that something was stored.
    OtherIdentity { unknown: bool },
    /// Only the user can decide.
    NeedsUser(Reason),
    /// Its author deleted it.
    Deleted,
}

/// The least wait after a 409 `in-flight`.
const IN_FLIGHT_WAIT_MS: Millis = 250;

/// Judges the answer to `operation` for `item`.
pub fn judge(item: &Item, operation: Operation, answer: &Answer) -> Verdict {
    match answer.status {
        200..=202 => match operation {
            Operation::Create => create_success(item, answer),
            Operation::Delete => delete_success(item, answer),
            Operation::Status => {
                answer.json().map_or_else(|| answer.intercepted(), |status| Verdict::Status(Box::new(status)))
            }
        },
        400.. => refusal(operation, answer),
        _ => answer.intercepted(),
    }
}

/// 200 and 201 must echo the id and, unless marked as a replay, the content; 202 the id.
fn create_success(item: &Item, answer: &Answer) -> Verdict {
    if answer.status == 202 {
        let queued = answer.json::<StateAnswer>();
        let ours = queued.is_some_and(|queued| queued.id == item.id && queued.state == PostState::Queued);
        return if ours { Verdict::QueuedOnServer } else { answer.intercepted() };
    }
    match answer.json::<Post>() {
        Some(post) if post.id == item.id && post.user_id != item.owner => {
            Verdict::OtherIdentity { unknown: true }
        }
        Some(post) if post.id == item.id && (answer.replayed || post.content == item.body.content) => {
            Verdict::Stored { post: Box::new(post), replayed: answer.replayed }
        }
        Some(_) | None => answer.intercepted(),
    }
}

/// A deletion that the server has queued is as durable as one it has made.
fn delete_success(item: &Item, answer: &Answer) -> Verdict {
    let done = |state| matches!(state, PostState::Deleted | PostState::Queued);
    match answer.json::<StateAnswer>() {
        Some(told) if told.id == item.id && done(told.state) => Verdict::Removed,
        Some(_) | None => answer.intercepted(),
    }
}

/// Judges an answer of 400 and above.
pub(crate) fn refusal(operation: Operation, answer: &Answer) -> Verdict {
    let Some(problem) = answer.problem() else { return answer.intercepted() };
    let name = problem.name();
    match name {
        Some(ProblemName::OtherIdentity) => return Verdict::OtherIdentity { unknown: false },
        Some(ProblemName::CrossSite) => return Verdict::CrossSite,
        _ if matches!(answer.status, 401 | 403) => return Verdict::NotSignedIn,
        _ => {}
    }
    match (operation, answer.status) {
        (Operation::Status, _) => return answer.try_again(&problem, 0),
        (Operation::Delete, 404 | 410) => return Verdict::Removed,
        (Operation::Create, 410) => return Verdict::Deleted,
        (Operation::Create | Operation::Delete, _) => {}
    }
    if !problem.same_key_safe {
        return Verdict::NeedsUser(reason(answer.status, Some(problem)));
    }
    match answer.status {
        409 if name == Some(ProblemName::InFlight) => answer.try_again(&problem, IN_FLIGHT_WAIT_MS),
        408 | 425 | 429 | 500.. => answer.try_again(&problem, 0),
        _ => Verdict::NeedsUser(reason(answer.status, Some(problem))),
    }
}

impl Answer {
    /// The body as JSON of the given shape, if it says that it is JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        let media_type = self.content_type.as_deref()?.split(';').next()?.trim().to_ascii_lowercase();
        let json = media_type == "application/json" || media_type.ends_with("+json");
        if json { serde_json::from_str(&self.body).ok() } else { None }
    }

    /// The body as a problem document of this server: others have types of their own, or none.
    fn problem(&self) -> Option<Problem> {
        let ours =
            |problem: &Problem| problem.kind.starts_with("/problems/") && problem.status == self.status;
        self.json().filter(ours)
    }

    /// The answer is not the server's.
    fn intercepted(&self) -> Verdict {
        Verdict::Intercepted { not_before_ms: self.wait() }
    }

    fn wait(&self) -> Option<Millis> {
        self.retry_after.as_deref().and_then(|value| retry_after(value, self.date.as_deref()))
    }

    fn try_again(&self, problem: &Problem, at_least: Millis) -> Verdict {
        let body = problem.retry_after_ms.map(|ms| ms.min(RETRY_AFTER_MAX_MS));
        let asked = self.wait().max(body);
        let not_before_ms = if at_least > 0 { asked.max(Some(at_least)) } else { asked };
        Verdict::TryAgain { unknown: problem.outcome != Outcome::NotApplied, not_before_ms }
    }
}

/// Why the user is asked, by what the server said.
pub(super) fn reason(status: u16, problem: Option<Problem>) -> Reason {
    let kind = match problem.as_ref().and_then(Problem::name) {
        Some(ProblemName::KeyReused) => ReasonKind::KeyReused,
        Some(ProblemName::IdUnavailable) => ReasonKind::IdUnavailable,
        Some(ProblemName::InvalidContent | ProblemName::ImageMissing | ProblemName::TooLarge) => {
            ReasonKind::InvalidContent
        }
        _ => ReasonKind::Refused,
    };
    let detail = problem.map(|problem| problem.detail).filter(|detail| !detail.is_empty());
    Reason { kind, status: Some(status), detail }
}
