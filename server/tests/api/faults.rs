//! Faults at the database and on the way: each does what the contract's table says, for real.

use std::time::{Duration, Instant};

use protocol::problem::Outcome;

use crate::helpers::{DEADLINE, End, Raw, TestApp, eventually, id, stories};

stories![with Setup::with_faults();
    a_lost_reply_is_a_cut_connection_and_a_stored_row,
    a_lost_reply_without_interim_is_a_bare_cut,
    five_lost_replies_in_a_row_are_one_row,
    a_rolled_back_write_is_refused_at_once_and_leaves_nothing,
    a_refused_database_connection_is_refused_at_once_and_leaves_nothing,
    the_server_tries_again_where_only_some_tries_are_hit,
    a_lost_commit_acknowledgement_is_found_to_be_the_servers_own_row,
    a_late_request_lands_after_its_client_has_gone,
    a_late_request_that_a_retry_overtook_changes_nothing,
    a_slow_answer_is_of_a_row_that_is_there,
    a_duplicate_of_a_slow_write_attaches_to_it,
    a_duplicate_that_will_not_wait_is_told_so,
    a_duplicate_waits_as_long_as_it_prefers,
    an_outcome_that_cannot_be_known_is_called_unknown,
    a_fault_fires_on_the_first_arrivals_of_one_attempt,
    a_deletion_can_be_hit_like_a_write,
];

const INTERIM: &str = "HTTP/1.1 100 Continue\r\n\r\n";

/// Sends over a bare connection and returns what was read and how it ended.
async fn send_raw(app: &TestApp, request: String) -> (String, End) {
    let mut raw = app.connect().await;
    raw.send(request).await;
    raw.read_to_end(DEADLINE).await
}

/// Case 25, by a cut: not a byte of the final answer, and an interim one so that no browser re-sends by itself.
async fn a_lost_reply_is_a_cut_connection_and_a_stored_row(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let (read, end) = send_raw(app, Raw::put(&ada, id, "hello", "Fault: reply-lost\r\n")).await;
    assert_eq!((read.as_str(), end), (INTERIM, End::Reset));
    assert!(app.database.has_post(id).await);
    ada.put(id, "hello").fault("reply-lost").attempt(2).attempt_once().await.unwrap_err();
    ada.put(id, "hello").attempt(3).await.assert_replayed();
}

async fn a_lost_reply_without_interim_is_a_bare_cut(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let (read, end) = send_raw(app, Raw::put(&ada, id, "hello", "Fault: reply-lost; bare\r\n")).await;
    assert_eq!((read.as_str(), end), ("", End::Reset));
    assert!(app.database.has_post(id).await);
    ada.put(id, "hello").attempt(2).await.assert_replayed();
}

async fn five_lost_replies_in_a_row_are_one_row(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    for attempt in 1..=5 {
        let lines = format!("Fault: reply-lost\r\nAttempt: {attempt}\r\n");
        let (read, end) = send_raw(app, Raw::put(&ada, id, "hello", &lines)).await;
        assert_eq!((read.as_str(), end), (INTERIM, End::Reset));
    }
    ada.put(id, "hello").attempt(6).await.assert_replayed();
    assert_eq!(app.database.rows().await.len(), 1);
}

async fn is_refused_at_once_and_leaves_nothing(app: &TestApp, fault: &str) {
    let (ada, id) = (app.visitor().await, id());
    let began = Instant::now();
    let problem = ada.put(id, "hello").fault(fault).await.assert_problem(503, "store-unavailable");
    // Every try of the server's would be hit, so it does not spend its two seconds on them.
    assert!(began.elapsed() < Duration::from_secs(2), "{fault}: {:?}", began.elapsed());
    assert_eq!(problem.outcome, Outcome::NotApplied);
    assert!(problem.same_key_safe && problem.retry_after_ms.is_some());
    assert_eq!(app.row(id).await, None);
    ada.put(id, "hello").attempt(2).await.assert_created();
}

async fn a_rolled_back_write_is_refused_at_once_and_leaves_nothing(app: &mut TestApp) {
    is_refused_at_once_and_leaves_nothing(app, "rolled-back").await;
    is_refused_at_once_and_leaves_nothing(app, "rolled-back; tries=all").await;
}

async fn a_refused_database_connection_is_refused_at_once_and_leaves_nothing(app: &mut TestApp) {
    is_refused_at_once_and_leaves_nothing(app, "connect-refused").await;
}

