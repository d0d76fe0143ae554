//! Answers that are not the server's, identities that are not the user's, clocks that are not the time.

use protocol::outbox::{
    Answer, Command, Event, Item, Leadership, ReasonKind, Request, SessionId, State, Wake, chip,
};
use protocol::problem::ProblemName;
use protocol::user::UserId;
use uuid::Uuid;

use crate::{Driver, ME, START, item, refusal, sent, stored};

const OTHER: UserId = UserId(Uuid::from_u128(2));
const YEAR_MS: u64 = 365 * 24 * 3_600_000;

fn answer(status: u16, content_type: &str, body: &str) -> Answer {
    let content_type = Some(content_type.to_owned());
    Answer { status, content_type, body: body.to_owned(), ..Answer::default() }
}

/// What proxies, portals, firewalls and other servers answer.
fn foreign_answers() -> Vec<Answer> {
    let bodies = [
        ("text/html", "<html>Welcome</html>"),
        ("text/html", ""),
        ("application/json", r#"{"error": "no such route", "code": 17}"#),
        ("application/problem+json", r#"{"type": "about:blank", "title": "Forbidden", "status": 403}"#),
        (
            "application/problem+json",
            r#"{"type": "/problems/post-deleted", "title": "", "status": 999,
            "detail": "", "outcome": "not_applied", "same_key_safe": false, "new_key_safe": true}"#,
        ),
    ];
    let statuses =
        [0, 200, 201, 202, 204, 301, 400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 451, 500, 501];
    let more = [502, 503, 504, 508, 511, 520, 521, 530];
    let all = statuses.into_iter().chain(more);
    all.flat_map(|status| bodies.map(|(kind, body)| answer(status, kind, body))).collect()
}

#[test]
fn r4_r5_no_answer_but_the_servers_own_settles_anything() {
    for foreign in foreign_answers() {
        for remove in [false, true] {
            let (mut driver, _) = Driver::leading(Vec::new());
            let mut request = driver.post(&item(1)).unwrap();
            if remove {
                driver.tell(Event::Cancel(item(1).id));
                driver.silence(&request);
                request = sent(&driver.advance(40_000)).unwrap();
                assert_eq!(request.method().as_str(), "DELETE");
            }
            let commands = driver.answer(&request, foreign.clone());
            let kept = driver.outbox.item(item(1).id).unwrap();
            assert!(matches!(kept.state, State::Waiting { .. }), "{foreign:?} led to {:?}", kept.state);
            assert!(kept.uncertain, "{foreign:?}");
            assert!(!commands.contains(&Command::RenewIdentity), "{foreign:?}");
            let note = chip(kept, driver.now, true).unwrap().note.unwrap();
            assert!(note.contains("Something between you and the server answered"), "{note}");
        }
    }
}

/// Drives the queue for a while; `answers` plays the network.
fn drive(driver: &mut Driver, mut next: Option<Request>, answers: impl Fn(&Request) -> Answer) -> Vec<u64> {
    let mut order = Vec::new();
    for _ in 0..200 {
        let commands = match next.take() {
            Some(request) => {
                let answer = answers(&request);
                if answer.status == 201 {
                    driver.answered_at = driver.now.monotonic_ms;
                    order.push(driver.outbox.item(request.of.id).unwrap().seq);
                }
                driver.answer(&request, answer)
            }
            None => match driver.outbox.next_wake() {
                Some(at) => driver.advance(at.saturating_sub(driver.now.monotonic_ms).max(1)),
                None => break,
            },
        };
        next = sent(&commands);
    }
    order
}

fn html() -> Answer {
    answer(403, "text/html", "<h1>Forbidden</h1>")
}

fn is_aside(driver: &Driver, number: u64) -> bool {
    let state = driver.state(item(number).id);
    matches!(state, State::NeedsUser { reason } if reason.kind == ReasonKind::Intercepted)
}

#[test]
fn r5_what_alone_keeps_meeting_a_firewall_steps_aside() {
    for barred in [vec![1], vec![1, 2], vec![2], vec![1, 3], vec![4]] {
        let (mut driver, _) = Driver::leading(Vec::new());
        let first = driver.post(&item(1));
        for number in 2..=4 {
            driver.post(&item(number));
        }
        let is_barred = |request: &Request| barred.iter().any(|number| item(*number).id == request.of.id);
        let order = drive(&mut driver, first, |request| {
            let number = (1..=4).find(|number| item(*number).id == request.of.id).unwrap();
            if is_barred(request) { html() } else { stored(&item(number), 201, false) }
        });
        let waited = driver.answered_at;
        assert!(waited <= 60_000, "barred: {barred:?}: the last of the others waited {waited} ms");
        let free: Vec<u64> = (1..=4).filter(|number| !barred.contains(number)).collect();
        assert_eq!(order, free, "barred: {barred:?}");
        // The last one has nobody behind it to show that it is alone.
        for number in barred.iter().filter(|number| **number < 4) {
            assert!(is_aside(&driver, *number), "{barred:?}: {:?}", driver.state(item(*number).id));
        }
    }
}

#[test]
fn r4_while_everything_meets_it_nothing_steps_aside_and_the_order_holds() {
    for outage_ms in [1_000, 9_000, 60_000, 600_000] {
        let (mut driver, _) = Driver::leading(Vec::new());
        let mut next = driver.post(&item(1));
        for number in 2..=5 {
            driver.post(&item(number));
        }
        while driver.now.monotonic_ms < outage_ms {
            let commands = match next.take() {
                Some(request) => driver.answer(&request, html()),
                None => driver.advance(100),
            };
            next = sent(&commands);
            assert!((1..=5).all(|number| !is_aside(&driver, number)), "after {} ms", driver.now.monotonic_ms);
        }
        let order = drive(&mut driver, next, |request| {
            let number = (1..=5).find(|number| item(*number).id == request.of.id).unwrap();
            stored(&item(number), 201, false)
        });
        assert_eq!(order, [1, 2, 3, 4, 5], "after {outage_ms} ms");
    }
}

#[test]
fn retry_all_and_discard_all_reach_everything_that_needs_the_user() {
    for (event, expected) in [(Event::RetryAll, "queued"), (Event::DiscardAll, "gone")] {
        let rows = (1..=3).map(|number| {
            let reason = protocol::outbox::Reason::of(ReasonKind::Refused);
            Item { state: State::NeedsUser { reason }, ..item(number) }
        });
        let (mut driver, _) = Driver::leading(rows.collect());
        driver.tell(event);
        for number in 1..=3 {
            let state = driver.state(item(number).id);
            let now = if matches!(state, State::Gone { .. }) { "gone" } else { "queued" };
            assert!(!matches!(state, State::NeedsUser { .. }));
            assert_eq!(now, expected, "{state:?}");
        }
    }
}

#[test]
fn r3_every_request_says_whose_it_is_and_a_foreign_author_is_no_success() {
    let (mut driver, _) = Driver::leading(Vec::new());
    let first = driver.post(&item(1)).unwrap();
    assert!(first.headers().contains(&("as-user", ME.to_string())));

    let mut taken = stored(&item(1), 201, false);
    taken.body = taken.body.replace(&ME.to_string(), &OTHER.to_string());
    let commands = driver.answer(&first, taken);
    assert!(commands.contains(&Command::RenewIdentity));
    assert_eq!(*driver.state(item(1).id), State::PausedAuth);

    // It waits for its owner, and is sent by nobody else.
    let commands = driver.tell(Event::Identity(OTHER));
    assert_eq!(sent(&commands), None);
    let kept = driver.state(item(1).id);
    assert!(matches!(kept, State::NeedsUser { reason } if reason.kind == ReasonKind::OtherIdentity));
    driver.tell(Event::Identity(ME));
    assert!(driver.outbox.item(item(1).id).unwrap().is_unsent());
}

#[test]
fn r8_giving_up_counts_what_was_tried_and_not_the_clock() {
    for set in [YEAR_MS.cast_signed(), -YEAR_MS.cast_signed(), 0] {
        let (mut driver, commands) = Driver::leading(vec![item(1)]);
        let request = sent(&commands).unwrap();
        driver.now.wall_ms = driver.now.wall_ms.saturating_add_signed(set);
        driver.silence(&request);
        assert!(matches!(driver.state(item(1).id), State::Waiting { .. }), "set by {set}");
        // The next page finds the row, by the same clock.
        let row = driver.outbox.item(item(1).id).unwrap().clone();
        let mut next = protocol::outbox::Outbox::new(
            protocol::outbox::Config::default(),
            SessionId(Uuid::from_u128(10)),
            ME,
            driver.now,
        );
        next.handle(Event::Loaded(vec![row.clone()]), driver.now, 1);
        next.handle(Event::LeaderGained(Leadership::Lock), driver.now, 1);
        next.handle(Event::Loaded(vec![row]), driver.now, 1);
        assert!(next.next_wake().unwrap() <= driver.now.monotonic_ms + 31_000);
        assert!(!chip(next.item(item(1).id).unwrap(), driver.now, true).unwrap().still_trying);
    }
}

#[test]
fn r8_seven_days_of_trying_are_enough() {
    let (mut driver, _) = Driver::leading(vec![item(1)]);
    let mut next = None;
    let mut ended = None;
    for _ in 0..200_000 {
        let commands = match next.take() {
            Some(request) => driver.silence(&request),
            None => match driver.outbox.next_wake() {
                Some(at) => driver.advance(at.saturating_sub(driver.now.monotonic_ms).max(1)),
                None => break,
            },
        };
        if matches!(driver.state(item(1).id), State::NeedsUser { .. }) {
            ended = Some(driver.now.monotonic_ms);
            break;
        }
        next = sent(&commands);
    }
    let days = ended.unwrap() / (24 * 3_600_000);
    assert_eq!(days, 7);
}

#[test]
fn r11_try_now_in_another_tab_overrides_the_servers_wait() {
    let (mut driver, _) = Driver::leading(Vec::new());
    let first = driver.post(&item(1)).unwrap();
    let wait = Answer { retry_after: Some("120".to_owned()), ..refusal(ProblemName::TooManyWrites) };
    driver.answer(&first, wait);
    assert_eq!(sent(&driver.advance(5_000)), None);
    // What another tab's user pressed, as storage tells of it.
    let mut row = driver.outbox.item(item(1).id).unwrap().clone();
    row.state = State::Waiting { next_at: driver.now.wall_ms, not_before: None };
    row.revision += 1;
    assert!(sent(&driver.tell(Event::Loaded(vec![row]))).is_some());
}

#[test]
fn r1_a_row_that_was_known_to_storage_alone_is_sent_once_it_is_told() {
    let (mut driver, _) = Driver::leading(Vec::new());
    assert!(driver.post(&item(1)).is_some());
    let (mut driver, _) = Driver::leading(Vec::new());
    driver.post(&item(1));
    // Told again, as after a second press: nothing is sent twice.
    assert_eq!(sent(&driver.tell(Event::Enqueued(item(1)))), None);
}

#[test]
fn r7_what_happened_without_storage_is_written_once_it_is_back() {
    let (mut driver, _) = Driver::leading(Vec::new());
    let first = driver.post(&item(1)).unwrap();
    driver.post(&item(2));
    // Storage still holds the first as it was saved, and nothing of the second.
    driver.answer(&first, stored(&item(1), 201, false));
    let commands = driver.tell(Event::StorageBack(vec![item(1), item(3)]));
    let wrote = |number: u64| {
        commands.iter().any(|command| match command {
            Command::Save(row) | Command::Restore(row) => row.id == item(number).id,
            Command::Send { row: Some(row), .. } => row.id == item(number).id,
            _ => false,
        })
    };
    assert!(wrote(1) && wrote(2), "{commands:?}");
    assert!(driver.outbox.item(item(1).id).unwrap().is_receipt());
    assert!(driver.outbox.item(item(3).id).is_some());
}

#[test]
fn r9_a_lock_that_is_never_granted_is_no_lock() {
    let now = protocol::time::Now { monotonic_ms: 0, wall_ms: START };
    let mut outbox = protocol::outbox::Outbox::new(
        protocol::outbox::Config::default(),
        SessionId(Uuid::from_u128(9)),
        ME,
        now,
    );
    let row = Item {
        state: State::Sending {
            attempt: 1,
            owner: SessionId(Uuid::from_u128(4)),
            lease_until: START + 15_000,
        },
        attempts: 1,
        ..item(1)
    };
    let mut asked = outbox.handle(Event::Loaded(vec![row.clone()]), now, 1).len();
    let mut seconds = 0;
    let request = loop {
        seconds += 1;
        assert!(seconds < 120, "it is never sent");
        let now = protocol::time::Now { monotonic_ms: seconds * 1_000, wall_ms: START + seconds * 1_000 };
        let mut commands = outbox.handle(Event::Woken(Wake::Timer), now, 1);
        if commands.contains(&Command::Load) {
            commands = outbox.handle(Event::Loaded(vec![row.clone()]), now, 1);
        }
        asked += commands.len();
        if let Some(request) = sent(&commands) {
            break request;
        }
    };
    assert_eq!(request.of.number, 2);
    assert!(asked < 60, "it asked {asked} times");
}
