//! The control arm: the same request stores a row per arrival, so that there is something to compare with.

use protocol::wire::{NaivePage, NaivePost};
use serde_json::json;
use uuid::Uuid;

use crate::helpers::{DEADLINE, End, Raw, TestApp, id, stories};

stories![with Setup::with_faults();
    every_arrival_is_a_row_under_a_counter,
    no_key_makes_a_difference,
    a_lost_commit_acknowledgement_doubles_the_post_within_one_request,
    a_lost_reply_doubles_the_post_at_the_retry,
    a_write_that_was_rolled_back_leaves_no_row,
    the_control_arm_is_never_part_of_the_feed,
    its_rows_are_read_page_by_page_and_run_by_run,
    it_refuses_what_the_api_refuses,
];

async fn every_arrival_is_a_row_under_a_counter(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    let mut ids = Vec::new();
    for attempt in 1..=3 {
        let answer = ada.naive_post(run, "hello").attempt(attempt).await;
        let value: serde_json::Value = answer.assert_status(201).json();
        let mut fields: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["content", "create_timestamp", "id", "room"]);
        assert_eq!(answer.header("idempotency-replayed"), None);
        ids.push(answer.json::<NaivePost>().id);
    }
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    assert_eq!(app.database.naive_rows().await, 3);
}

async fn no_key_makes_a_difference(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    for _ in 0..2 {
        ada.naive_post(id, "hello").key(&id.to_string()).await.assert_status(201);
    }
    assert_eq!(app.database.naive_rows().await, 2);
}

/// The article's own story.
async fn a_lost_commit_acknowledgement_doubles_the_post_within_one_request(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    ada.naive_post(run, "hello").fault("commit-ack-lost").await.assert_status(201);
    assert_eq!(app.database.naive_rows().await, 2);
}

async fn a_lost_reply_doubles_the_post_at_the_retry(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    let body = json!({"content": "hello"}).to_string();
    let mut raw = app.connect().await;
    raw.send(format!(
        "POST /api/naive/posts HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nRun: {run}\r\nFault: reply-lost\r\n\r\n{body}",
        ada.token.as_deref().unwrap(),
        body.len()
    ))
    .await;
    let (read, end) = raw.read_to_end(DEADLINE).await;
    assert_eq!((read.as_str(), end), ("HTTP/1.1 100 Continue\r\n\r\n", End::Reset));
    assert_eq!(app.database.naive_rows().await, 1);
    ada.naive_post(run, "hello").attempt(2).await.assert_status(201);
    assert_eq!(app.database.naive_rows().await, 2);
    // The same weather on the other side.
    let (read, end) = {
        let mut raw = app.connect().await;
        raw.send(Raw::put(&ada, run, "hello", "Fault: reply-lost\r\n")).await;
        raw.read_to_end(DEADLINE).await
    };
    assert_eq!((read.as_str(), end), ("HTTP/1.1 100 Continue\r\n\r\n", End::Reset));
    ada.put(run, "hello").attempt(2).await.assert_replayed();
}

async fn a_write_that_was_rolled_back_leaves_no_row(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    for fault in ["rolled-back", "connect-refused"] {
        ada.naive_post(id(), "hello").fault(fault).await.assert_problem(503, "store-unavailable");
    }
    assert_eq!(app.database.naive_rows().await, 0);
    ada.naive_post(run, "hello").fault("rolled-back; tries=1").await.assert_status(201);
    assert_eq!(app.database.naive_rows().await, 1);
}

async fn the_control_arm_is_never_part_of_the_feed(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let mut live = app.events("lobby").await;
    ada.naive_post(id, "naive").await.assert_status(201);
    ada.put(id, "idempotent").await.assert_created();
    assert_eq!(live.expect("post").await.post_id(), id);
    let page: protocol::wire::FeedPage = ada.feed("").await.json();
    assert_eq!(page.posts.len(), 1);
    assert_eq!(page.posts[0].content, "idempotent");
}

async fn its_rows_are_read_page_by_page_and_run_by_run(app: &mut TestApp) {
    let ada = app.visitor().await;
    let (run, other) = (id(), id());
    for number in 0..5 {
        ada.naive_post(run, &format!("post {number}")).await.assert_status(201);
        ada.naive_post(other, "other").await.assert_status(201);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page: NaivePage =
            app.stranger().naive_feed(&format!("run={run}&limit=2{cursor}")).await.assert_status(200).json();
        seen.extend(page.posts.into_iter().map(|post| post.content));
        let Some(next) = page.next else { break };
        cursor = format!("&before={next}");
    }
    assert_eq!(seen, ["post 4", "post 3", "post 2", "post 1", "post 0"]);
    let none: NaivePage = ada.naive_feed(&format!("run={}", Uuid::now_v7())).await.assert_status(200).json();
    assert!(none.posts.is_empty());
    for query in ["run=nonsense", "limit=0", "before=nonsense", "room=No"] {
        ada.naive_feed(query).await.assert_problem(400, "invalid-query");
    }
}

async fn it_refuses_what_the_api_refuses(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    ada.naive_post(run, "").await.assert_problem(422, "invalid-content");
    ada.naive_post(run, "").json_text("{").await.assert_problem(400, "malformed-body");
    ada.naive_post(run, "").body("text/plain", "hello").await.assert_problem(415, "unsupported-media-type");
    ada.naive_post(run, "").json_text(vec![b' '; 70_000]).await.assert_problem(413, "too-large");
    assert_eq!(app.database.naive_rows().await, 0);
}