/// Case 30.
async fn the_server_tries_again_where_only_some_tries_are_hit(app: &mut TestApp) {
    let ada = app.visitor().await;
    for fault in ["rolled-back; tries=1", "connect-refused; tries=1", "rolled-back; tries=2"] {
        let id = id();
        ada.put(id, "hello").fault(fault).await.assert_created();
        assert!(app.database.has_post(id).await);
    }
}

/// Case 26.
async fn a_lost_commit_acknowledgement_is_found_to_be_the_servers_own_row(app: &mut TestApp) {
    let ada = app.visitor().await;
    for fault in ["commit-ack-lost", "commit-ack-lost; tries=2"] {
        let id = id();
        let first = ada.put(id, "hello").fault(fault).await;
        first.assert_created();
        assert_eq!(app.database.rows_of(id).await.len(), 1);
        let again = ada.put(id, "hello").attempt(2).await;
        again.assert_replayed();
        assert_eq!(again.body, first.body);
    }
}

/// The article's request that arrives later: nothing, and then the row.
async fn a_late_request_lands_after_its_client_has_gone(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let mut raw = app.connect().await;
    raw.send(Raw::put(&ada, id, "hello", "Fault: request-late; delay=500\r\n")).await;
    eventually("the arrival", async || (app.metric("postonce_faults_total").await == 1.0).then_some(()))
        .await;
    assert_eq!(app.row(id).await, None);
    drop(raw);
    eventually("the late row", async || app.database.has_post(id).await.then_some(())).await;
    ada.put(id, "hello").attempt(2).await.assert_replayed();
}

/// It is held before it is registered, so that the retry does not wait for it.
async fn a_late_request_that_a_retry_overtook_changes_nothing(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let late = tokio::spawn(ada.put(id, "hello").fault("request-late; delay=500").into_future());
    eventually("the arrival", async || (app.metric("postonce_faults_total").await == 1.0).then_some(()))
        .await;
    let retry = ada.put(id, "hello").attempt(2).await;
    retry.assert_created();
    let late = late.await.unwrap();
    late.assert_replayed();
    assert_eq!(late.body, retry.body);
}

async fn a_slow_answer_is_of_a_row_that_is_there(app: &mut TestApp) {
    let (ada, bob, id) = (app.visitor().await, app.visitor().await, id());
    let slow = tokio::spawn(ada.put(id, "hello").fault("slow; delay=1500").into_future());
    eventually("the commit", async || app.database.has_post(id).await.then_some(())).await;
    // Nobody else waits: no transaction and no batch is held.
    for _ in 0..10 {
        bob.put(crate::helpers::id(), "hello").await.assert_created();
    }
    assert!(!slow.is_finished());
    slow.await.unwrap().assert_created();
}

/// Case 17.
async fn a_duplicate_of_a_slow_write_attaches_to_it(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let slow = tokio::spawn(ada.put(id, "hello").fault("slow; delay=800").into_future());
    eventually("the commit", async || app.database.has_post(id).await.then_some(())).await;
    let put = tokio::spawn(ada.put(id, "hello").attempt(2).into_future());
    let post = tokio::spawn(ada.post_with_key(&id.to_string(), "hello").into_future());
    let first = slow.await.unwrap();
    first.assert_created();
    let (put, post) = (put.await.unwrap(), post.await.unwrap());
    put.assert_replayed();
    post.assert_post_replayed();
    assert_eq!((&put.body, &post.body), (&first.body, &first.body));
}

/// Cases 17 and 18.
async fn a_duplicate_that_will_not_wait_is_told_so(app: &mut TestApp) {
    let (ada, bob, id) = (app.visitor().await, app.visitor().await, id());
    let slow = tokio::spawn(ada.put(id, "hello").fault("slow; delay=2000").into_future());
    eventually("the commit", async || app.database.has_post(id).await.then_some(())).await;
    let problem = ada.put(id, "hello").header("prefer", "wait=0").await.assert_problem(409, "in-flight");
    assert!(problem.same_key_safe && !problem.new_key_safe && problem.retry_after_ms.is_some());
    // What is no duplicate is not made to wait.
    ada.put(id, "other").await.assert_problem(422, "key-reused");
    bob.put(id, "hello").await.assert_problem(409, "id-unavailable");
    assert!(!slow.is_finished());
    slow.await.unwrap().assert_created();
}

