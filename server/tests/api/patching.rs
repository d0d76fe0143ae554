//! `PATCH`: a method that is not idempotent by itself, made so by a key, and the lane where it is not.

use protocol::post::Post;
use serde_json::json;

use crate::helpers::{TestApp, eventually, id, stories};

stories![with Setup::with_faults();
    a_text_is_appended_once_however_often_it_is_asked,
    a_new_content_replaces_the_old_and_its_retry_does_not_undo_a_later_one,
    an_edit_needs_a_key,
    a_key_that_was_used_for_something_else_is_refused,
    an_edit_under_a_stale_tag_is_refused_and_may_be_asked_again,
    only_the_author_may_edit,
    a_deleted_post_cannot_be_edited,
    what_cannot_be_stored_is_refused,
    an_edit_is_told_to_whoever_follows_the_room,
    faults_hit_an_edit_as_they_hit_a_create,
    fifty_copies_at_once_append_once,
    the_control_arm_appends_on_every_arrival,
];

async fn a_text_is_appended_once_however_often_it_is_asked(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "hello").await.assert_created();
    let first = ada.append(id, "edit-1", " you").await;
    let edited = first.assert_status(200).assert_post();
    assert_eq!((edited.content.as_str(), edited.id.as_uuid()), ("hello you", id));
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(first.header("etag"), ada.read(id).await.header("etag"));
    ada.append(id, "edit-2", "!").await.assert_status(200);
    for key in ["edit-1", "\"edit-1\""] {
        let again = ada.append(id, key, " you").await;
        again.assert_replayed();
        // The first answer, though the post has moved on.
        assert_eq!((&again.body, again.header("etag")), (&first.body, first.header("etag")));
    }
    assert_eq!(ada.read(id).await.assert_post().content, "hello you!");
    assert_eq!(app.database.rows().await.len(), 1);
}

async fn a_new_content_replaces_the_old_and_its_retry_does_not_undo_a_later_one(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "a").await.assert_created();
    // Any form of key will do, a UUID too.
    let key = crate::helpers::id().to_string();
    ada.patch(id, &key, &json!({"content": "b"})).await.assert_status(200);
    ada.patch(id, "other", &json!({"content": "c"})).await.assert_status(200);
    ada.patch(id, &key, &json!({"content": "b"})).await.assert_replayed();
    assert_eq!(ada.read(id).await.assert_post().content, "c");
    // Case 5: the create is still the create.
    assert_eq!(ada.put(id, "a").await.assert_replayed().content, "c");
    ada.put(id, "c").await.assert_problem(422, "key-reused");
}

async fn an_edit_needs_a_key(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "hello").await.assert_created();
    let patch = || ada.ask(http::Method::PATCH, format!("/api/posts/{id}")).json(&json!({"append": "!"}));
    patch().await.assert_problem(400, "key-required");
    patch().key("a b").await.assert_problem(400, "key-malformed");
    assert_eq!(ada.read(id).await.assert_post().content, "hello");
}

async fn a_key_that_was_used_for_something_else_is_refused(app: &mut TestApp) {
    let (ada, one, two) = (app.visitor().await, id(), id());
    ada.put(one, "one").await.assert_created();
    ada.put(two, "two").await.assert_created();
    ada.append(one, "key", "!").await.assert_status(200);
    ada.append(one, "key", "?").await.assert_problem(422, "key-reused");
    ada.append(two, "key", "!").await.assert_problem(422, "key-reused");
    ada.patch(one, "key", &json!({"content": "!"})).await.assert_problem(422, "key-reused");
    // Case 3: the other route's answer is never replayed.
    ada.post_with_key("key", "one!").await.assert_problem(422, "key-reused");
    ada.post_with_key("made", "three").await.assert_created();
    ada.append(one, "made", "!").await.assert_problem(422, "key-reused");
    ada.patch(one, "key", &json!({"append": ""})).await.assert_problem(422, "key-reused");
    // A key is its author's: to somebody else it is as good as new.
    let bob = app.visitor().await;
    bob.post_with_key("key", "bob's").await.assert_created();
    assert_eq!(ada.read(one).await.assert_post().content, "one!");
    assert_eq!(ada.read(two).await.assert_post().content, "two");
}

async fn an_edit_under_a_stale_tag_is_refused_and_may_be_asked_again(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "hello").await.assert_created();
    let old = ada.read(id).await.header("etag").unwrap().to_owned();
    ada.append(id, "one", " you").header("if-match", &old).await.assert_status(200);
    let stale = ada.append(id, "two", "!").header("if-match", &old).await;
    let problem = stale.assert_problem(412, "precondition-failed");
    assert!(problem.same_key_safe);
    // The retry of what was applied is a replay, though its tag is stale by its own doing.
    ada.append(id, "one", " you").header("if-match", &old).await.assert_replayed();
    let new = ada.read(id).await.header("etag").unwrap().to_owned();
    assert_ne!(old, new);
    let either = format!("{old}, {new}");
    ada.append(id, "two", "!").header("if-match", &either).await.assert_status(200);
    ada.append(id, "three", "!").header("if-match", "*").await.assert_status(200);
    ada.append(id, "four", "!")
        .header("if-match", "nonsense")
        .await
        .assert_problem(412, "precondition-failed");
    assert_eq!(ada.read(id).await.assert_post().content, "hello you!!");
}

