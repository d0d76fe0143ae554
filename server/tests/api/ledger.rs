//! The ledger: every arrival of an experiment, and what became of it.

use protocol::trace::{LedgerEvent, Seen, TryFailure, Wrote};
use serde_json::Value;
use uuid::Uuid;

use crate::helpers::{Events, TestApp, id, stories};

stories![with Setup::with_faults();
    an_arrival_is_told_hop_by_hop,
    a_lost_reply_shows_the_cut_and_the_retry_that_was_recognised,
    both_rows_of_a_lost_commit_acknowledgement_are_seen,
    a_row_of_its_own_is_recognised_after_a_lost_acknowledgement,
    two_runs_never_mix,
    a_refused_connection_is_sent_nothing,
    what_arrives_twice_is_numbered_within_its_attempt,
    the_stream_tells_what_the_list_tells,
    a_run_that_nobody_knows_is_not_there,
];

stories![with Setup::default();
    where_faults_are_off_there_is_no_ledger,
];

async fn ledger(app: &TestApp, run: Uuid) -> Value {
    app.stranger().get(&format!("/api/lab/runs/{run}")).await.assert_status(200).json()
}

async fn events(app: &TestApp, run: Uuid) -> Vec<Seen> {
    let events: Vec<LedgerEvent> = serde_json::from_value(ledger(app, run).await["events"].take()).unwrap();
    assert!(events.iter().enumerate().all(|(at, event)| event.number as usize == at));
    assert!(events.is_sorted_by_key(|event| event.at_us), "the clock runs forward");
    events.into_iter().map(|event| event.seen).collect()
}

/// The events by name.
fn names(events: &[Seen]) -> Vec<&'static str> {
    let name = |seen: &Seen| match seen {
        Seen::Arrived { .. } => "arrived",
        Seen::Held { .. } => "held",
        Seen::Attached => "attached",
        Seen::Try { .. } => "try",
        Seen::TryFailed { .. } => "try failed",
        Seen::Looked { .. } => "looked",
        Seen::Wrote { .. } => "wrote",
        Seen::Answered { .. } => "answered",
        Seen::Cut => "cut",
    };
    events.iter().map(name).collect()
}

fn wrote(events: &[Seen]) -> Vec<Wrote> {
    let wrote = events.iter().filter_map(|seen| match seen {
        Seen::Wrote { wrote, .. } => Some(*wrote),
        _ => None,
    });
    wrote.collect()
}

