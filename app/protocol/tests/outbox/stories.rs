//! What once broke a simulated schedule, and is short enough to be told by hand.

use protocol::outbox::{
    Acked, Answer, Event, Gone, Item, Leadership, Operation, Reason, ReasonKind, SessionId, State, Wish,
};
use protocol::problem::{Problem, ProblemName};
use protocol::wire::{PostState, StatusAnswer};
use uuid::Uuid;

use crate::{Driver, START, item, sent};

const ELSEWHERE: SessionId = SessionId(Uuid::from_u128(4));

fn queued_on_server(number: u64) -> Item {
    let how = Acked::QueuedOnServer { polls: 0, next_at: START };
    Item { state: State::Acked { how, at: START }, attempts: 1, revision: 3, ..item(number) }
}

#[test]
fn what_the_log_refused_is_told_like_a_refusal() {
    let (mut driver, commands) = Driver::leading(vec![queued_on_server(1)]);
    let poll = sent(&commands).unwrap();
    assert_eq!(poll.of.operation, Operation::Status);
    let problem = Some(Problem::new(ProblemName::PostDeleted, ""));
    let body = serde_json::to_string(&StatusAnswer { state: PostState::Rejected, problem }).unwrap();
    let content_type = Some("application/json".to_owned());
    driver.answer(&poll, Answer { status: 200, content_type, body, ..Answer::default() });
    assert!(matches!(driver.state(item(1).id), State::Gone { why: Gone::Deleted, .. }));
}

#[test]
fn a_poll_that_is_due_behind_another_tabs_attempt_does_not_wake_the_machine_for_ever() {
    let (mut driver, _) = Driver::leading(Vec::new());
    let sending = State::Sending { attempt: 1, owner: ELSEWHERE, lease_until: START + 15_000 };
    let rows = vec![queued_on_server(1), Item { state: sending, attempts: 1, revision: 2, ..item(2) }];
    driver.tell(Event::Loaded(rows.clone()));
    driver.tell(Event::LeaderGained(Leadership::Lease));
    let commands = driver.tell(Event::Loaded(rows));
    assert_eq!(sent(&commands), None);
    assert!(driver.outbox.next_wake().unwrap() > driver.now.monotonic_ms);
}

#[test]
fn what_was_cancelled_as_never_sent_while_its_row_is_gone_is_deleted() {
    let reason = Reason::of(ReasonKind::Refused);
    let (mut driver, _) = Driver::leading(vec![Item { state: State::NeedsUser { reason }, ..item(1) }]);
    driver.tell(Event::Cancel(item(1).id));
    let ours = driver.outbox.item(item(1).id).unwrap().clone();
    assert!(matches!(ours.state, State::Gone { why: Gone::Cancelled, .. }));
    // Another tab has settled it since, and its receipt was removed a day later.
    driver.tell(Event::Conflict { ours, stored: None });
    let kept = driver.outbox.item(item(1).id).unwrap();
    assert_eq!((&kept.state, kept.wish, kept.uncertain), (&State::Queued, Wish::Remove, true));
}

#[test]
fn an_attempt_in_mid_flight_is_not_forgotten_with_an_old_receipt_of_its_row() {
    let (mut driver, _) = Driver::leading(Vec::new());
    driver.post(&item(1));
    let gone = State::Gone { why: Gone::Cancelled, at: START - 25 * 3_600_000 };
    let old = Item { wish: Wish::Remove, state: gone, revision: 1, ..item(1) };
    driver.tell(Event::Loaded(vec![old]));
    assert!(matches!(driver.state(item(1).id), State::Sending { .. }));
}

#[test]
fn a_discard_is_not_lost_to_another_tabs_attempt() {
    let reason = Reason::of(ReasonKind::Refused);
    let (mut driver, _) = Driver::leading(vec![Item { state: State::NeedsUser { reason }, ..item(1) }]);
    driver.tell(Event::Discard(item(1).id));
    let ours = driver.outbox.item(item(1).id).unwrap().clone();
    let tried = State::Waiting { next_at: START + 500, not_before: None };
    let theirs = Item { state: tried, attempts: 1, uncertain: true, revision: 4, ..item(1) };
    driver.tell(Event::Conflict { ours, stored: Some(theirs) });
    let kept = driver.outbox.item(item(1).id).unwrap();
    assert_eq!((&kept.state, kept.wish), (&State::Queued, Wish::Remove));
}
