//! The rules of the outbox, one by one.

use protocol::outbox::{
    Acked, Answer, ChipState, Command, Config, Event, Gone, Leadership, NO_ANSWER_YET, Outbox, ReasonKind,
    SessionId, State, Wake, chip,
};
use protocol::post::Post;
use protocol::problem::ProblemName;
use protocol::time::Now;
use protocol::user::UserId;
use uuid::Uuid;

use crate::{Driver, ME, START, item, refusal, sent, stored};

#[test]
fn o3_o5_a_lost_reply_is_retried_with_the_same_bytes_and_recognised() {
    let (mut driver, _) = Driver::leading(Vec::new());
    let item = item(1);
    let first = driver.post(&item).unwrap();
    driver.silence(&first);
    let waiting = chip(driver.outbox.item(item.id).unwrap(), driver.now, true).unwrap();
    assert_eq!((waiting.state, waiting.words.as_str()), (ChipState::Waiting, "Waiting, next try in 1 s"));
    assert_eq!(waiting.note.as_deref(), Some(NO_ANSWER_YET));

    let second = sent(&driver.advance(500)).unwrap();
    assert_eq!((second.of.number, &second.body, second.path()), (2, &first.body, first.path()));
    assert_eq!(chip(driver.outbox.item(item.id).unwrap(), driver.now, true).unwrap().words, "Sending, try 2");
    driver.answer(&second, stored(&item, 200, true));
    let done = chip(driver.outbox.item(item.id).unwrap(), driver.now, true).unwrap();
    assert_eq!((done.words.as_str(), done.note), ("Posted (retry recognised)", None));
    assert_eq!(driver.outbox.next_wake(), None);
}

#[test]
fn o3_the_row_is_written_with_the_request_and_never_after_it() {
    let (mut driver, _) = Driver::leading(Vec::new());
    driver.tell(Event::Enqueued(item(1)));
    driver.tell(Event::LeaderGained(Leadership::Lock));
    let commands = driver.tell(Event::Loaded(vec![item(1)]));
    let row = commands.iter().find_map(|command| match command {
        Command::Send { row, .. } => row.as_deref(),
        _ => None,
    });
    assert!(matches!(row.unwrap().state, State::Sending { attempt: 1, .. }));
    assert_eq!(row.unwrap().revision, 2);
}

#[test]
fn o7_o13_one_probe_stands_for_the_whole_queue() {
    let (mut driver, _) = Driver::leading(Vec::new());
    let first = driver.post(&item(1)).unwrap();
    assert_eq!(driver.post(&item(2)), None);
    driver.silence(&first);
    let probe = sent(&driver.advance(1_000)).unwrap();
    assert_eq!(probe.of.id, item(1).id);
    let next = sent(&driver.answer(&probe, stored(&item(1), 201, false))).unwrap();
    assert_eq!(next.of.id, item(2).id);
}

#[test]
fn o6_the_servers_wait_is_kept_whatever_wakes_the_queue() {
    let (mut driver, _) = Driver::leading(Vec::new());
    let first = driver.post(&item(1)).unwrap();
    let answer = Answer { retry_after: Some("5".to_owned()), ..refusal(ProblemName::TooManyWrites) };
    driver.answer(&first, answer);
    driver.tell(Event::Woken(Wake::Online));
    assert_eq!(sent(&driver.advance(4_999)), None);
    assert!(sent(&driver.advance(1_001)).is_some());
}

#[test]
fn o9_a_silent_driver_is_presumed_to_have_lost_its_request() {
    let (mut driver, _) = Driver::leading(Vec::new());
    let first = driver.post(&item(1)).unwrap();
    let commands = driver.advance(15_000);
    assert!(commands.contains(&Command::Abort(first.of)));
    assert!(matches!(driver.state(item(1).id), State::Waiting { .. }));
}

#[test]
fn o10_case_36_what_is_not_our_answer_settles_nothing() {
    let html = Answer { status: 200, content_type: Some("text/html".to_owned()), ..Answer::default() };
    let cut = Answer { body: "{\"id\":".to_owned(), ..stored(&item(1), 201, false) };
    for answer in [html, cut, stored(&item(2), 201, false), Answer { status: 204, ..Answer::default() }] {
        let (mut driver, _) = Driver::leading(Vec::new());
        let first = driver.post(&item(1)).unwrap();
        driver.answer(&first, answer);
        assert!(matches!(driver.state(item(1).id), State::Waiting { .. }));
        assert!(driver.outbox.item(item(1).id).unwrap().uncertain);
    }
}

