//! `POST /api/posts` under a key that is no id: remembered per author, with its answer, in the post's transaction.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use crate::helpers::{Answer, TestApp, eventually, stories};

stories![
    the_server_mints_the_id_and_a_retry_gets_the_same_bytes,
    a_key_is_told_from_another_by_case_and_by_author,
    every_spelling_that_is_no_id_is_an_opaque_key,
    other_content_or_another_room_under_a_key_is_refused,
    a_form_and_a_json_body_under_one_key_are_the_same_post,
    content_that_cannot_be_stored_does_not_spend_a_key,
    after_a_deletion_the_key_is_gone_and_what_was_said_with_it,
    a_hundred_copies_at_once_are_one_row,
    an_edit_changes_nothing_of_what_a_key_keeps,
    a_conditional_create_is_refused_where_the_key_is_spent,
    a_killed_server_answers_the_same_bytes_afterwards,
];

async fn the_server_mints_the_id_and_a_retry_gets_the_same_bytes(app: &mut TestApp) {
    let ada = app.visitor().await;
    let first = ada.post_with_key("order-17", "héllo \"you\"").await;
    let post = first.assert_created();
    assert_eq!(post.id.as_uuid().get_version_num(), 7);
    assert_eq!(post.content, "héllo \"you\"");
    for key in ["order-17", "\"order-17\"", "  order-17 "] {
        let again = ada.post_with_key(key, "héllo \"you\"").await;
        again.assert_post_replayed();
        assert_same_answer(&again, &first);
    }
    // It is a post like any other.
    assert_eq!(ada.read(post.id.as_uuid()).await.assert_post(), post);
    assert_eq!(ada.put(post.id.as_uuid(), "héllo \"you\"").await.assert_replayed(), post);
    assert_eq!(app.database.rows().await.len(), 1);
}