async fn only_the_author_may_edit(app: &mut TestApp) {
    let (ada, bob, id) = (app.visitor().await, app.visitor().await, id());
    ada.put(id, "hello").await.assert_created();
    let foreign = bob.append(id, "key", "!").await;
    let unknown = bob.append(crate::helpers::id(), "key", "!").await;
    foreign.assert_problem(404, "post-not-found");
    unknown.assert_problem(404, "post-not-found");
    assert_eq!(foreign.body, unknown.body);
    ada.delete(id).await.assert_status(200);
    bob.append(id, "key", "!").await.assert_problem(404, "post-not-found");
    app.stranger().append(id, "key", "!").await.assert_problem(401, "not-signed-in");
    // Whoever only tried to edit has left nothing behind.
    assert_eq!(app.database.users().await, 1);
}

async fn a_deleted_post_cannot_be_edited(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "hello").await.assert_created();
    ada.append(id, "before", " secret").await.assert_status(200);
    ada.delete(id).await.assert_status(200);
    for key in ["before", "after"] {
        let gone = ada.append(id, key, " secret").await;
        gone.assert_problem(410, "post-deleted");
    }
    assert_eq!(app.database.kept_answers().await, 0);
}

async fn what_cannot_be_stored_is_refused(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, &"x".repeat(2_047)).await.assert_created();
    let too_long = ada.append(id, "key", "yz").await.assert_problem(422, "invalid-content");
    assert_eq!(too_long.pointer.as_deref(), Some("/append"));
    for text in ["", "\u{0}", &"x".repeat(2_049)] {
        let refused = ada.patch(id, "key", &json!({"content": text})).await;
        let problem = refused.assert_problem(422, "invalid-content");
        assert_eq!(problem.pointer.as_deref(), Some("/content"));
    }
    for body in [json!({}), json!({"content": "a", "append": "b"}), json!({"text": "a"}), json!([])] {
        ada.patch(id, "key", &body).await.assert_problem(400, "malformed-body");
    }
    let form = ada.append(id, "key", "").body("application/x-www-form-urlencoded", "append=y").await;
    form.assert_problem(415, "unsupported-media-type");
    // None of this has spent the key.
    ada.append(id, "key", "y").await.assert_status(200);
    ada.ask(http::Method::PATCH, "/api/posts/nonsense").key("k").await.assert_problem(400, "invalid-id");
}

async fn an_edit_is_told_to_whoever_follows_the_room(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let mut live = app.events("lobby").await;
    ada.put(id, "hello").await.assert_created();
    assert_eq!(live.expect("post").await.post_id(), id);
    ada.append(id, "key", "!").fault("commit-ack-lost").await.assert_status(200);
    let event = live.expect("post").await;
    let post: Post = serde_json::from_str(&event.data).unwrap();
    assert_eq!((post.id.as_uuid(), post.content.as_str()), (id, "hello!"));
}

async fn faults_hit_an_edit_as_they_hit_a_create(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "0").await.assert_created();
    let append = |key: &str, attempt| ada.append(id, key, key).attempt(attempt);
    append("1", 1).fault("reply-lost").attempt_once().await.unwrap_err();
    append("1", 2).await.assert_replayed();
    append("2", 1).fault("rolled-back").await.assert_problem(503, "store-unavailable");
    append("2", 2).await.assert_status(200);
    let found = append("3", 1).fault("commit-ack-lost").await;
    assert_eq!(found.assert_status(200).header("idempotency-replayed"), None);
    append("4", 1).fault("slow; delay=50").await.assert_status(200);
    append("4", 2).fault("request-late; delay=50").await.assert_replayed();
    assert_eq!(ada.read(id).await.assert_post().content, "01234");
}

async fn fifty_copies_at_once_append_once(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "hello").await.assert_created();
    let copies = (0..50).map(|_| ada.on_another_device().append(id, "key", "!").into_future());
    let answers = futures::future::join_all(copies).await;
    let first = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none());
    assert_eq!(first.count(), 1);
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body));
    assert_eq!(ada.read(id).await.assert_post().content, "hello!");
}

/// The same, without a key to know a retry by.
async fn the_control_arm_appends_on_every_arrival(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    let post: protocol::wire::NaivePost = ada.naive_post(run, "hello").await.assert_status(201).json();
    let append = |run, text: &str| {
        ada.ask(http::Method::PATCH, format!("/api/naive/posts/{}", post.id))
            .header("run", &format!("{run}"))
            .key("no-difference")
            .json(&json!({ "append": text }))
    };
    for content in ["hello!", "hello!!"] {
        let row: protocol::wire::NaivePost = append(run, "!").await.assert_status(200).json();
        assert_eq!((row.id, row.content.as_str()), (post.id, content));
    }
    append(run, "?").fault("reply-lost").attempt(2).attempt_once().await.unwrap_err();
    append(run, "?").attempt(3).await.assert_status(200);
    append(run, "+").fault("commit-ack-lost").attempt(4).await.assert_status(200);
    append(run, "-").fault("rolled-back").attempt(5).await.assert_problem(503, "store-unavailable");
    let page: protocol::wire::NaivePage =
        ada.naive_feed(&format!("run={run}")).await.assert_status(200).json();
    assert_eq!(page.posts[0].content, "hello!!??++");
    // Nobody writes into somebody else's experiment.
    append(id(), "!").attempt(6).await.assert_problem(404, "post-not-found");
    append(run, &"x".repeat(2_048)).attempt(7).await.assert_problem(422, "invalid-content");
    append(run, "").attempt(8).json(&json!({"content": "a"})).await.assert_problem(400, "malformed-body");
    eventually("the rows", async || (app.database.naive_rows().await == 1).then_some(())).await;
}
