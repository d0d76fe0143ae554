//! The client of one lane: every lane asks alike, and differs from the others in its key alone.

use protocol::experiment::{ATTEMPTS_MAX, Experiment, Happening, Names, Order, Request, own_rows, rows_path};
use protocol::key::PostId;
use protocol::outbox::{Answer, NoAnswer};
use protocol::problem::{Problem, ProblemName};
use protocol::scenario::Scenario;
use protocol::trace::{Lane, Row, Saw};
use uuid::Uuid;

fn names() -> Names {
    Names {
        run: Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef),
        id: PostId::mint(1, [1; 10]),
        edited: PostId::mint(2, [2; 10]),
    }
}

fn stored(status: u16, id: &str, content: &str, replayed: bool) -> Answer {
    let body = serde_json::json!({ "id": id, "content": content }).to_string();
    Answer { status, content_type: Some("application/json".to_owned()), replayed, body, ..Answer::default() }
}

/// Starts the lane and lets every attempt fail without an answer; what was sent, and how long was waited.
fn starve(query: &str, lane: Lane) -> (Vec<Request>, Vec<u64>) {
    let scenario = Scenario::parse(query).unwrap_or_else(|complaints| panic!("{complaints:?}"));
    let mut experiment = Experiment::new(&scenario, lane, names());
    let (mut sent, mut waits, mut now) = (Vec::new(), Vec::new(), 1_000);
    let mut orders = experiment.handle(Happening::Start, now);
    while !experiment.is_done() {
        let mut next = None;
        for order in orders {
            match order {
                Order::Send(request) => {
                    next = Some((request.attempt, request.timeout_ms));
                    sent.push(request);
                }
                Order::Lose { attempt } => next = Some((attempt, 0)),
                Order::WakeAt(at) => {
                    waits.push(at - now);
                    now = at;
                    next = None;
                }
                Order::Record(_) | Order::Finished => {}
            }
        }
        let happening = match next {
            Some((attempt, timeout)) => {
                now += timeout;
                Happening::Answer { attempt, result: Err(NoAnswer::Timeout) }
            }
            None => Happening::Wake,
        };
        orders = experiment.handle(happening, now);
    }
    assert!(orders.contains(&Order::Record(Saw::Settled { answered: false })));
    (sent, waits)
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
}

#[test]
fn lanes_differ_in_nothing_but_the_key() {
    let query = "faults=reply-lost@30pc&seed=5&compare=naive,uuid,key";
    let (naive, naive_waits) = starve(query, Lane::Naive);
    assert_eq!(naive.len(), usize::try_from(ATTEMPTS_MAX).unwrap());
    assert!(naive.iter().any(|request| request.fault.is_some()));
    for lane in Lane::ALL {
        let (sent, waits) = starve(query, lane);
        assert_eq!(waits, naive_waits, "{lane}");
        for (theirs, ours) in naive.iter().zip(&sent) {
            assert_eq!((theirs.fault, theirs.timeout_ms), (ours.fault, ours.timeout_ms));
            assert_eq!(theirs.body, ours.body, "{lane}");
            let keyless = ours.headers.iter().filter(|(name, _)| name != "idempotency-key").cloned();
            assert_eq!(theirs.headers, keyless.collect::<Vec<_>>(), "{lane}");
        }
    }
}

