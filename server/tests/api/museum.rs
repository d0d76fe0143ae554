//! The museum: each half-fix is right in calm weather, and doubles under the weather that it was not made for.

use std::time::Duration;

use protocol::wire::{NaivePage, NaivePost};
use uuid::Uuid;

use crate::helpers::{Answer, TestApp, Visitor, eventually, id, stories};

const LANES: [&str; 6] = [
    "check-then-insert",
    "key-after-commit",
    "cache",
    "retry-without-key",
    "new-key-per-edit",
    "server-minted",
];

stories![with Setup::with_faults();
    in_calm_weather_every_exhibit_is_right,
    check_then_insert_doubles_when_two_arrivals_look_before_either_writes,
    key_after_commit_doubles_when_the_commit_is_unheard,
    the_cache_doubles_when_it_has_forgotten,
    a_retry_without_its_key_is_another_post,
    a_new_key_for_an_edit_is_another_post,
    an_id_that_the_server_mints_protects_only_the_hop_behind_it,
    every_exhibit_carries_out_the_faults_of_the_contract,
    a_key_belongs_to_the_room_of_its_experiment,
    rows_are_read_by_run_and_never_in_the_feed,
    an_exhibit_refuses_what_the_api_refuses,
];

mod where_faults_are_off {
    use super::*;

    stories![there_is_no_museum];

    async fn there_is_no_museum(app: &mut TestApp) {
        let ada = app.visitor().await;
        for lane in LANES {
            ada.museum_post(lane, id(), "hello").key("k").await.assert_problem(404, "not-found");
            ada.museum_rows(lane, "").await.assert_problem(404, "not-found");
        }
    }
}

#[track_caller]
fn assert_new(answer: &Answer) -> i64 {
    answer.assert_status(201);
    assert_eq!(answer.header("idempotency-replayed"), None, "{answer}");
    answer.json::<NaivePost>().id
}

#[track_caller]
fn assert_recognised(answer: &Answer) -> i64 {
    answer.assert_status(200).assert_header("idempotency-replayed", "true");
    answer.json::<NaivePost>().id
}

/// How many rows a run has left in a lane.
async fn rows(visitor: &Visitor, lane: &str, run: Uuid) -> usize {
    let page: NaivePage = visitor.museum_rows(lane, &format!("run={run}")).await.assert_status(200).json();
    page.posts.len()
}

async fn in_calm_weather_every_exhibit_is_right(app: &mut TestApp) {
    let ada = app.visitor().await;
    for lane in LANES {
        let (run, key) = (id(), id().to_string());
        let first = assert_new(&ada.museum_post(lane, run, "hello").key(&key).await);
        if lane != "server-minted" {
            let again = ada.museum_post(lane, run, "hello").key(&key).attempt(2).await;
            assert_eq!(assert_recognised(&again), first, "{lane}");
        }
        assert_eq!(rows(&ada, lane, run).await, 1, "{lane}");
        assert_new(&ada.museum_post(lane, run, "another").key(&id().to_string()).await);
        assert_eq!(rows(&ada, lane, run).await, 2, "{lane}");
    }
}

