//! Failures at the database hop are real ones, and the rows afterwards show it.

use protocol::time::Timestamp;

use super::super::testing::{create, delete_by, new_id};
use super::super::{Create, DatabaseFault, NaiveInsert, Row, StoreError, Verdict, open};
use super::{Pair, apply};

pub(super) async fn a_refused_connection_leaves_no_row(stores: Pair) {
    leaves_no_row(stores, DatabaseFault::ConnectRefused).await;
}

pub(super) async fn a_rolled_back_insert_leaves_no_row(stores: Pair) {
    leaves_no_row(stores, DatabaseFault::RolledBack).await;
}

async fn leaves_no_row(stores: Pair, fault: DatabaseFault) {
    let first = create(new_id(), "hello");
    let error = stores.one.apply(&[first.clone().into()], Some(fault)).await.unwrap_err();
    assert!(matches!(error, StoreError::NotApplied(_)) && error.is_transient(), "{error}");
    assert_eq!(stores.one.find(first.id).await.unwrap(), None);
    assert!(matches!(apply(&stores.one, first).await, Verdict::Created(_)));
}

pub(super) async fn case_26_a_lost_commit_answer_leaves_a_row_that_its_command_recognises(stores: Pair) {
    let first = create(new_id(), "hello");
    let lost = Some(DatabaseFault::CommitAckLost);
    let error = stores.one.apply(&[first.clone().into()], lost).await.unwrap_err();
    assert!(matches!(error, StoreError::Unknown(_)) && error.is_transient(), "{error}");
    assert!(matches!(stores.two.find(first.id).await.unwrap(), Some(Row::Post { .. })));
    let Verdict::Created(post) = apply(&stores.one, first.clone()).await else { panic!("not recognised") };
    assert_eq!(apply(&stores.one, create(first.id, "hello")).await, Verdict::Replayed(post));
}

pub(super) async fn a_lost_answer_to_a_deletion_is_recognised(stores: Pair) {
    let (stored, unseen) = (new_id(), new_id());
    apply(&stores.one, create(stored, "hello")).await;
    for (id, expected) in
        [(stored, Verdict::Deleted), (unseen, Verdict::NothingToDelete { counts_as_new: true })]
    {
        let delete = delete_by(1, id);
        let lost = stores.one.apply(std::slice::from_ref(&delete), Some(DatabaseFault::CommitAckLost)).await;
        assert!(matches!(lost, Err(StoreError::Unknown(_))));
        assert_eq!(apply(&stores.one, delete).await, expected);
    }
}

pub(super) async fn the_control_arm_doubles_when_a_commit_answer_is_lost(stores: Pair) {
    let post = create(new_id(), "hello").post;
    let room = post.room.clone();
    let row = NaiveInsert { post, run: None, create_timestamp: Timestamp::from_unix_ms(1) };
    for (fault, rows) in [
        (DatabaseFault::ConnectRefused, 0),
        (DatabaseFault::RolledBack, 0),
        (DatabaseFault::CommitAckLost, 1),
    ] {
        stores.one.insert_naive(&row, Some(fault)).await.unwrap_err();
        assert_eq!(
            stores.one.naive_feed(Some(&room), None, None, 10).await.unwrap().len(),
            rows,
            "{fault:?}"
        );
    }
    stores.one.insert_naive(&row, None).await.unwrap();
    assert_eq!(stores.one.naive_feed(Some(&room), None, None, 10).await.unwrap().len(), 2);
}

pub(super) async fn a_spoiled_batch_stores_nothing_and_is_no_transient_failure(stores: Pair) {
    let good = create(new_id(), "hello");
    // Content that no request can bring: the checks of the contract stand before the store.
    let mut poison = create(new_id(), "x");
    poison.post.content = "x".repeat(2_049);
    let batch = [good.clone().into(), Create { ..poison }.into()];
    let error = stores.one.apply(&batch, None).await.unwrap_err();
    assert!(matches!(error, StoreError::NotApplied(_)) && !error.is_transient(), "{error}");
    assert_eq!(stores.one.find(good.id).await.unwrap(), None);
    assert!(matches!(apply(&stores.one, good).await, Verdict::Created(_)));
}

pub(super) async fn migrating_twice_changes_nothing(stores: Pair) {
    let first = create(new_id(), "hello");
    apply(&stores.one, first.clone()).await;
    stores.one.migrate().await.unwrap();
    stores.two.migrate().await.unwrap();
    assert!(stores.two.find(first.id).await.unwrap().is_some());
    stores.two.ping().await.unwrap();
    stores.two.close().await;
    assert!(stores.two.ping().await.is_err());
}

pub(super) async fn a_store_that_cannot_reach_its_database_says_not_applied(stores: Pair) {
    let url = match stores.database.url.split_once("://") {
        Some(("sqlite", path)) => format!("sqlite://{path}/beneath-a-file.db"),
        _ => "postgres://postgres@127.0.0.1:1/posts".to_owned(),
    };
    let away = open(&url).unwrap();
    for error in [
        away.migrate().await.unwrap_err(),
        away.ping().await.unwrap_err(),
        away.apply(&[create(new_id(), "hello").into()], None).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::NotApplied(_)) && error.is_transient(), "{error}");
    }
}
