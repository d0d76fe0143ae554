//! What is written while the database is away, as far as the request that writes it is concerned: the log takes it,
//! and it is stored once when the time is over.

use std::time::{SystemTime, UNIX_EPOCH};

use protocol::wire::{PostState, StatusAnswer};
use serde_json::json;
use uuid::Uuid;

use crate::helpers::{LogKind, TestApp, Visitor, eventually, id, stories};

stories! { with Setup::with_faults();
    a_post_is_queued_and_then_stored_once,
    a_retry_of_a_queued_post_is_queued_once,
    an_author_never_overtakes_himself_and_nobody_else_waits,
    a_key_keeps_its_id_through_the_log,
    what_has_a_condition_is_never_queued,
    what_a_rule_refuses_is_rejected_with_its_reason,
    a_rejected_post_can_be_sent_again,
    what_was_deleted_before_it_arrived_stays_deleted,
    a_killed_server_goes_on_where_it_was,
    a_replay_of_the_log_changes_nothing,
}

mod on_kafka {
    use super::*;

    stories! { with Setup::with_faults().on_log(crate::helpers::LogKind::Kafka);
        a_post_is_queued_and_then_stored_once,
        a_retry_of_a_queued_post_is_queued_once,
        an_author_never_overtakes_himself_and_nobody_else_waits,
        a_key_keeps_its_id_through_the_log,
        a_killed_server_goes_on_where_it_was,
        a_replay_of_the_log_changes_nothing,
    }
}

mod without_a_log {
    use super::{LogKind, away_for};
    use crate::helpers::{TestApp, id, stories};

    stories! { with Setup::with_faults().on_log(crate::helpers::LogKind::None);
        nothing_is_queued,
    }

    async fn nothing_is_queued(app: &mut TestApp) {
        assert!(!app.has_log(), "{:?}", LogKind::None);
        let (ada, id) = (app.visitor().await, id());
        let refused = ada.put(id, "hello").fault(&away_for(60_000)).await;
        assert!(refused.assert_problem(503, "store-unavailable").retry_after_ms.unwrap() > 50_000);
        let ready: serde_json::Value = ada.get("/readyz").await.assert_status(200).json();
        assert_eq!(ready, serde_json::json!({ "database": "up", "log": "none" }));
        assert_eq!(app.row(id).await, None);
    }
}

/// Long enough to look at what waits, and short enough to wait for.
const WHILE: u64 = 2_500;

/// The fault that keeps the database away for so many milliseconds from this moment.
fn away_for(ms: u64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    format!("database-away; until={}", now + u128::from(ms))
}

async fn state(visitor: &Visitor, id: Uuid) -> PostState {
    visitor.status(id).await.assert_status(200).json::<StatusAnswer>().state
}

async fn becomes(visitor: &Visitor, id: Uuid, wanted: PostState) {
    eventually(&format!("{wanted:?}"), async || (state(visitor, id).await == wanted).then_some(())).await;
}

async fn a_post_is_queued_and_then_stored_once(app: &mut TestApp) {
    let (ada, bob, id) = (app.visitor().await, app.visitor().await, id());
    assert_eq!(ada.put(id, "hello").fault(&away_for(WHILE)).await.assert_queued(), id);
    assert_eq!(state(&ada, id).await, PostState::Queued);
    assert_eq!(state(&bob, id).await, PostState::Absent);
    assert_eq!(app.metric("postonce_log_lag").await, 1.0);
    ada.read(id).await.assert_problem(404, "post-not-found");
    becomes(&ada, id, PostState::Stored).await;
    assert_eq!(ada.put(id, "hello").attempt(2).await.assert_replayed().content, "hello");
    assert_eq!(app.metric("postonce_log_lag").await, 0.0);
    let ready: serde_json::Value = ada.get("/readyz").await.assert_status(200).json();
    assert_eq!(ready, json!({ "database": "up", "log": "up" }));
}

async fn a_retry_of_a_queued_post_is_queued_once(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "hello").fault(&away_for(WHILE)).await.assert_queued();
    for attempt in 2..=4 {
        ada.put(id, "hello").attempt(attempt).await.assert_queued();
    }
    assert_eq!(app.metric("postonce_log_appended_total").await, 1.0);
    becomes(&ada, id, PostState::Stored).await;
}

/// The delete never overtakes its create, though to it the database is there.
async fn an_author_never_overtakes_himself_and_nobody_else_waits(app: &mut TestApp) {
    let (ada, bob, kept, gone) = (app.visitor().await, app.visitor().await, id(), id());
    ada.put(kept, "one").fault(&away_for(WHILE)).await.assert_queued();
    ada.append(kept, "edit-1", " two").await.assert_queued();
    ada.append(kept, "edit-1", " two").await.assert_queued();
    ada.put(gone, "soon gone").await.assert_queued();
    ada.delete(gone).await.assert_queued();
    assert_eq!(state(&ada, gone).await, PostState::Queued);
    bob.put(id(), "not in the queue").await.assert_created();
    becomes(&ada, gone, PostState::Deleted).await;
    let post = ada.read(kept).await.assert_status(200).assert_post();
    assert_eq!(post.content, "one two");
    ada.append(kept, "edit-1", " two").await.assert_status(200).assert_header("idempotency-replayed", "true");
    ada.put(gone, "soon gone").await.assert_problem(410, "post-deleted");
    assert_eq!(app.metric("postonce_relay_refused_total").await, 0.0);
}

