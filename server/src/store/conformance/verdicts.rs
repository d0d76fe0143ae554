//! The verdict on every situation of the contract's first table.

use protocol::fingerprint::Fingerprint;
use protocol::post::ImageId;
use protocol::user::display_name;
use uuid::Uuid;

use super::super::testing::{create, create_by, create_in, delete_by, new_id, user};
use super::super::{Command, Create, Row, Verdict};
use super::{Pair, apply};

pub(super) async fn the_first_write_creates_and_a_retry_is_a_replay(stores: Pair) {
    let first = create(new_id(), "hello");
    let Verdict::Created(post) = apply(&stores.one, first.clone()).await else { panic!("not created") };
    assert_eq!(post.author, display_name(user(1)));
    assert_eq!(post.create_timestamp, first.create_timestamp);
    let later = protocol::time::Timestamp::from_unix_ms(1_800_000_000_000);
    let retry = Create { write_id: Uuid::new_v4(), create_timestamp: later, ..first.clone() };
    assert_eq!(apply(&stores.two, retry).await, Verdict::Replayed(post.clone()));
    let found = stores.two.find(first.id).await.unwrap();
    assert!(matches!(found, Some(Row::Post { post: found, .. }) if found == *post));
}

pub(super) async fn case_1_other_content_picture_or_room_is_key_reused(stores: Pair) {
    let id = new_id();
    let Verdict::Created(post) = apply(&stores.one, create(id, "hello")).await else { panic!("not created") };
    let mut pictured = create(id, "hello");
    pictured.post.image_id = Some(ImageId(Uuid::new_v4()));
    pictured.fingerprint = Fingerprint::of_create(&pictured.post);
    for other in [create(id, "other"), create_in("attic", id, "hello"), pictured] {
        assert_eq!(apply(&stores.one, other).await, Verdict::KeyReused);
    }
    let found = stores.one.find(id).await.unwrap();
    assert!(matches!(found, Some(Row::Post { post: found, .. }) if found == *post));
}

pub(super) async fn case_2_someone_elses_id_is_unavailable_whatever_stands_there(stores: Pair) {
    let (standing, deleted, early) = (new_id(), new_id(), new_id());
    apply(&stores.one, create(standing, "hello")).await;
    apply(&stores.one, create(deleted, "hello")).await;
    apply(&stores.one, delete_by(1, deleted)).await;
    apply(&stores.one, delete_by(1, early)).await;
    for id in [standing, deleted, early] {
        for content in ["hello", "other"] {
            assert_eq!(apply(&stores.two, create_by(2, id, content)).await, Verdict::IdUnavailable);
        }
    }
}

pub(super) async fn case_4_a_deleted_post_never_comes_back(stores: Pair) {
    let first = create(new_id(), "hello");
    apply(&stores.one, first.clone()).await;
    assert_eq!(apply(&stores.two, delete_by(1, first.id)).await, Verdict::Deleted);
    assert_eq!(apply(&stores.one, first.clone()).await, Verdict::Gone);
    assert_eq!(apply(&stores.one, create(first.id, "other")).await, Verdict::Gone);
    let again = apply(&stores.one, delete_by(1, first.id)).await;
    assert_eq!(again, Verdict::NothingToDelete { counts_as_new: false });
    let row = Row::Tombstone { author: user(1), was_stored: true };
    assert_eq!(stores.one.find(first.id).await.unwrap(), Some(row));
    assert_eq!(stores.one.feed(&first.post.room, None, 10).await.unwrap(), []);
}

pub(super) async fn a_deletion_that_comes_first_keeps_the_id_for_its_author(stores: Pair) {
    let id = new_id();
    let first = apply(&stores.one, delete_by(1, id)).await;
    assert_eq!(first, Verdict::NothingToDelete { counts_as_new: true });
    let again = apply(&stores.one, delete_by(1, id)).await;
    assert_eq!(again, Verdict::NothingToDelete { counts_as_new: false });
    assert_eq!(apply(&stores.two, create(id, "late")).await, Verdict::Gone);
    assert_eq!(apply(&stores.two, create_by(2, id, "late")).await, Verdict::IdUnavailable);
    let row = Row::Tombstone { author: user(1), was_stored: false };
    assert_eq!(stores.one.find(id).await.unwrap(), Some(row));
}

pub(super) async fn someone_elses_post_cannot_be_deleted_and_leaves_no_tombstone(stores: Pair) {
    let first = create(new_id(), "hello");
    let Verdict::Created(post) = apply(&stores.one, first.clone()).await else { panic!("not created") };
    let refused = apply(&stores.two, delete_by(2, first.id)).await;
    assert_eq!(refused, Verdict::NothingToDelete { counts_as_new: true });
    assert_eq!(apply(&stores.one, first).await, Verdict::Created(post));
}

