//! `PUT /api/posts/{id}`: the first table of the contract, row by row.

use http::Method;
use serde_json::json;

use crate::helpers::{TestApp, id, stories};

stories![
    the_first_put_stores_the_post,
    a_retry_finds_the_post_and_gets_the_same_bytes,
    the_same_id_with_other_content_is_refused_and_tells_nothing,
    the_same_id_in_another_room_is_refused,
    somebody_elses_id_is_unavailable_whatever_is_sent,
    a_create_only_meets_what_is_there_with_412,
    a_deleted_post_is_never_resurrected,
    missing_null_and_default_mean_the_same_post,
    an_unknown_picture_is_refused,
    the_same_text_twice_on_purpose_is_two_posts,
    an_identity_leaves_no_row_before_its_first_write,
];

async fn the_first_put_stores_the_post(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let post = ada.put_in("attic", id, "hello").await.assert_created();
    assert_eq!((post.id.as_uuid(), post.user_id.as_uuid()), (id, ada.user_id));
    assert_eq!((post.content.as_str(), post.room.as_str(), post.image_id), ("hello", "attic", None));
    let row = app.row(id).await.unwrap();
    assert_eq!((row.content.as_deref(), row.user_id), (Some("hello"), ada.user_id));
}

/// Case 25.
async fn a_retry_finds_the_post_and_gets_the_same_bytes(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let first = ada.put(id, "hello").await;
    first.assert_created();
    for attempt in 2..5 {
        let again = ada.put(id, "hello").attempt(attempt).await;
        again.assert_replayed();
        assert_eq!(again.body, first.body);
    }
    assert_eq!(app.database.rows().await.len(), 1);
}

/// Cases 1 and 12.
async fn the_same_id_with_other_content_is_refused_and_tells_nothing(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "the stored words").await.assert_created();
    let refusal = ada.put(id, "other words").await;
    let problem = refusal.assert_problem(422, "key-reused");
    assert!(!problem.same_key_safe && problem.new_key_safe);
    assert!(!refusal.text().contains("stored words"), "{refusal}");
    ada.put(id, "the stored words").await.assert_replayed();
}

async fn the_same_id_in_another_room_is_refused(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put_in("attic", id, "hello").await.assert_created();
    ada.put_in("cellar", id, "hello").await.assert_problem(422, "key-reused");
    ada.put(id, "hello").await.assert_problem(422, "key-reused");
}

/// Case 2: neither the owner, nor the content, nor whether it was deleted can be told from the answer.
async fn somebody_elses_id_is_unavailable_whatever_is_sent(app: &mut TestApp) {
    let (ada, bob) = (app.visitor().await, app.visitor().await);
    let (post, deleted, never_stored) = (id(), id(), id());
    ada.put(post, "hello").await.assert_created();
    ada.put(deleted, "hello").await.assert_created();
    ada.delete(deleted).await.assert_status(200);
    ada.delete(never_stored).await.assert_problem(404, "post-not-found");
    let mut answers = Vec::new();
    for id in [post, deleted, never_stored] {
        for content in ["hello", "other", "", "a\0b"] {
            let answer = bob.put(id, content).await;
            let problem = answer.assert_problem(409, "id-unavailable");
            assert!(problem.new_key_safe && !problem.same_key_safe);
            answers.push(answer.body);
        }
        answers.push(bob.post_with_key(&id.to_string(), "hello").await.body);
        answers.push(bob.put(id, "").json(&json!({"content": "x", "room": "no room"})).await.body);
        answers.push(
            bob.put(id, "").json(&json!({"content": "x", "image_id": uuid::Uuid::now_v7()})).await.body,
        );
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(app.row(post).await.unwrap().user_id, ada.user_id);
}

/// `If-None-Match: *`, after the rows of the table that come before it.
async fn a_create_only_meets_what_is_there_with_412(app: &mut TestApp) {
    let (ada, bob) = (app.visitor().await, app.visitor().await);
    let (id, deleted) = (id(), crate::helpers::id());
    let only_new = |id, content| ada.put(id, content).header("if-none-match", "*");
    only_new(id, "hello").await.assert_created();
    let problem = only_new(id, "hello").await.assert_problem(412, "precondition-failed");
    assert!(problem.same_key_safe && !problem.new_key_safe);
    only_new(id, "other").await.assert_problem(422, "key-reused");
    bob.put(id, "hello").header("if-none-match", "*").await.assert_problem(409, "id-unavailable");
    ada.delete(deleted).await.assert_problem(404, "post-not-found");
    only_new(deleted, "hello").await.assert_problem(410, "post-deleted");
    assert_eq!(app.database.rows_of(id).await.len(), 1);
}

/// Case 4.
async fn a_deleted_post_is_never_resurrected(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "hello").await.assert_created();
    ada.delete(id).await.assert_status(200);
    for content in ["hello", "other"] {
        let problem = ada.put(id, content).await.assert_problem(410, "post-deleted");
        assert!(!problem.same_key_safe);
        ada.post_with_key(&id.to_string(), content).await.assert_problem(410, "post-deleted");
    }
    assert!(app.row(id).await.unwrap().deleted);
}

/// Case 48.
async fn missing_null_and_default_mean_the_same_post(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let first = ada.put(id, "hello").await;
    first.assert_created();
    for body in [
        r#"{"content":"hello","image_id":null,"room":null}"#,
        r#"{"room":"lobby","content":"hello"}"#,
        "{ \"image_id\" : null,\r\n\t\"content\" : \"h\\u0065llo\" }",
    ] {
        let again = ada.ask(Method::PUT, format!("/api/posts/{id}")).json_text(body).await;
        again.assert_replayed();
        assert_eq!(again.body, first.body);
    }
}

async fn an_unknown_picture_is_refused(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let body = json!({"content": "look", "image_id": uuid::Uuid::now_v7()});
    ada.put(id, "").json(&body).await.assert_problem(422, "image-missing");
    assert_eq!(app.row(id).await, None);
    ada.put(id, "no picture then").await.assert_created();
}

/// Cases 13 and 16: the id names the intent, the text does not.
async fn the_same_text_twice_on_purpose_is_two_posts(app: &mut TestApp) {
    let ada = app.visitor().await;
    for _ in 0..2 {
        ada.put(id(), "hi").await.assert_created();
    }
    assert_eq!(app.database.rows().await.len(), 2);
}

async fn an_identity_leaves_no_row_before_its_first_write(app: &mut TestApp) {
    let ada = app.visitor().await;
    ada.feed("").await.assert_status(200);
    assert_eq!(app.database.users().await, 0);
    ada.put(id(), "hello").await.assert_created();
    ada.put(id(), "hello again").await.assert_created();
    assert_eq!(app.database.users().await, 1);
}