async fn a_key_keeps_its_id_through_the_log(app: &mut TestApp) {
    let ada = app.visitor().await;
    let id = ada.post_with_key("order-7", "hello").fault(&away_for(WHILE)).await.assert_queued();
    assert_eq!(ada.post_with_key("order-7", "hello").attempt(2).await.assert_queued(), id);
    becomes(&ada, id, PostState::Stored).await;
    let replayed = ada.post_with_key("order-7", "hello").attempt(3).await.assert_post_replayed();
    assert_eq!(replayed.id.as_uuid(), id);
}

async fn what_has_a_condition_is_never_queued(app: &mut TestApp) {
    let (ada, stored, id) = (app.visitor().await, id(), id());
    ada.put(stored, "hello").await.assert_created();
    let away = away_for(WHILE);
    let tries = [
        ada.put(id, "hello").header("if-none-match", "*"),
        ada.append(stored, "edit", "!").header("if-match", "*"),
    ];
    for conditional in tries.clone() {
        let refused = conditional.fault(&away).await.assert_problem(503, "store-unavailable");
        assert!(refused.retry_after_ms.is_some());
    }
    assert_eq!(app.metric("postonce_log_appended_total").await, 0.0);
    // Nor while the author has something waiting.
    let waits = crate::helpers::id();
    ada.put(waits, "waits").fault(&away).await.assert_queued();
    for conditional in tries.clone() {
        conditional.await.assert_problem(503, "store-unavailable");
    }
    becomes(&ada, waits, PostState::Stored).await;
    let [create, edit] = tries;
    create.await.assert_created();
    edit.await.assert_status(200);
}

async fn what_a_rule_refuses_is_rejected_with_its_reason(app: &mut TestApp) {
    let (ada, bob) = (app.visitor().await, app.visitor().await);
    let (theirs, reused, pictured, long, after) = (id(), id(), id(), id(), id());
    ada.put(theirs, "Ada's").await.assert_created();
    bob.put(reused, "first").await.assert_created();
    bob.put(long, &"x".repeat(2_048)).await.assert_created();
    bob.put(theirs, "Bob's").fault(&away_for(WHILE)).await.assert_queued();
    bob.put(reused, "second").await.assert_queued();
    let picture = json!({ "content": "look", "image_id": Uuid::now_v7() });
    bob.put(pictured, "").json(&picture).await.assert_queued();
    bob.append(long, "edit", "!").await.assert_queued();
    bob.append(crate::helpers::id(), "edit-2", "!").await.assert_queued();
    bob.put(after, "the rest goes on").await.assert_queued();
    becomes(&bob, after, PostState::Stored).await;
    for (id, status, name) in [
        (theirs, 409, "id-unavailable"),
        (reused, 422, "key-reused"),
        (pictured, 422, "image-missing"),
        (long, 422, "invalid-content"),
    ] {
        let answer: StatusAnswer = bob.status(id).await.assert_status(200).json();
        assert_eq!(answer.state, PostState::Rejected, "{name}");
        let problem = answer.problem.unwrap();
        assert_eq!((problem.kind, problem.status), (format!("/problems/{name}"), status));
    }
    assert_eq!(app.metric("postonce_relay_refused_total").await, 5.0);
    assert_eq!(state(&ada, theirs).await, PostState::Stored);
    assert_eq!(ada.read(theirs).await.assert_post().content, "Ada's");
    assert_eq!(bob.read(reused).await.assert_post().content, "first");
}

async fn a_rejected_post_can_be_sent_again(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let picture = json!({ "content": "look", "image_id": Uuid::now_v7() });
    ada.put(id, "").json(&picture).fault(&away_for(WHILE)).await.assert_queued();
    becomes(&ada, id, PostState::Rejected).await;
    // Nothing stands at the id, so the author may use it for what can be stored.
    ada.put(id, "without the picture").await.assert_created();
    assert_eq!(ada.read(id).await.assert_post().content, "without the picture");
}

async fn what_was_deleted_before_it_arrived_stays_deleted(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.delete(id).fault(&away_for(WHILE)).await.assert_queued();
    ada.put(id, "late").await.assert_queued();
    becomes(&ada, id, PostState::Deleted).await;
    ada.read(id).await.assert_problem(404, "post-not-found");
    ada.put(id, "late").await.assert_problem(410, "post-deleted");
}

async fn a_killed_server_goes_on_where_it_was(app: &mut TestApp) {
    let (ada, first, second) = (app.visitor().await, id(), id());
    ada.put(first, "one").fault(&away_for(WHILE)).await.assert_queued();
    ada.put(second, "two").await.assert_queued();
    app.kill().await;
    app.restart().await;
    becomes(&ada, second, PostState::Stored).await;
    let order: Vec<Uuid> = app.database.rows().await.iter().map(|row| row.id).collect();
    assert_eq!(order, [first, second]);
}

async fn a_replay_of_the_log_changes_nothing(app: &mut TestApp) {
    let (ada, bob, kept, gone) = (app.visitor().await, app.visitor().await, id(), id());
    bob.put(id(), "beside the log").await.assert_created();
    ada.put(kept, "one").fault(&away_for(WHILE)).await.assert_queued();
    ada.put(gone, "gone").await.assert_queued();
    ada.append(kept, "edit", " two").await.assert_queued();
    ada.delete(gone).await.assert_queued();
    bob.put(kept, "not Bob's").attempt(2).fault(&away_for(WHILE)).await.assert_queued();
    app.drained().await;
    for _ in 0..2 {
        let replayed = app.replay().await;
        assert_eq!((&replayed["records"], &replayed["applied"]), (&json!(5), &json!(0)), "{replayed}");
        assert_eq!(replayed["feed_hash_before"], replayed["feed_hash_after"]);
        assert_eq!(replayed["feed_hash_before"].as_str().unwrap().len(), 64);
    }
    assert_eq!(ada.read(kept).await.assert_post().content, "one two");
}