#[test]
fn o11_answers_are_told_apart_by_status_and_problem() {
    let needs =
        |kind| move |state: &State| matches!(state, State::NeedsUser { reason } if reason.kind == kind);
    let judge = |answer: Answer, expected: &dyn Fn(&State) -> bool| {
        let (mut driver, _) = Driver::leading(Vec::new());
        let first = driver.post(&item(1)).unwrap();
        driver.answer(&first, answer.clone());
        assert!(expected(driver.state(item(1).id)), "{answer:?} led to {:?}", driver.state(item(1).id));
    };
    judge(refusal(ProblemName::KeyReused), &needs(ReasonKind::KeyReused));
    judge(refusal(ProblemName::IdUnavailable), &needs(ReasonKind::IdUnavailable));
    judge(refusal(ProblemName::MalformedBody), &needs(ReasonKind::Refused));
    judge(refusal(ProblemName::NotSignedIn), &|state| *state == State::PausedAuth);
    judge(refusal(ProblemName::PostDeleted), &|state| {
        matches!(state, State::Gone { why: Gone::Deleted, .. })
    });
    judge(refusal(ProblemName::InFlight), &|state| {
        matches!(state, State::Waiting { not_before: Some(_), .. })
    });
    for name in [ProblemName::RequestTimeout, ProblemName::TooManyWrites, ProblemName::Internal] {
        judge(refusal(name), &|state| matches!(state, State::Waiting { .. }));
    }
    judge(refusal(ProblemName::CrossSite), &|state| matches!(state, State::Waiting { .. }));
    judge(refusal(ProblemName::OtherIdentity), &|state| *state == State::PausedAuth);
}

#[test]
fn o20_case_39_a_reload_in_mid_flight_sends_the_next_attempt_of_the_same_id() {
    let mut row = item(1);
    row.state =
        State::Sending { attempt: 1, owner: SessionId(Uuid::from_u128(4)), lease_until: START + 15_000 };
    row.attempts = 1;
    let (_, commands) = Driver::leading(vec![row.clone()]);
    let request = sent(&commands).unwrap();
    assert_eq!((request.of.id, request.of.number), (row.id, 2));
}

#[test]
fn o19_a_clock_set_back_a_year_does_not_freeze_the_queue() {
    let mut row = item(1);
    row.state = State::Waiting { next_at: START + 365 * 24 * 3_600_000, not_before: None };
    let (mut driver, _) = Driver::leading(vec![row]);
    assert!(sent(&driver.advance(30_000)).is_some());
}

#[test]
fn o22_case_80_a_cancelled_attempt_is_deleted_and_what_was_never_sent_is_not() {
    let (mut driver, _) = Driver::leading(Vec::new());
    let first = driver.post(&item(1)).unwrap();
    driver.post(&item(2));
    driver.tell(Event::Cancel(item(2).id));
    assert!(matches!(driver.state(item(2).id), State::Gone { why: Gone::Cancelled, .. }));
    driver.tell(Event::Cancel(item(1).id));
    driver.silence(&first);
    let deletion = sent(&driver.advance(1_000)).unwrap();
    assert_eq!(deletion.method().as_str(), "DELETE");
    driver.answer(&deletion, refusal(ProblemName::PostNotFound));
    assert!(matches!(driver.state(item(1).id), State::Gone { why: Gone::Cancelled, .. }));
}

#[test]
fn o30_case_42_another_identity_never_sends_what_is_not_its_own() {
    let mut row = item(1);
    row.owner = UserId(Uuid::from_u128(2));
    let (mut driver, commands) = Driver::leading(vec![row.clone()]);
    assert_eq!(sent(&commands), None);
    let other = |state: &State| matches!(state, State::NeedsUser { reason } if reason.kind == ReasonKind::OtherIdentity);
    assert!(other(driver.state(row.id)));
    let commands = driver.tell(Event::Identity(row.owner));
    assert!(commands.contains(&Command::Lead));
}

#[test]
fn o12_a_post_seen_in_the_feed_answers_only_for_its_own_author() {
    let seen = |user_id| {
        let mut row = item(1);
        row.state = State::PausedAuth;
        let config = Config { confirm_seen: false, ..Config::default() };
        let now = Now { monotonic_ms: 0, wall_ms: START };
        let mut outbox = Outbox::new(config, SessionId(Uuid::from_u128(9)), ME, now);
        outbox.handle(Event::Loaded(vec![row.clone()]), now, 0);
        let post: Post = serde_json::from_str(&stored(&row, 200, false).body).unwrap();
        outbox.handle(Event::SeenInFeed(vec![Post { user_id, ..post }]), now, 0);
        matches!(outbox.item(row.id).unwrap().state, State::Acked { how: Acked::Created, .. })
    };
    assert!(seen(ME));
    assert!(!seen(UserId(Uuid::from_u128(2))));
}
