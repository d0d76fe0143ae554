//! What was sent and answered in a trial so far, and the verdict.

use uuid::Uuid;

use super::difference::Difference;
use super::request::Request;
use super::state::State;
use super::trial::Trial;
use crate::key::PostId;
use crate::wire::header::IDEMPOTENCY_REPLAYED;

/// Calls of one trial at most: so few that its whole state fits on one page of a list.
pub const CALLS_MAX: usize = 20;

/// What an experiment is told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    pub run: Uuid,
    pub id: PostId,
}

impl Names {
    /// The experiment's own room, so that its posts are nobody's news.
    pub fn room(&self) -> String {
        self.run.simple().to_string()
    }
}

/// An answer, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Whether the server says that it had done this before.
    pub fn is_replay(&self) -> bool {
        self.header(IDEMPOTENCY_REPLAYED) == Some("true")
    }
}

/// A request, its answer if there was one, and the state that was read after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub request: Request,
    pub answer: Option<Answer>,
    pub state: Option<State>,
}

/// What was measured. `None` where nothing can be said yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// No call changed the state.
    pub safe: Option<bool>,
    /// The calls after the first left the state as the first had left it.
    pub idempotent: Option<bool>,
}

/// A trial and everything that was seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub trial: Trial,
    pub names: Names,
    pub text: String,
    pub prepared: Vec<Call>,
    /// The state before the first call.
    pub before: Option<State>,
    pub calls: Vec<Call>,
}

impl Record {
    pub const fn new(trial: Trial, names: Names, text: String) -> Self {
        Self { trial, names, text, prepared: Vec::new(), before: None, calls: Vec::new() }
    }

    /// The body that the preparation was answered with.
    pub(super) fn prepared_body(&self) -> Option<String> {
        self.prepared.last()?.answer.as_ref().map(|answer| answer.body.clone())
    }

    /// The newest tag that the client has seen.
    pub(super) fn last_tag(&self) -> Option<String> {
        let mut answers = self.calls.iter().chain(&self.prepared).filter_map(|call| call.answer.as_ref());
        match self.calls.last() {
            Some(call) => call.answer.as_ref()?.header("etag").map(ToOwned::to_owned),
            None => answers.find_map(|answer| answer.header("etag")).map(ToOwned::to_owned),
        }
    }

    /// The next request; `None` where what came before does not allow one.
    pub fn next(&self) -> Option<Request> {
        self.trial.next(self)
    }

    /// The newest state.
    pub fn state(&self) -> Option<&State> {
        match self.calls.last() {
            Some(call) => call.state.as_ref(),
            None => self.before.as_ref(),
        }
    }

    /// Whether call `place`, counted from 0, changed the state; `None` where one of the two states is not known.
    pub fn changed(&self, place: usize) -> Option<bool> {
        let before = match place.checked_sub(1) {
            Some(before) => self.calls.get(before)?.state.as_ref(),
            None => self.before.as_ref(),
        };
        Some(before?.hash != self.calls.get(place)?.state.as_ref()?.hash)
    }

    /// In what the body of call `place` differs from the one before; `None` without an answer.
    pub fn difference(&self, place: usize) -> Option<Difference> {
        let after = self.calls.get(place)?.answer.as_ref()?;
        let before = place.checked_sub(1).and_then(|before| self.calls.get(before)?.answer.as_ref());
        Some(Difference::between(before.map(|answer| answer.body.as_str()), &after.body))
    }

    /// The status of each call; 0 where there was no answer.
    pub fn statuses(&self) -> Vec<u16> {
        self.calls.iter().map(|call| call.answer.as_ref().map_or(0, |answer| answer.status)).collect()
    }