#[test]
fn each_lane_has_its_own_key() {
    let id = names().id.to_string();
    let keys = |lane: Lane| {
        let (sent, _) = starve("edit=Changed&retry=fixed:100", lane);
        sent.into_iter()
            .take(3)
            .map(|request| header(&request, "idempotency-key").map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let always = |key: &str| vec![Some(key.to_owned()); 3];
    for lane in [Lane::Naive, Lane::Uuid, Lane::ServerMinted] {
        assert_eq!(keys(lane), [None, None, None], "{lane}");
    }
    for lane in [Lane::CheckThenInsert, Lane::KeyAfterCommit, Lane::Cache] {
        assert_eq!(keys(lane), always(&id), "{lane}");
    }
    assert_eq!(keys(Lane::Key), always("lab-0123456789abcdef0123456789abcdef"));
    assert_eq!(keys(Lane::RetryWithoutKey), [Some(id.clone()), None, None]);
    let edited = Some(names().edited.to_string());
    assert_eq!(keys(Lane::NewKeyPerEdit), [Some(id), edited.clone(), edited]);
}

#[test]
fn only_one_lane_sends_what_was_edited() {
    for lane in Lane::ALL {
        let (sent, _) = starve("text=Hello&edit=Changed&retry=fixed:100", lane);
        let changed = sent.iter().filter(|request| request.body.contains("Changed")).count();
        assert_eq!(changed, if lane == Lane::NewKeyPerEdit { 19 } else { 0 }, "{lane}");
    }
}

#[test]
fn each_lane_posts_to_its_own_door_and_to_the_runs_room() {
    let (sent, _) = starve("retry=none", Lane::Uuid);
    assert_eq!((sent[0].method, sent[0].path.clone()), ("PUT", format!("/api/posts/{}", names().id)));
    assert!(sent[0].body.contains("\"room\":\"0123456789abcdef0123456789abcdef\""));
    assert_eq!(header(&sent[0], "run"), Some("01234567-89ab-cdef-0123-456789abcdef"));
    assert_eq!(starve("retry=none", Lane::Naive).0[0].path, "/api/naive/posts");
    assert_eq!(starve("retry=none", Lane::Cache).0[0].path, "/api/lab/museum/cache/posts");
}

#[test]
fn a_lost_request_is_recorded_and_never_sent() {
    let scenario = Scenario::parse("faults=request-lost@1").unwrap();
    let orders = Experiment::new(&scenario, Lane::Naive, names()).handle(Happening::Start, 0);
    let [
        Order::Record(Saw::Sent { fault, headers, .. }),
        Order::Record(Saw::Lost),
        Order::Lose { attempt: 1 },
    ] = orders.as_slice()
    else {
        panic!("{orders:?}");
    };
    assert_eq!(fault.as_deref(), Some("request-lost"));
    assert!(headers.iter().all(|(name, _)| name != "fault"));
}

/// What the lane orders when its first attempt is answered so.
fn after(lane: Lane, answer: Answer) -> Vec<Order> {
    let scenario = Scenario { text: "Hello".to_owned(), ..Scenario::default() };
    let mut experiment = Experiment::new(&scenario, lane, names());
    experiment.handle(Happening::Start, 0);
    experiment.handle(Happening::Answer { attempt: 1, result: Ok(answer) }, 10)
}

fn is_settled(orders: &[Order]) -> bool {
    orders.ends_with(&[Order::Record(Saw::Settled { answered: true }), Order::Finished])
}

#[test]
fn a_success_counts_only_if_it_echoes_the_post() {
    let id = names().id.to_string();
    assert!(is_settled(&after(Lane::Naive, stored(201, "7", "Hello", false))));
    assert!(is_settled(&after(Lane::Uuid, stored(201, &id, "Hello", false))));
    assert!(is_settled(&after(Lane::Uuid, stored(200, &id, "Hello", true))));
    assert!(is_settled(&after(Lane::Cache, stored(200, "9", "Hello", true))));
    let portal = Answer {
        status: 200,
        content_type: Some("text/html".to_owned()),
        body: "<h1>Sign in to the Wi-Fi</h1>".to_owned(),
        ..Answer::default()
    };
    for lane in Lane::ALL {
        assert!(!is_settled(&after(lane, portal.clone())), "{lane}");
        assert!(!is_settled(&after(lane, stored(201, &id, "Something else", false))), "{lane}");
    }
    assert!(!is_settled(&after(Lane::Naive, stored(200, "7", "Hello", false))));
    assert!(!is_settled(&after(Lane::Uuid, stored(201, "another", "Hello", false))));
}

#[test]
fn a_server_in_trouble_is_asked_again_when_it_says_so() {
    let busy = Answer { status: 503, retry_after: Some("3".to_owned()), ..Answer::default() };
    let refused = Answer {
        status: 400,
        content_type: Some("application/problem+json".to_owned()),
        body: serde_json::to_string(&Problem::new(ProblemName::MalformedBody, "")).unwrap(),
        ..Answer::default()
    };
    for lane in Lane::ALL {
        assert_eq!(after(lane, busy.clone()).last(), Some(&Order::WakeAt(3_010)), "{lane}");
        assert!(is_settled(&after(lane, refused.clone())), "{lane}");
    }
}

#[test]
fn the_visitor_may_hurry_and_may_stop() {
    let mut experiment = Experiment::new(&Scenario::default(), Lane::Naive, names());
    assert_eq!(experiment.handle(Happening::TryNow, 0), []);
    experiment.handle(Happening::Start, 0);
    assert_eq!(experiment.handle(Happening::Start, 0), []);
    assert_eq!(experiment.handle(Happening::TryNow, 0), [], "one attempt is in flight");
    experiment.handle(Happening::Answer { attempt: 1, result: Err(NoAnswer::Network) }, 5);
    let [Order::WakeAt(due)] = experiment.handle(Happening::Wake, 6)[..] else { panic!("woken too early") };
    assert!(due > 6);
    let sent = experiment.handle(Happening::TryNow, 7);
    assert!(matches!(sent.last(), Some(Order::Send(Request { attempt: 2, .. }))));
    let late = Happening::Answer { attempt: 1, result: Err(NoAnswer::Network) };
    assert_eq!(experiment.handle(late, 8), [], "the first attempt was given up");
    let stopped = experiment.handle(Happening::Stop, 9);
    assert_eq!(stopped, [Order::Record(Saw::Settled { answered: false }), Order::Finished]);
    assert_eq!(experiment.handle(Happening::Stop, 9), []);
}

#[test]
fn lanes_that_share_a_room_know_their_own_rows() {
    let id = names().id.to_string();
    let page = format!(r#"{{"posts": [{{"id": "{id}", "content": "a"}}, {{"id": "x", "content": "b"}}]}}"#);
    let row = |id: &str, content: &str| Row { id: id.to_owned(), content: content.to_owned() };
    assert_eq!(own_rows(Lane::Uuid, &names(), &page), Some(vec![row(&id, "a")]));
    assert_eq!(own_rows(Lane::Key, &names(), &page), Some(vec![row("x", "b")]));
    let counted = r#"{"posts": [{"id": 7, "content": "a"}], "next": null}"#;
    assert_eq!(own_rows(Lane::Naive, &names(), counted), Some(vec![row("7", "a")]));
    assert_eq!(own_rows(Lane::Naive, &names(), "<html>"), None);
    assert!(rows_path(Lane::Cache, names().run).starts_with("/api/lab/museum/cache/posts?run=01234567-"));
}