/// The stored bytes, and the headers that are stored with them.
#[track_caller]
fn assert_same_answer(again: &Answer, first: &Answer) {
    assert_eq!(again.body, first.body);
    for name in ["location", "content-type", "etag"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
}

async fn a_key_is_told_from_another_by_case_and_by_author(app: &mut TestApp) {
    let (ada, bob) = (app.visitor().await, app.visitor().await);
    let one = ada.post_with_key("key", "hello").await.assert_created();
    let two = ada.post_with_key("Key", "hello").await.assert_created();
    let three = bob.post_with_key("key", "other").await.assert_created();
    assert!(one.id != two.id && two.id != three.id);
    assert_eq!(app.database.rows().await.len(), 3);
}

/// Cases 8, 9 and 11: what may be no id in a path is a key like any other here.
async fn every_spelling_that_is_no_id_is_an_opaque_key(app: &mut TestApp) {
    let ada = app.visitor().await;
    let longest = "k".repeat(255);
    let keys = [
        "x",
        longest.as_str(),
        "\"with \\\\ and \\\" in it\"",
        "00000000-0000-0000-0000-000000000000",
        "01890a5d-ac96-174b-bcce-b302099a8057",
        "{01890a5d-ac96-774b-bcce-b302099a8057}",
        "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
        "!#$%&'*+-./:<=>?@[]^_`{|}~",
    ];
    for key in keys {
        // A space is no part of a key, be it quoted.
        let key = key.replace(' ', "");
        ada.post_with_key(&key, "hello").await.assert_created();
        ada.post_with_key(&key, "hello").await.assert_post_replayed();
    }
    for key in ["k".repeat(256).as_str(), "a b", "a,b", "a;b", "\"a b\"", "a, b"] {
        ada.post_with_key(key, "hello").await.assert_problem(400, "key-malformed");
    }
    assert_eq!(app.database.rows().await.len(), keys.len());
}

async fn other_content_or_another_room_under_a_key_is_refused(app: &mut TestApp) {
    let ada = app.visitor().await;
    let first = ada.post_with_key("key", "hello").await;
    first.assert_created();
    let other = ada.post_with_key("key", "other").await;
    let problem = other.assert_problem(422, "key-reused");
    assert!(!problem.same_key_safe && problem.new_key_safe);
    assert!(!other.text().contains("hello"));
    let elsewhere = ada.post("").key("key").json(&json!({"content": "hello", "room": "attic"})).await;
    elsewhere.assert_problem(422, "key-reused");
    let unstorable = ada.post_with_key("key", "").await;
    unstorable.assert_problem(422, "key-reused");
    assert_same_answer(&ada.post_with_key("key", "hello").await, &first);
    assert_eq!(app.database.rows().await.len(), 1);
}

/// Case 49.
async fn a_form_and_a_json_body_under_one_key_are_the_same_post(app: &mut TestApp) {
    let ada = app.visitor().await;
    let form = "content=1+%2B+1%0D%0A%C3%A9&room=attic";
    let first = ada.post("").key("sum").body("application/x-www-form-urlencoded", form).await;
    assert_eq!(first.assert_created().content, "1 + 1\né");
    let again = ada.post("").key("sum").json(&json!({"content": "1 + 1\né", "room": "attic"})).await;
    again.assert_post_replayed();
    assert_same_answer(&again, &first);
}

async fn content_that_cannot_be_stored_does_not_spend_a_key(app: &mut TestApp) {
    let ada = app.visitor().await;
    ada.post_with_key("key", "").await.assert_problem(422, "invalid-content");
    ada.post("").key("key").json_text("{").await.assert_problem(400, "malformed-body");
    let pictured = json!({"content": "hello", "image_id": Uuid::now_v7()});
    ada.post("").key("key").json(&pictured).await.assert_problem(422, "image-missing");
    ada.post_with_key("key", "hello").await.assert_created();
}

async fn after_a_deletion_the_key_is_gone_and_what_was_said_with_it(app: &mut TestApp) {
    let ada = app.visitor().await;
    let id = ada.post_with_key("key", "a secret").await.assert_created().id.as_uuid();
    app.visitor().await.delete(id).await.assert_problem(404, "post-not-found");
    ada.post_with_key("key", "a secret").await.assert_post_replayed();
    ada.delete(id).await.assert_status(200);
    for content in ["a secret", "other", ""] {
        let gone = ada.post_with_key("key", content).await;
        gone.assert_problem(410, "post-deleted");
        assert!(!gone.text().contains("secret"));
    }
    assert_eq!(app.database.kept_answers().await, 0);
}

/// Case 17, under a key.
async fn a_hundred_copies_at_once_are_one_row(app: &mut TestApp) {
    let ada = app.visitor().await;
    let copies = (0..100).map(|_| ada.on_another_device().post_with_key("key", "hello").into_future());
    let answers = futures::future::join_all(copies).await;
    let created = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none());
    assert_eq!(created.count(), 1);
    for answer in &answers {
        answer.assert_status(201);
        assert_same_answer(answer, &answers[0]);
    }
    assert_eq!(app.database.rows().await.len(), 1);
}

/// Case 5: under a key the original bytes are replayed, whatever the post says since.
async fn an_edit_changes_nothing_of_what_a_key_keeps(app: &mut TestApp) {
    let ada = app.visitor().await;
    let first = ada.post_with_key("key", "hello").await;
    let id = first.assert_created().id.as_uuid();
    ada.append(id, "edit", "!").await.assert_status(200);
    let again = ada.post_with_key("key", "hello").await;
    again.assert_status(201).assert_header("idempotency-replayed", "true");
    assert_same_answer(&again, &first);
    ada.post_with_key("key", "hello!").await.assert_problem(422, "key-reused");
    assert_eq!(ada.read(id).await.assert_post().content, "hello!");
}

async fn a_conditional_create_is_refused_where_the_key_is_spent(app: &mut TestApp) {
    let ada = app.visitor().await;
    let post = || ada.post_with_key("key", "hello").header("if-none-match", "*");
    post().await.assert_created();
    post().await.assert_problem(412, "precondition-failed");
}

/// Case 25: the power goes between commit and answer.
async fn a_killed_server_answers_the_same_bytes_afterwards(app: &mut TestApp) {
    let ada = app.visitor().await;
    let first = ada.post_with_key("before", "hello").await;
    first.assert_created();
    app.kill().await;
    app.restart().await;
    let again = ada.post_with_key("before", "hello").await;
    again.assert_post_replayed();
    assert_same_answer(&again, &first);
}

mod under_faults {
    use super::*;