    /// What was sent more than once, was carried out, and whose states are all known says something; what was
    /// refused says nothing.
    pub fn verdict(&self) -> Verdict {
        let carried_out = |status: &u16| matches!(status, 200..=299 | 404);
        let changed: Option<Vec<bool>> = (0..self.calls.len()).map(|place| self.changed(place)).collect();
        let Some(changed) = changed.filter(|_| self.trial.repeats()) else { return Verdict::default() };
        if changed.is_empty() || !self.statuses().iter().all(carried_out) {
            return Verdict::default();
        }
        let later = changed.get(1..).filter(|later| !later.is_empty());
        Verdict {
            safe: Some(!changed.contains(&true)),
            idempotent: later.map(|later| !later.contains(&true)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(text: &str) -> State {
        State::of_list(&format!(r#"{{"posts":[{{"content":"{text}"}}]}}"#)).unwrap()
    }

    fn record(trial: Trial, before: &str, calls: &[(u16, &str)]) -> Record {
        let names = Names { run: Uuid::from_u128(7), id: PostId::mint(1, [0; 10]) };
        let mut record = Record::new(trial, names, "Hello".to_owned());
        record.before = Some(state(before));
        for (status, after) in calls {
            let request = Trial::Put.next(&record).unwrap();
            let answer = Some(Answer { status: *status, ..Answer::default() });
            record.calls.push(Call { request, answer, state: Some(state(after)) });
        }
        record
    }

    fn verdict(calls: &[(u16, &str)]) -> (Option<bool>, Option<bool>) {
        let Verdict { safe, idempotent } = record(Trial::Put, "0", calls).verdict();
        (safe, idempotent)
    }

    #[test]
    fn case_73_a_verdict_is_about_the_state_and_never_about_the_status() {
        assert_eq!(verdict(&[]), (None, None));
        assert_eq!(verdict(&[(200, "0")]), (Some(true), None));
        assert_eq!(verdict(&[(200, "0"), (200, "0")]), (Some(true), Some(true)));
        assert_eq!(verdict(&[(200, "1"), (404, "1"), (404, "1")]), (Some(false), Some(true)));
        assert_eq!(verdict(&[(201, "1"), (201, "2")]), (Some(false), Some(false)));
        // Back where it began is changed twice all the same.
        assert_eq!(verdict(&[(200, "1"), (200, "0")]), (Some(false), Some(false)));
    }

    #[test]
    fn what_was_refused_or_could_not_be_read_says_nothing() {
        assert_eq!(verdict(&[(201, "1"), (429, "1")]), (None, None));
        assert_eq!(verdict(&[(503, "0"), (503, "0")]), (None, None));
        let mut unread = record(Trial::Put, "0", &[(201, "1"), (200, "1")]);
        unread.calls[1].state = None;
        assert_eq!(unread.verdict(), Verdict::default());
        let three_requests = record(Trial::StalePlain, "0", &[(200, "1"), (200, "2")]);
        assert_eq!(three_requests.verdict(), Verdict::default());
    }

    #[test]
    fn a_retry_is_the_same_request_and_a_fresh_key_is_none() {
        let one = |trial: Trial, calls| trial.next(&record(trial, "0", calls)).unwrap();
        for trial in [Trial::Get, Trial::Put, Trial::Delete, Trial::Post, Trial::PostKey, Trial::PatchKey] {
            assert_eq!(one(trial, &[]), one(trial, &[(200, "1")]), "{trial:?}");
        }
        for trial in [Trial::PatchSet, Trial::PatchAppend] {
            let (first, second) = (one(trial, &[]), one(trial, &[(200, "1")]));
            assert_eq!(first.body, second.body);
            assert_ne!(first.headers, second.headers);
        }
    }

    #[test]
    fn a_late_copy_carries_the_tag_or_the_key_that_its_sender_had() {
        let tagged =
            |tag: &str| Answer { status: 200, headers: vec![("etag", tag.to_owned())], ..Answer::default() };
        let mut record = record(Trial::StaleTag, "0", &[]);
        assert_eq!(Trial::StaleTag.next(&record), None);
        let request = Trial::Put.next(&record).unwrap();
        record.prepared.push(Call { request, answer: Some(tagged("\"1\"")), state: None });
        let mut sent = Vec::new();
        for tag in ["\"2\"", "\"3\"", "\"3\""] {
            let request = record.trial.next(&record).unwrap();
            sent.push(request.headers.iter().find(|(name, _)| *name == "If-Match").unwrap().1.clone());
            record.calls.push(Call { request, answer: Some(tagged(tag)), state: None });
        }
        assert_eq!(sent, ["\"1\"", "\"2\"", "\"1\""]);
        assert_ne!(record.calls[0].request, record.calls[2].request);

        record.trial = Trial::StaleKey;
        record.calls.clear();
        for _ in 0..3 {
            let request = record.trial.next(&record).unwrap();
            record.calls.push(Call { request, answer: None, state: None });
        }
        assert_eq!(record.calls[0].request, record.calls[2].request);
    }
}
