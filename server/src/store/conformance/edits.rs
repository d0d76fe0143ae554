//! Edits: applied once per key, by the author, to a post that is there.

use protocol::post::{Post, Revision, Room};

use super::super::testing::{append, create, create_under, delete_by, edit, new_id, user};
use super::super::{Changed, DatabaseFault, Edit, IfMatch, Row, StoreError, Verdict};
use super::{Pair, apply, done, replay_of};

async fn content(stores: &Pair, id: protocol::key::PostId) -> String {
    match stores.two.find(id).await.unwrap() {
        Some(Row::Post { post, .. }) => post.content,
        other => panic!("{other:?}"),
    }
}

pub(super) async fn an_edit_is_applied_once_and_its_retry_gets_its_bytes(stores: Pair) {
    let id = new_id();
    apply(&stores.one, create(id, "hello")).await;
    let first = done(apply(&stores.one, edit(id, "k1", append(" you"))).await);
    let post: Post = serde_json::from_str(&first.body).unwrap();
    assert_eq!((first.status, post.content.as_str()), (200, "hello you"));
    assert_eq!(first.headers["etag"], "\"2\"");
    let second = done(apply(&stores.two, edit(id, "k2", append("!"))).await);
    assert!(second.body.contains("hello you!"));
    assert_eq!(apply(&stores.two, edit(id, "k1", append(" you"))).await, replay_of(&first));
    assert_eq!(content(&stores, id).await, "hello you!");
    let third = edit(id, "k3", Revision::Content("anew".to_owned()));
    let lost = stores.one.apply(&[third.clone().into()], Some(DatabaseFault::CommitAckLost)).await;
    assert!(matches!(lost, Err(StoreError::Unknown(_))));
    assert!(done(apply(&stores.one, third).await).body.contains("anew"));
    assert_eq!(content(&stores, id).await, "anew");
}

pub(super) async fn an_edit_of_nothing_of_ones_own_is_not_found(stores: Pair) {
    let (mine, deleted) = (new_id(), new_id());
    apply(&stores.one, create(mine, "hello")).await;
    apply(&stores.one, create(deleted, "hello")).await;
    apply(&stores.one, delete_by(1, deleted)).await;
    for id in [mine, deleted, new_id()] {
        let foreign = Edit { author: user(2), ..edit(id, "key", append("!")) };
        assert_eq!(apply(&stores.two, foreign).await, Verdict::NotFound);
    }
    assert_eq!(stores.one.find_key(user(2), "key").await.unwrap(), None);
    assert_eq!(content(&stores, mine).await, "hello");
}

pub(super) async fn an_edit_of_a_deleted_post_is_gone(stores: Pair) {
    let id = new_id();
    apply(&stores.one, create(id, "hello")).await;
    done(apply(&stores.one, edit(id, "before", append("!"))).await);
    apply(&stores.one, delete_by(1, id)).await;
    assert_eq!(apply(&stores.one, edit(id, "after", append("!"))).await, Verdict::Gone);
    assert_eq!(apply(&stores.one, edit(id, "before", append("!"))).await, Verdict::Gone);
    assert_eq!(stores.one.find_key(user(1), "after").await.unwrap(), None);
}

pub(super) async fn a_stale_tag_is_refused_and_leaves_the_key_free(stores: Pair) {
    let id = new_id();
    apply(&stores.one, create(id, "hello")).await;
    let when = |changes: &[i64]| Edit {
        if_match: Some(IfMatch::Changes(changes.to_vec())),
        ..edit(id, "key", append("!"))
    };
    for stale in [&[][..], &[7, 8]] {
        assert_eq!(apply(&stores.one, when(stale)).await, Verdict::Stale);
    }
    assert_eq!(stores.one.find_key(user(1), "key").await.unwrap(), None);
    let answer = done(apply(&stores.one, when(&[7, 1])).await);
    // The tag is stale by its own doing, and the retry is a retry all the same.
    assert_eq!(apply(&stores.two, when(&[7, 1])).await, replay_of(&answer));
    let any = Edit { if_match: Some(IfMatch::Any), ..edit(id, "any", append("?")) };
    assert!(done(apply(&stores.two, any).await).body.contains("hello!?"));
}

pub(super) async fn what_would_be_too_long_is_refused(stores: Pair) {
    let id = new_id();
    apply(&stores.one, create(id, &"x".repeat(2_047))).await;
    assert_eq!(apply(&stores.one, edit(id, "key", append("yz"))).await, Verdict::TooLong);
    done(apply(&stores.one, edit(id, "key", append("y"))).await);
}

pub(super) async fn a_key_used_for_one_thing_cannot_be_used_for_another(stores: Pair) {
    let (one, two) = (create_under("made", "hello"), new_id());
    let made = done(apply(&stores.one, one.clone()).await);
    apply(&stores.one, create(two, "hello")).await;
    done(apply(&stores.one, edit(two, "edited", append("!"))).await);
    for other in [
        edit(one.id, "made", append("!")),
        edit(one.id, "edited", append("!")),
        edit(two, "edited", append("?")),
        edit(two, "edited", Revision::Content("!".to_owned())),
    ] {
        assert_eq!(apply(&stores.one, other).await, Verdict::KeyReused);
    }
    assert_eq!(apply(&stores.one, create_under("edited", "hello!")).await, Verdict::KeyReused);
    assert_eq!(apply(&stores.one, create_under("made", "hello")).await, replay_of(&made));
    assert_eq!(content(&stores, two).await, "hello!");
}

pub(super) async fn an_edit_moves_the_change_and_not_the_place(stores: Pair) {
    let (one, two) = (new_id(), new_id());
    apply(&stores.one, create(one, "one")).await;
    apply(&stores.one, create(two, "two")).await;
    done(apply(&stores.one, edit(one, "key", append("!"))).await);
    let feed = stores.two.feed(&Room::lobby(), None, 10).await.unwrap();
    assert_eq!(feed.iter().map(|(_, post)| post.id).collect::<Vec<_>>(), [two, one]);
    let changes = stores.two.changes(&Room::lobby(), 2, 10).await.unwrap();
    assert_eq!((changes.len(), changes[0].change), (1, 3));
    assert!(matches!(&changes[0].what, Changed::Post(post) if post.content == "one!"));
}

pub(super) async fn case_5_a_retried_create_finds_the_edited_post(stores: Pair) {
    let (by_id, by_key) = (create(new_id(), "hello"), create_under("key", "hello"));
    apply(&stores.one, by_id.clone()).await;
    let answer = done(apply(&stores.one, by_key.clone()).await);
    for (number, id) in [by_id.id, by_key.id].into_iter().enumerate() {
        done(apply(&stores.one, edit(id, &format!("edit-{number}"), append("!"))).await);
    }
    let Verdict::Replayed(post) = apply(&stores.two, create(by_id.id, "hello")).await else { panic!() };
    assert_eq!(post.content, "hello!");
    assert_eq!(apply(&stores.two, create_under("key", "hello")).await, replay_of(&answer));
}