/// A re-send of the browser's own is a further arrival of the same attempt.
async fn a_fault_fires_on_the_first_arrivals_of_one_attempt(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let put = |attempt| ada.put(id, "hello").fault("rolled-back; times=2").attempt(attempt);
    put(1).await.assert_problem(503, "store-unavailable");
    put(1).await.assert_problem(503, "store-unavailable");
    put(2).await.assert_problem(503, "store-unavailable");
    put(1).await.assert_created();
    // The other method and the other id have counts of their own.
    let post = ada.post_with_key(&id.to_string(), "hello").fault("rolled-back; times=2").attempt(1).await;
    post.assert_problem(503, "store-unavailable");
    let other = ada.put(crate::helpers::id(), "hello").fault("rolled-back; times=2").attempt(1).await;
    other.assert_problem(503, "store-unavailable");
    put(1).await.assert_replayed();
}

async fn a_deletion_can_be_hit_like_a_write(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "hello").await.assert_created();
    ada.delete(id).fault("rolled-back").await.assert_problem(503, "store-unavailable");
    assert!(app.database.has_post(id).await);
    ada.delete(id).fault("commit-ack-lost").attempt(2).await.assert_status(200);
    ada.delete(id).attempt(3).await.assert_problem(404, "post-not-found");
    let other = crate::helpers::id();
    ada.put(other, "hello").await.assert_created();
    ada.delete(other).fault("reply-lost").attempt_once().await.unwrap_err();
    assert!(app.row(other).await.unwrap().deleted);
    ada.delete(other).attempt(2).await.assert_problem(404, "post-not-found");
}

/// Case 17: RFC 7240, bounded; what cannot be read is ignored.
async fn a_duplicate_waits_as_long_as_it_prefers(app: &mut TestApp) {
    let ada = app.visitor().await;
    for key in ["", "opaque"] {
        let id = id();
        let ask = |attempt| match key {
            "" => ada.on_another_device().put(id, "hello").attempt(attempt),
            key => ada.on_another_device().post_with_key(key, "hello").attempt(attempt),
        };
        let rows = app.database.rows().await.len();
        let slow = tokio::spawn(ask(1).fault("slow; delay=2500").into_future());
        let committed = async || (app.database.rows().await.len() > rows).then_some(());
        eventually("the commit", committed).await;
        let began = Instant::now();
        let short = tokio::spawn(ask(2).header("prefer", "respond-async, wait=1").into_future());
        let patient: Vec<_> = ["wait=20", "wait=soon", "wait=-1", "wait=1.5"]
            .map(|preference| tokio::spawn(ask(3).header("prefer", preference).into_future()))
            .into();
        let problem = short.await.unwrap().assert_problem(409, "in-flight");
        assert!(began.elapsed() >= Duration::from_secs(1), "it waited for {:?}", began.elapsed());
        assert!(problem.same_key_safe && !problem.new_key_safe && problem.retry_after_ms.is_some());
        assert!(!slow.is_finished());
        let first = slow.await.unwrap();
        first.assert_created();
        for copy in patient {
            let copy = copy.await.unwrap();
            copy.assert_header("idempotency-replayed", "true");
            assert_eq!(copy.body, first.body);
        }
        assert_eq!(app.database.rows().await.len(), rows + 1);
    }
}

/// Case 30: COMMIT was sent, and every time the server asks, the answer is lost.
async fn an_outcome_that_cannot_be_known_is_called_unknown(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let fault = "commit-ack-lost; tries=all";
    let problem = ada.put(id, "hello").fault(fault).await.assert_problem(503, "store-unavailable");
    assert_eq!(problem.outcome, Outcome::Unknown);
    assert!(problem.same_key_safe && !problem.new_key_safe && problem.retry_after_ms.is_some());
    assert!(app.database.has_post(id).await);
    // A 5xx never sticks to a key.
    let again = ada.put(id, "hello").attempt(2).await;
    assert!(matches!(again.status, 200 | 201), "{again}");
    let under_key = ada.post_with_key("key", "hello").fault(fault).await;
    assert_eq!(under_key.assert_problem(503, "store-unavailable").outcome, Outcome::Unknown);
    ada.post_with_key("key", "hello").attempt(2).await.assert_post_replayed();
    let edit = ada.append(id, "edit", "!").fault(fault).await;
    assert_eq!(edit.assert_problem(503, "store-unavailable").outcome, Outcome::Unknown);
    ada.append(id, "edit", "!").attempt(2).await.assert_replayed();
    assert_eq!(ada.read(id).await.assert_post().content, "hello!");
    assert_eq!(app.database.rows().await.len(), 2);
}