/// The retry of a client that gave up waiting comes while the first request is at work.
async fn check_then_insert_doubles_when_two_arrivals_look_before_either_writes(app: &mut TestApp) {
    let (ada, lane, run, key) = (app.visitor().await, "check-then-insert", id(), id().to_string());
    let slow = ada.museum_post(lane, run, "hello").key(&key).fault("slow; delay=2000");
    let slow = tokio::spawn(slow.into_future());
    // The ledger has it when it is done: the fault is counted before.
    eventually("the first look", async || {
        let ledger = ada.get(&format!("/api/lab/runs/{run}")).await;
        (ledger.status == 200 && ledger.text().contains(r#""seen":"looked""#)).then_some(())
    })
    .await;
    assert_new(&ada.museum_post(lane, run, "hello").key(&key).attempt(2).await);
    assert_new(&slow.await.unwrap());
    assert_eq!(rows(&ada, lane, run).await, 2);
    // From here on it looks right again.
    assert_recognised(&ada.museum_post(lane, run, "hello").key(&key).attempt(3).await);
}

/// Within one request: the server's own retry finds no key.
async fn key_after_commit_doubles_when_the_commit_is_unheard(app: &mut TestApp) {
    let (ada, lane, run, key) = (app.visitor().await, "key-after-commit", id(), id().to_string());
    let first = ada.museum_post(lane, run, "hello").key(&key).fault("commit-ack-lost").await;
    let first = assert_new(&first);
    assert_eq!(rows(&ada, lane, run).await, 2);
    let again = ada.museum_post(lane, run, "hello").key(&key).attempt(2).await;
    assert_eq!(assert_recognised(&again), first);
}

async fn the_cache_doubles_when_it_has_forgotten(app: &mut TestApp) {
    let (ada, lane, run, key) = (app.visitor().await, "cache", id(), id().to_string());
    let first = ada.museum_post(lane, run, "hello").key(&key).fault("reply-lost");
    first.attempt_once().await.unwrap_err();
    assert_recognised(&ada.museum_post(lane, run, "hello").key(&key).attempt(2).await);
    // Asking again and again does not make it remember for longer.
    eventually("the cache to forget", async || {
        let answer = ada.museum_post(lane, run, "hello").key(&key).attempt(3).await;
        (answer.status == 201).then_some(())
    })
    .await;
    assert_eq!(rows(&ada, lane, run).await, 2);
}

async fn a_retry_without_its_key_is_another_post(app: &mut TestApp) {
    let (ada, lane, run, key) = (app.visitor().await, "retry-without-key", id(), id().to_string());
    let first = ada.museum_post(lane, run, "hello").key(&key).fault("reply-lost");
    first.attempt_once().await.unwrap_err();
    assert_eq!(rows(&ada, lane, run).await, 1);
    assert_new(&ada.museum_post(lane, run, "hello").attempt(2).await);
    assert_eq!(rows(&ada, lane, run).await, 2);
    // The server did what it was asked to: with the key, the retry would have been recognised.
    assert_recognised(&ada.museum_post(lane, run, "hello").key(&key).attempt(3).await);
}

async fn a_new_key_for_an_edit_is_another_post(app: &mut TestApp) {
    let (ada, lane, run, key) = (app.visitor().await, "new-key-per-edit", id(), id().to_string());
    let first = ada.museum_post(lane, run, "helo").key(&key).fault("reply-lost");
    first.attempt_once().await.unwrap_err();
    assert_new(&ada.museum_post(lane, run, "hello").key(&id().to_string()).attempt(2).await);
    assert_eq!(rows(&ada, lane, run).await, 2);
    let same_key = ada.museum_post(lane, run, "hello").key(&key).attempt(3).await;
    same_key.assert_problem(422, "key-reused");
}

/// The article's own first step.
async fn an_id_that_the_server_mints_protects_only_the_hop_behind_it(app: &mut TestApp) {
    let (ada, lane, run) = (app.visitor().await, "server-minted", id());
    assert_new(&ada.museum_post(lane, run, "hello").fault("commit-ack-lost").await);
    assert_eq!(rows(&ada, lane, run).await, 1);
    let run = id();
    let first = ada.museum_post(lane, run, "hello").fault("reply-lost; bare");
    first.attempt_once().await.unwrap_err();
    assert_eq!(rows(&ada, lane, run).await, 1);
    assert_new(&ada.museum_post(lane, run, "hello").attempt(2).await);
    assert_eq!(rows(&ada, lane, run).await, 2);
}

async fn every_exhibit_carries_out_the_faults_of_the_contract(app: &mut TestApp) {
    let ada = app.visitor().await;
    for lane in LANES {
        let (run, key) = (id(), id().to_string());
        let post = |fault: &str, attempt| {
            ada.museum_post(lane, run, "hello").key(&key).fault(fault).attempt(attempt)
        };
        let away = format!("database-away; until={}", now_ms() + 60_000);
        for (attempt, fault) in ["connect-refused", "rolled-back", &away].into_iter().enumerate() {
            post(fault, attempt as u32 + 1).await.assert_problem(503, "store-unavailable");
        }
        assert_eq!(rows(&ada, lane, run).await, 0, "{lane}");
        assert_new(&post("rolled-back; tries=1", 4).await);
        assert_eq!(rows(&ada, lane, run).await, 1, "{lane}");
        // What these lanes recognise depends on the lane; what befalls them does not.
        post("reply-lost", 5).attempt_once().await.unwrap_err();
        for (attempt, fault) in ["slow; delay=50", "request-late; delay=50"].into_iter().enumerate() {
            let began = std::time::Instant::now();
            let answer = ada.museum_post(lane, run, "more").key(&id().to_string());
            assert_new(&answer.fault(fault).attempt(attempt as u32 + 6).await);
            assert!(began.elapsed() >= Duration::from_millis(50), "{lane}: {fault}");
        }
        post("reply-lost; delay=1", 8).await.assert_problem(400, "malformed-fault");
    }
}

fn now_ms() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()
}

async fn a_key_belongs_to_the_room_of_its_experiment(app: &mut TestApp) {
    let (ada, bob, key) = (app.visitor().await, app.visitor().await, "the-same-key");
    for lane in LANES {
        assert_new(&ada.museum_post(lane, id(), "hello").key(key).await);
        assert_new(&bob.museum_post(lane, id(), "hello").key(key).await);
    }
}

async fn rows_are_read_by_run_and_never_in_the_feed(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    let room = run.simple().to_string();
    for lane in LANES {
        for number in 0..3 {
            assert_new(&ada.museum_post(lane, run, &format!("post {number}")).key(&id().to_string()).await);
        }
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let query = format!("run={run}&limit=2{cursor}");
            let page: NaivePage = app.stranger().museum_rows(lane, &query).await.assert_status(200).json();
            seen.extend(page.posts.into_iter().map(|post| post.content));
            let Some(next) = page.next else { break };
            cursor = format!("&before={next}");
        }
        assert_eq!(seen, ["post 2", "post 1", "post 0"], "{lane}");
        let by_room: NaivePage = ada.museum_rows(lane, &format!("room={room}")).await.json();
        assert_eq!(by_room.posts.len(), 3, "{lane}");
    }
    let feed: protocol::wire::FeedPage = ada.feed(&format!("room={room}")).await.json();
    assert!(feed.posts.is_empty());
    assert_eq!(app.database.rows().await, []);
}

async fn an_exhibit_refuses_what_the_api_refuses(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    for lane in LANES {
        let post = || ada.museum_post(lane, run, "hello").key("k");
        post().json_text("{").await.assert_problem(400, "malformed-body");
        post().body("text/plain", "hello").await.assert_problem(415, "unsupported-media-type");
        ada.museum_post(lane, run, "").key("k").await.assert_problem(422, "invalid-content");
        ada.museum_post(lane, run, "hello").key("a, b").await.assert_problem(400, "key-malformed");
        ada.museum_rows(lane, "run=nonsense").await.assert_problem(400, "invalid-query");
        if !matches!(lane, "retry-without-key" | "server-minted") {
            ada.museum_post(lane, run, "hello").await.assert_problem(400, "key-required");
        }
        assert_eq!(rows(&ada, lane, run).await, 0, "{lane}");
    }
    for lane in ["naive", "uuid", "key", "no-such-lane"] {
        ada.museum_post(lane, run, "hello").key("k").await.assert_problem(404, "not-found");
    }
    let method = ada.ask(http::Method::PUT, "/api/lab/museum/cache/posts").await;
    method.assert_problem(405, "method-not-allowed");
}