pub(super) async fn a_picture_that_is_not_there_is_refused_and_an_existing_row_is_judged_first(stores: Pair) {
    let id = new_id();
    let mut pictured = create(id, "hello");
    pictured.post.image_id = Some(ImageId(Uuid::new_v4()));
    pictured.fingerprint = Fingerprint::of_create(&pictured.post);
    assert_eq!(apply(&stores.one, pictured.clone()).await, Verdict::ImageMissing);
    assert_eq!(stores.one.find(id).await.unwrap(), None);
    apply(&stores.one, create_by(2, id, "mine")).await;
    assert_eq!(apply(&stores.one, pictured).await, Verdict::IdUnavailable);
}

pub(super) async fn text_is_stored_verbatim(stores: Pair) {
    for content in [
        "  \n\t",
        "'; drop table posts; --",
        "e\u{301} é 👩‍👩‍👧 שלום",
        "\"\\u0000\" {\"a\":1}",
        "\u{1}\u{7f}\u{ffff}",
    ] {
        let first = create(new_id(), content);
        let Verdict::Created(created) = apply(&stores.one, first.clone()).await else { panic!("{content}") };
        assert_eq!(created.content, content);
        let Verdict::Replayed(read) = apply(&stores.two, create(first.id, content)).await else {
            panic!("{content}")
        };
        assert_eq!(read, created);
    }
    let longest = "👩".repeat(2_048);
    assert!(matches!(apply(&stores.one, create(new_id(), &longest)).await, Verdict::Created(_)));
}

pub(super) async fn a_batch_gives_each_command_its_own_verdict(stores: Pair) {
    let (replayed, reused, foreign, erased) = (new_id(), new_id(), new_id(), new_id());
    for command in
        [create(replayed, "a"), create(reused, "b"), create_by(2, foreign, "c"), create(erased, "d")]
    {
        apply(&stores.one, command).await;
    }
    let batch: Vec<Command> = vec![
        create(new_id(), "new").into(),
        create(replayed, "a").into(),
        delete_by(1, erased),
        create(reused, "other").into(),
        create(foreign, "c").into(),
        delete_by(1, new_id()),
        create_by(3, new_id(), "newer").into(),
    ];
    let verdicts = stores.one.apply(&batch, None).await.unwrap();
    assert!(
        matches!(
            &verdicts[..],
            [
                Verdict::Created(new),
                Verdict::Replayed(_),
                Verdict::Deleted,
                Verdict::KeyReused,
                Verdict::IdUnavailable,
                Verdict::NothingToDelete { counts_as_new: true },
                Verdict::Created(newer),
            ] if new.content == "new" && newer.author == display_name(user(3))
        ),
        "{verdicts:?}"
    );
}

pub(super) async fn case_17_of_32_writers_at_once_one_creates(stores: Pair) {
    let id = new_id();
    let writers = (0..32).map(|number| {
        let store = if number % 2 == 0 { stores.one.clone() } else { stores.two.clone() };
        tokio::spawn(async move { apply(&store, create(id, "hello")).await })
    });
    let verdicts = futures::future::try_join_all(writers).await.unwrap();
    let created = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Created(_))).count();
    let replayed = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Replayed(_))).count();
    assert_eq!((created, replayed), (1, 31), "{verdicts:?}");
}

/// A conflict that no statement names is an error, never a replay of something else; and an update that changes
/// nothing would still write a row.
pub(super) async fn case_21_and_22_an_insert_gives_way_to_its_own_id_alone_and_touches_no_row(stores: Pair) {
    let insert = stores.one.statements().of_batch[0];
    assert!(insert.contains("on conflict (id) do nothing"), "{insert}");
    // A row that the insert gave way to is read afterwards: no row back means neither created nor failed.
    let first = create(new_id(), "hello");
    apply(&stores.one, first.clone()).await;
    let before = stores.one.latest_change().await.unwrap();
    let retry = create(first.id, "hello");
    assert!(matches!(apply(&stores.two, retry).await, Verdict::Replayed(_)));
    assert_eq!(stores.one.latest_change().await.unwrap(), before);
}

pub(super) async fn a_create_and_a_deletion_that_race_end_in_a_tombstone(stores: Pair) {
    for _ in 0..20 {
        let id = new_id();
        let creating = apply(&stores.one, create(id, "hello"));
        let deleting = apply(&stores.two, delete_by(1, id));
        let was_stored = match tokio::join!(creating, deleting) {
            (Verdict::Created(_), Verdict::Deleted) => true,
            (Verdict::Gone, Verdict::NothingToDelete { counts_as_new: true }) => false,
            other => panic!("{other:?}"),
        };
        let row = Row::Tombstone { author: user(1), was_stored };
        assert_eq!(stores.one.find(id).await.unwrap(), Some(row));
    }
}
