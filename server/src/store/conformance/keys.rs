//! Creates under an opaque key: the key, the post and the answer are written together, once.

use protocol::fingerprint::Fingerprint;
use protocol::post::{ImageId, Post};
use uuid::Uuid;

use super::super::testing::{create, create_under, delete_by, new_id, room, user};
use super::super::{Command, Create, DatabaseFault, KeyState, StoreError, Verdict};
use super::{Pair, apply, done, replay_of};

/// The post that an answer tells.
fn told(body: &str) -> Post {
    serde_json::from_str(body).unwrap()
}

pub(super) async fn the_first_under_a_key_creates_and_a_retry_gets_its_bytes(stores: Pair) {
    let first = create_under("order-17", "hello \"you\" é");
    assert_eq!(stores.two.find_key(user(1), "order-17").await.unwrap(), None);
    let answer = done(apply(&stores.one, first.clone()).await);
    let post = told(&answer.body);
    assert_eq!((post.id, post.content.as_str()), (first.id, "hello \"you\" é"));
    assert_eq!(answer.status, 201);
    assert_eq!(answer.headers["location"], format!("/api/posts/{}", first.id));
    // The retry brings an id and a time of its own, and both are passed over.
    let later = protocol::time::Timestamp::from_unix_ms(1_800_000_000_000);
    let retry = Create { create_timestamp: later, ..create_under("order-17", "hello \"you\" é") };
    assert_eq!(apply(&stores.two, retry).await, replay_of(&answer));
    assert_eq!(stores.two.find_key(user(1), "order-17").await.unwrap(), Some(KeyState { gone: false }));
    let feed = stores.one.feed(&post.room, None, 10).await.unwrap();
    assert_eq!(feed.into_iter().map(|(_, post)| post).collect::<Vec<_>>(), [post]);
}

pub(super) async fn a_key_belongs_to_its_author_and_tells_case(stores: Pair) {
    done(apply(&stores.one, create_under("key", "hello")).await);
    done(apply(&stores.one, Create { author: user(2), ..create_under("key", "hello") }).await);
    done(apply(&stores.two, create_under("Key", "hello")).await);
    assert_eq!(stores.one.latest_change().await.unwrap(), 3);
}

pub(super) async fn another_post_under_a_key_is_key_reused(stores: Pair) {
    let answer = done(apply(&stores.one, create_under("key", "hello")).await);
    let mut elsewhere = create_under("key", "hello");
    elsewhere.post.room = room("attic");
    elsewhere.fingerprint = Fingerprint::of_create(&elsewhere.post);
    for other in [create_under("key", "other"), elsewhere] {
        assert_eq!(apply(&stores.two, other).await, Verdict::KeyReused);
    }
    assert_eq!(apply(&stores.two, create_under("key", "hello")).await, replay_of(&answer));
    assert_eq!(stores.one.latest_change().await.unwrap(), 1);
}

pub(super) async fn a_deletion_erases_the_answer_and_keeps_the_key(stores: Pair) {
    let first = create_under("key", "hello");
    let answer = done(apply(&stores.one, first.clone()).await);
    apply(&stores.one, delete_by(2, first.id)).await;
    assert_eq!(apply(&stores.two, create_under("key", "hello")).await, replay_of(&answer));
    assert_eq!(apply(&stores.one, delete_by(1, first.id)).await, Verdict::Deleted);
    for content in ["hello", "other"] {
        assert_eq!(apply(&stores.two, create_under("key", content)).await, Verdict::Gone);
    }
    assert_eq!(stores.one.find_key(user(1), "key").await.unwrap(), Some(KeyState { gone: true }));
}

pub(super) async fn a_missing_picture_leaves_the_key_free(stores: Pair) {
    let mut pictured = create_under("key", "hello");
    pictured.post.image_id = Some(ImageId(Uuid::new_v4()));
    pictured.fingerprint = Fingerprint::of_create(&pictured.post);
    assert_eq!(apply(&stores.one, pictured).await, Verdict::ImageMissing);
    done(apply(&stores.one, create_under("key", "hello")).await);
}

pub(super) async fn case_26_a_lost_commit_answer_leaves_a_key_that_its_command_recognises(stores: Pair) {
    let first = create_under("key", "hello");
    let lost = stores.one.apply(&[first.clone().into()], Some(DatabaseFault::CommitAckLost)).await;
    assert!(matches!(lost, Err(StoreError::Unknown(_))));
    let answer = done(apply(&stores.two, first.clone()).await);
    assert_eq!(told(&answer.body).id, first.id);
    assert_eq!(apply(&stores.one, create_under("key", "hello")).await, replay_of(&answer));
}

pub(super) async fn a_rolled_back_claim_leaves_the_key_free(stores: Pair) {
    for fault in [DatabaseFault::ConnectRefused, DatabaseFault::RolledBack] {
        let refused = stores.one.apply(&[create_under("key", "hello").into()], Some(fault)).await;
        assert!(matches!(refused, Err(StoreError::NotApplied(_))));
        assert_eq!(stores.one.find_key(user(1), "key").await.unwrap(), None);
    }
    done(apply(&stores.one, create_under("key", "other")).await);
}

pub(super) async fn of_32_claims_at_once_one_creates(stores: Pair) {
    let claims = (0..32).map(|number| {
        let store = if number % 2 == 0 { stores.one.clone() } else { stores.two.clone() };
        tokio::spawn(async move { apply(&store, create_under("key", "hello")).await })
    });
    let verdicts = futures::future::try_join_all(claims).await.unwrap();
    let created = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Done { replayed: false, .. }));
    assert_eq!(created.count(), 1, "{verdicts:?}");
    assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Done { .. })), "{verdicts:?}");
    assert_eq!(stores.one.latest_change().await.unwrap(), 1);
}

pub(super) async fn a_batch_mixes_keys_and_ids(stores: Pair) {
    let old = create(new_id(), "old");
    apply(&stores.one, old.clone()).await;
    let answer = done(apply(&stores.one, create_under("used", "hello")).await);
    let batch: [Command; 5] = [
        create_under("new", "a").into(),
        create_under("used", "hello").into(),
        old.into(),
        create_under("newer", "b").into(),
        create(new_id(), "c").into(),
    ];
    let verdicts = stores.one.apply(&batch, None).await.unwrap();
    assert!(
        matches!(
            &verdicts[..],
            [
                Verdict::Done { replayed: false, answer: new },
                used,
                Verdict::Created(_),
                Verdict::Done { replayed: false, answer: newer },
                Verdict::Created(_),
            ] if *used == replay_of(&answer) && new.body.contains("\"a\"") && newer.body.contains("\"b\"")
        ),
        "{verdicts:?}"
    );
    let feed = stores.two.feed(&room("lobby"), None, 10).await.unwrap();
    let contents: Vec<String> = feed.into_iter().map(|(_, post)| post.content).collect();
    assert_eq!(contents, ["c", "b", "a", "hello", "old"]);
}