async fn an_arrival_is_told_hop_by_hop(app: &mut TestApp) {
    let (ada, run, post) = (app.visitor().await, id(), id());
    ada.put(post, "hello").run(run).await.assert_status(201);
    let events = events(app, run).await;
    assert_eq!(names(&events), ["arrived", "try", "wrote", "answered"]);
    let Seen::Arrived { method, path, headers, body, nth, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((method.as_str(), path.as_str(), *nth), ("PUT", &*format!("/api/posts/{post}"), 1));
    assert!(body.contains("hello"), "{body}");
    assert!(headers.iter().all(|(name, _)| name != "cookie" && name != "authorization"), "{headers:?}");
    let Seen::Try { sql, .. } = &events[1] else { panic!("{events:?}") };
    assert!(sql[0].contains("on conflict (id) do nothing"), "{sql:?}");
    let arrivals = ledger(app, run).await["arrivals"].take();
    assert_eq!(arrivals[0]["verdict"], "inserted", "{arrivals}");
}

async fn a_lost_reply_shows_the_cut_and_the_retry_that_was_recognised(app: &mut TestApp) {
    let (ada, run, post) = (app.visitor().await, id(), id());
    let cut = ada.put(post, "hello").run(run).fault("reply-lost").attempt_once().await;
    assert!(cut.is_err(), "not a byte of the answer came");
    ada.put(post, "hello").run(run).attempt(2).await.assert_status(200);
    let events = events(app, run).await;
    let first = ["arrived", "try", "wrote", "answered", "cut"];
    let second = ["arrived", "try", "wrote", "answered"];
    assert_eq!(names(&events), [&first[..], &second[..]].concat());
    assert_eq!(wrote(&events), [Wrote::Inserted, Wrote::Recognised]);
}

async fn both_rows_of_a_lost_commit_acknowledgement_are_seen(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    ada.naive_post(run, "hello").fault("commit-ack-lost").await.assert_status(201);
    let events = events(app, run).await;
    assert_eq!(names(&events), ["arrived", "try", "try failed", "try", "wrote", "answered"]);
    let Seen::TryFailed { how, row: Some(first), .. } = &events[2] else { panic!("{events:?}") };
    let Seen::Wrote { wrote, row: second } = &events[4] else { panic!("{events:?}") };
    assert_eq!((*how, *wrote), (TryFailure::AckLost, Wrote::Inserted));
    assert_ne!(first.id, second.id);
}

async fn a_row_of_its_own_is_recognised_after_a_lost_acknowledgement(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    ada.put(id(), "hello").run(run).fault("commit-ack-lost").await.assert_status(201);
    let events = events(app, run).await;
    assert_eq!(names(&events), ["arrived", "try", "try failed", "try", "wrote", "answered"]);
    assert_eq!(wrote(&events), [Wrote::OwnRow]);
}

async fn two_runs_never_mix(app: &mut TestApp) {
    let (ada, left, right) = (app.visitor().await, id(), id());
    ada.put(id(), "left").run(left).await.assert_status(201);
    ada.put(id(), "right").run(right).await.assert_status(201);
    ada.put(id(), "of no run").await.assert_status(201);
    for (run, other) in [(left, "right"), (right, "left")] {
        let text = ledger(app, run).await.to_string();
        assert!(!text.contains(other) && !text.contains("of no run"), "{text}");
    }
}

async fn a_refused_connection_is_sent_nothing(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    ada.put(id(), "hello").run(run).fault("connect-refused; tries=1").await.assert_status(201);
    let events = events(app, run).await;
    assert_eq!(names(&events), ["arrived", "try", "try failed", "try", "wrote", "answered"]);
    let sql = |seen: &Seen| match seen {
        Seen::Try { sql, .. } => sql.len(),
        _ => panic!("{seen:?}"),
    };
    assert_eq!(sql(&events[1]), 0, "{events:?}");
    assert!(sql(&events[3]) > 0, "{events:?}");
}

async fn what_arrives_twice_is_numbered_within_its_attempt(app: &mut TestApp) {
    let (ada, run, post) = (app.visitor().await, id(), id());
    // As a browser sends it again by itself: nothing in the request tells.
    let cut = ada.put(post, "hello").run(run).fault("reply-lost; bare").attempt_once().await;
    assert!(cut.is_err(), "not a byte of the answer came");
    ada.put(post, "hello").run(run).fault("reply-lost; bare").await.assert_status(200);
    ada.put(post, "hello").run(run).attempt(2).await.assert_status(200);
    let arrivals = ledger(app, run).await["arrivals"].take();
    let told: Vec<_> = arrivals
        .as_array()
        .unwrap()
        .iter()
        .map(|arrival| (arrival["attempt"].as_u64(), arrival["nth"].as_u64(), arrival["fault"].is_null()))
        .collect();
    let expected = [(Some(1), Some(1), false), (Some(1), Some(2), true), (Some(2), Some(1), true)];
    assert_eq!(told, expected, "{arrivals}");
}

async fn the_stream_tells_what_the_list_tells(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    // Opened before anything arrives.
    let mut stream = Events::of(app, &format!("/api/lab/runs/{run}/events"), None).await;
    ada.put(id(), "hello").run(run).await.assert_status(201);
    let events = ledger(app, run).await["events"].take();
    let events = events.as_array().unwrap();
    for (number, event) in events.iter().enumerate() {
        let told = stream.next().await.unwrap();
        assert_eq!((told.kind.as_str(), told.id), ("ledger", Some(number.to_string())));
        assert_eq!(serde_json::from_str::<Value>(&told.data).unwrap(), *event);
    }
    let mut resumed = Events::of(app, &format!("/api/lab/runs/{run}/events"), Some("1")).await;
    assert_eq!(resumed.next().await.unwrap().id.as_deref(), Some("2"));
}

async fn where_faults_are_off_there_is_no_ledger(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    ada.put(id(), "hello").run(run).await.assert_status(201);
    for path in [format!("/api/lab/runs/{run}"), format!("/api/lab/runs/{run}/events")] {
        app.stranger().get(&path).await.assert_problem(404, "not-found");
    }
}

async fn a_run_that_nobody_knows_is_not_there(app: &mut TestApp) {
    let stranger = app.stranger();
    stranger.get(&format!("/api/lab/runs/{}", id())).await.assert_problem(404, "not-found");
    stranger.get("/api/lab/runs/7").await.assert_problem(400, "invalid-query");
}