    stories![with Setup::with_faults();
        a_lost_reply_under_a_key_is_replayed,
        a_lost_commit_acknowledgement_is_found_to_be_the_servers_own,
        a_rolled_back_claim_leaves_the_key_free,
        a_duplicate_of_a_slow_write_attaches_by_its_key,
        a_server_that_dies_between_commit_and_answer_replays_what_it_would_have_said,
    ];

    async fn a_lost_reply_under_a_key_is_replayed(app: &mut TestApp) {
        let ada = app.visitor().await;
        let lost = ada.post_with_key("key", "hello").fault("reply-lost").attempt_once().await;
        lost.unwrap_err();
        let second = ada.post_with_key("key", "hello").attempt(2).await;
        second.assert_post_replayed();
        let third = ada.post_with_key("key", "hello").attempt(3).await;
        assert_same_answer(&third, &second);
        assert_eq!(app.database.rows().await.len(), 1);
    }

    async fn a_lost_commit_acknowledgement_is_found_to_be_the_servers_own(app: &mut TestApp) {
        let ada = app.visitor().await;
        for (key, fault) in [("one", "commit-ack-lost"), ("two", "commit-ack-lost; tries=2")] {
            let first = ada.post_with_key(key, "hello").fault(fault).await;
            first.assert_created();
            assert_same_answer(&ada.post_with_key(key, "hello").attempt(2).await, &first);
        }
        assert_eq!(app.database.rows().await.len(), 2);
    }

    async fn a_rolled_back_claim_leaves_the_key_free(app: &mut TestApp) {
        let ada = app.visitor().await;
        for fault in ["rolled-back", "connect-refused"] {
            let refused = ada.post_with_key(fault, "hello").fault(fault).await;
            refused.assert_problem(503, "store-unavailable");
            ada.post_with_key(fault, "other").attempt(2).await.assert_created();
        }
        ada.post_with_key("k", "hello").fault("rolled-back; tries=1").await.assert_created();
        assert_eq!(app.database.rows().await.len(), 3);
    }

    async fn a_duplicate_of_a_slow_write_attaches_by_its_key(app: &mut TestApp) {
        let ada = app.visitor().await;
        let slow = ada.post_with_key("key", "hello").fault("slow; delay=1500");
        let slow = tokio::spawn(slow.into_future());
        eventually("the commit", async || (app.database.rows().await.len() == 1).then_some(())).await;
        let impatient = ada.post_with_key("key", "hello").header("prefer", "wait=0").await;
        impatient.assert_problem(409, "in-flight");
        ada.post_with_key("key", "other").await.assert_problem(422, "key-reused");
        let copy = ada.post_with_key("key", "hello").attempt(2).await;
        copy.assert_post_replayed();
        let first = slow.await.unwrap();
        first.assert_created();
        assert_same_answer(&copy, &first);
    }

    async fn a_server_that_dies_between_commit_and_answer_replays_what_it_would_have_said(app: &mut TestApp) {
        let ada = app.visitor().await;
        let held = ada.post_with_key("key", "hello").fault("slow; delay=60000");
        let held = tokio::spawn(held.attempt_once());
        eventually("the commit", async || (app.database.rows().await.len() == 1).then_some(())).await;
        app.kill().await;
        held.await.unwrap().unwrap_err();
        let stored = app.database.kept_answer("key").await;
        app.restart().await;
        let again = ada.post_with_key("key", "hello").attempt(2).await;
        again.assert_post_replayed();
        assert_eq!(again.text(), stored);
        assert_eq!(app.database.rows().await.len(), 1);
    }
}

mod at_a_low_rate {
    use super::*;

    stories![with Setup { write_rate: 1, ..Setup::default() }; a_replay_under_a_key_costs_nothing];

    async fn a_replay_under_a_key_costs_nothing(app: &mut TestApp) {
        let ada = app.visitor().await;
        ada.post_with_key("first", "hello").await.assert_created();
        let spent = eventually("an empty bucket", async || {
            let answer = ada.post_with_key(&Uuid::now_v7().simple().to_string()[..20], "hello").await;
            (answer.status == 429).then_some(answer)
        })
        .await;
        spent.assert_problem(429, "too-many-writes");
        for _ in 0..20 {
            ada.post_with_key("first", "hello").await.assert_post_replayed();
        }
        let began = std::time::Instant::now();
        ada.post_with_key("first", "other").await.assert_problem(422, "key-reused");
        assert!(began.elapsed() < Duration::from_secs(2));
    }
}
