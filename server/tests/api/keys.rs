//! `Idempotency-Key`: one `POST` and one `PUT` of an id are the same operation.

use serde_json::json;
use uuid::Uuid;

use crate::helpers::{TestApp, id, stories};

stories![
    a_post_with_a_key_stores_once_and_replays_as_created,
    put_and_post_of_one_id_are_one_operation,
    quoted_and_bare_keys_are_the_same_key,
    a_post_without_a_key_is_refused,
    a_key_that_cannot_be_read_is_refused,
    a_key_beside_the_id_of_a_put_must_be_the_same_id,
    a_form_and_a_json_body_of_the_same_post_are_the_same_post,
];

async fn a_post_with_a_key_stores_once_and_replays_as_created(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let first = ada.post_with_key(&id.to_string(), "hello").await;
    assert_eq!(first.assert_created().id.as_uuid(), id);
    let again = ada.post_with_key(&id.to_string(), "hello").await;
    again.assert_post_replayed();
    assert_eq!(again.body, first.body);
    let refusal = ada.post_with_key(&id.to_string(), "other").await;
    refusal.assert_problem(422, "key-reused");
    assert!(!refusal.text().contains("hello"));
    app.visitor().await.post_with_key(&id.to_string(), "hello").await.assert_problem(409, "id-unavailable");
    ada.delete(id).await.assert_status(200);
    ada.post_with_key(&id.to_string(), "hello").await.assert_problem(410, "post-deleted");
}

/// Case 3.
async fn put_and_post_of_one_id_are_one_operation(app: &mut TestApp) {
    let ada = app.visitor().await;
    let (by_put, by_post) = (id(), id());
    let first = ada.put(by_put, "hello").await;
    first.assert_created();
    let again = ada.post_with_key(&by_put.to_string(), "hello").await;
    again.assert_post_replayed();
    assert_eq!(again.body, first.body);
    let first = ada.post_with_key(&by_post.to_string(), "hello").await;
    first.assert_created();
    let again = ada.put(by_post, "hello").await;
    again.assert_replayed();
    assert_eq!(again.body, first.body);
    assert_eq!(app.database.rows().await.len(), 2);
}

/// Case 10.
async fn quoted_and_bare_keys_are_the_same_key(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.post_with_key(&format!("\"{id}\""), "hello").await.assert_created();
    for key in [id.to_string(), format!("  {id} "), format!("\t\"{id}\"\t"), id.to_string().to_uppercase()] {
        ada.post_with_key(&key, "hello").await.assert_post_replayed();
    }
    ada.put(id, "hello").key(&format!("\"{id}\"")).await.assert_replayed();
}

async fn a_post_without_a_key_is_refused(app: &mut TestApp) {
    let ada = app.visitor().await;
    ada.post("hello").await.assert_problem(400, "key-required");
    ada.post("hello").header("request-id", &id().to_string()).await.assert_problem(400, "key-required");
    assert_eq!(app.database.rows().await, []);
}

/// Case 10: two readers that guess at these would see two keys.
async fn a_key_that_cannot_be_read_is_refused(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let keys = [
        String::new(),
        "\"\"".to_owned(),
        format!("\"{id}"),
        format!("\"{id}\"x"),
        format!("\"{id}\\\""),
        format!("\"{id}\", \"{id}\""),
        format!("{id}, {id}"),
        format!("{id},"),
        format!("\"{id}\";a=1"),
        format!("{id};a=1"),
        format!("{} {id}", &id.to_string()[..8]),
        format!("\" {id}\""),
        "k".repeat(256),
    ];
    for key in &keys {
        ada.post_with_key(key, "hello").await.assert_problem(400, "key-malformed");
        ada.put(id, "hello").key(key).await.assert_problem(400, "key-malformed");
    }
    let non_ascii = format!("\"{id}é\"");
    let post = ada.post("hello").raw_header("idempotency-key", non_ascii.as_bytes()).await;
    post.assert_problem(400, "key-malformed");
    let bytes = ada.post("hello").raw_header("idempotency-key", b"\xff\xfe").await;
    bytes.assert_problem(400, "key-malformed");
    let twice = ada.post("hello").key(&id.to_string()).key(&id.to_string()).await;
    twice.assert_problem(400, "key-malformed");
    assert_eq!(app.database.rows().await, []);
}

async fn a_key_beside_the_id_of_a_put_must_be_the_same_id(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    for other in [Uuid::now_v7().to_string(), Uuid::nil().to_string(), "my-own-key".to_owned()] {
        ada.put(id, "hello").key(&other).await.assert_problem(400, "key-malformed");
    }
    ada.put(id, "hello").key(&id.to_string()).key(&id.to_string()).await.assert_problem(400, "key-malformed");
    assert_eq!(app.row(id).await, None);
    ada.put(id, "hello").key(&id.to_string()).await.assert_created();
}

/// Case 49, and the one exception to storing text verbatim: a form's CR LF is the LF that was typed.
async fn a_form_and_a_json_body_of_the_same_post_are_the_same_post(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let key = id.to_string();
    let content = "1 + 1 = 2 & \"héllo\"\n\u{1F600}";
    let first = ada.post("").key(&key).json(&json!({"content": content, "room": "attic"})).await;
    first.assert_created();
    let form = "content=1+%2B+1+%3D+2+%26+%22h%C3%A9llo%22%0D%0A%F0%9F%98%80&room=attic";
    let again = ada.post("").key(&key).body("application/x-www-form-urlencoded", form).await;
    again.assert_post_replayed();
    assert_eq!(again.body, first.body);
    let other =
        ada.post("").key(&key).body("application/x-www-form-urlencoded; charset=utf-8", "content=x").await;
    other.assert_problem(422, "key-reused");
}
