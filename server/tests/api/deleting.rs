//! `DELETE`: what is gone stays gone, also when its create arrives late.

use crate::helpers::{TestApp, id, stories};

stories![
    deleting_answers_200_then_404_and_the_state_stays,
    a_deletion_before_the_create_leaves_a_tombstone,
    somebody_elses_post_cannot_be_told_from_none,
    a_deletion_erases_what_was_said_and_keeps_what_the_rules_need,
    deleting_needs_an_identity,
    a_create_and_a_deletion_at_once_leave_no_post_behind_a_tombstone,
];

async fn deleting_answers_200_then_404_and_the_state_stays(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "hello").await.assert_created();
    let first = ada.delete(id).await;
    let body: serde_json::Value = first.assert_status(200).json();
    assert_eq!(body, serde_json::json!({"id": id, "state": "deleted"}));
    for _ in 0..3 {
        ada.delete(id).await.assert_problem(404, "post-not-found");
        assert!(app.row(id).await.unwrap().deleted);
    }
    ada.read(id).await.assert_problem(410, "post-deleted");
    assert_eq!(ada.status(id).await.json::<serde_json::Value>()["state"], "deleted");
}

/// The browser scenario of a cancelled post whose packet was late.
async fn a_deletion_before_the_create_leaves_a_tombstone(app: &mut TestApp) {
    let (ada, bob, id) = (app.visitor().await, app.visitor().await, id());
    ada.delete(id).await.assert_problem(404, "post-not-found");
    ada.delete(id).await.assert_problem(404, "post-not-found");
    ada.put(id, "late").await.assert_problem(410, "post-deleted");
    bob.put(id, "mine").await.assert_problem(409, "id-unavailable");
    // It never was a post, so nobody is told that it was deleted; its owner is told where the id stands.
    bob.read(id).await.assert_problem(404, "post-not-found");
    ada.read(id).await.assert_problem(404, "post-not-found");
    assert_eq!(ada.status(id).await.json::<serde_json::Value>()["state"], "deleted");
    assert_eq!(bob.status(id).await.json::<serde_json::Value>()["state"], "absent");
    let row = app.row(id).await.unwrap();
    assert_eq!((row.user_id, row.deleted, row.room), (ada.user_id, true, None));
}

/// Case 62.
async fn somebody_elses_post_cannot_be_told_from_none(app: &mut TestApp) {
    let (ada, bob) = (app.visitor().await, app.visitor().await);
    let (post, deleted, never_seen) = (id(), id(), id());
    for id in [post, deleted] {
        ada.put(id, "hello").await.assert_created();
    }
    ada.delete(deleted).await.assert_status(200);
    let expected = bob.delete(never_seen).await;
    expected.assert_problem(404, "post-not-found");
    for id in [post, deleted] {
        let answer = bob.delete(id).await;
        answer.assert_problem(404, "post-not-found");
        assert_eq!(answer.body, expected.body);
        assert_eq!(bob.status(id).await.json::<serde_json::Value>()["state"], "absent");
        assert_eq!(app.row(id).await.unwrap().user_id, ada.user_id);
    }
    ada.put(post, "hello").await.assert_replayed();
    ada.put(never_seen, "hello").await.assert_problem(409, "id-unavailable");
}

async fn a_deletion_erases_what_was_said_and_keeps_what_the_rules_need(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put_in("attic", id, "a secret").await.assert_created();
    ada.delete(id).await.assert_status(200);
    let row = app.row(id).await.unwrap();
    assert_eq!((row.content, row.user_id, row.deleted), (None, ada.user_id, true));
}

async fn deleting_needs_an_identity(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "hello").await.assert_created();
    app.stranger().delete(id).await.assert_problem(401, "not-signed-in");
    assert!(app.database.has_post(id).await);
}

/// Whoever comes first, the tombstone is what remains.
async fn a_create_and_a_deletion_at_once_leave_no_post_behind_a_tombstone(app: &mut TestApp) {
    let ada = app.visitor().await;
    for round in 0..20 {
        let id = id();
        let put = tokio::spawn(ada.put(id, "hello").into_future());
        let delete = tokio::spawn(ada.delete(id).into_future());
        let (put, delete) = (put.await.unwrap(), delete.await.unwrap());
        match (put.status, delete.status) {
            (201, 200) => {}
            (410, 404) => {
                put.assert_problem(410, "post-deleted");
            }
            _ => panic!("round {round}: {put} and {delete}"),
        }
        assert!(app.row(id).await.unwrap().deleted);
    }
}
