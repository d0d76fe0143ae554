//! What only this store has: a file that has to survive a power cut, and a commit that goes along with its batch.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use sqlx::AssertSqlSafe;
use tokio::time::Instant;

use crate::store::testing::{TestDatabase, create, create_by, new_id};
use crate::store::{Command, Create, Store, StoreError, Verdict};

use super::connection::WriteConnection;
use super::{SqliteStore, create as at_once};

async fn store(database: &TestDatabase) -> SqliteStore {
    let store = SqliteStore::open(&database.url).unwrap();
    store.migrate().await.unwrap();
    store
}

async fn create_one(store: &SqliteStore, create: Create) -> Verdict {
    store.apply(&[create.into()], None).await.unwrap().remove(0)
}

/// The write connection, out of its slot for good.
async fn writer(store: &SqliteStore) -> WriteConnection {
    store.writer(None).await.unwrap().1
}

/// Whether a new connection was made since `mark` was left in the one there was.
async fn is_marked(store: &SqliteStore, mark: Option<i64>) -> bool {
    let (mut slot, mut writer) = store.writer(None).await.unwrap();
    if let Some(mark) = mark {
        let mark = AssertSqlSafe(format!("pragma analysis_limit = {mark}"));
        sqlx::query(mark).execute(&mut *writer).await.unwrap();
    }
    let found = sqlx::query_scalar::<_, i64>("pragma analysis_limit").fetch_one(&mut *writer).await.unwrap();
    *slot = Some(writer);
    found == 77
}

#[tokio::test]
async fn case_28_what_was_acknowledged_survives_a_power_cut() {
    let database = TestDatabase::sqlite();
    let mut writer = writer(&store(&database).await).await;
    let synchronous: i64 = sqlx::query_scalar("pragma synchronous").fetch_one(&mut *writer).await.unwrap();
    let journal: String = sqlx::query_scalar("pragma journal_mode").fetch_one(&mut *writer).await.unwrap();
    // 2 is FULL: a commit is on the disk before it is answered, also with a write-ahead log.
    assert_eq!((synchronous, journal.as_str()), (2, "wal"));
}

/// Writes a post at once, over a connection whose commits ask `hook`, and gives up on it after a tenth of a second.
async fn hurried(store: &SqliteStore, create: &Create, hook: impl Hook) -> Result<(), StoreError> {
    let mut writer = writer(store).await;
    let gate = Arc::clone(&writer.gate);
    writer.lock_handle().await.unwrap().set_commit_hook(move || hook(&mut || gate.lets_through()));
    let batch = [create.clone().into()];
    let deadline = Instant::now() + Duration::from_millis(100);
    at_once::store(&mut writer, &batch, &[create], deadline).await.map(drop)
}

trait Hook: Fn(&mut dyn FnMut() -> bool) -> bool + Send + 'static {}

impl<F: Fn(&mut dyn FnMut() -> bool) -> bool + Send + 'static> Hook for F {}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_up_on_before_its_commit_is_certainly_not_stored() {
    let database = TestDatabase::sqlite();
    let store = store(&database).await;
    let create = create(new_id(), "hello");
    let (go_on, wait) = channel::<()>();
    let (done, after) = channel();
    let gave_up = hurried(&store, &create, move |passes| {
        let _ = wait.recv();
        let passes = passes();
        let _ = done.send(passes);
        passes
    });
    assert!(matches!(gave_up.await, Err(StoreError::NotApplied(_))));
    // SQLite's thread only gets to the commit when nobody waits for it.
    drop(go_on);
    assert_eq!(after.recv(), Ok(false));
    assert_eq!(
        create_one(&store, create.clone()).await,
        Verdict::Created(Arc::new(create.stored_as("Teal Heron".into())))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_up_on_during_its_commit_is_unknown_and_may_be_stored() {
    let database = TestDatabase::sqlite();
    let store = store(&database).await;
    let create = create(new_id(), "hello");
    let (go_on, wait) = channel::<()>();
    let gave_up = hurried(&store, &create, move |passes| {
        let passes = passes();
        let _ = wait.recv();
        passes
    });
    assert!(matches!(gave_up.await, Err(StoreError::Unknown(_))));
    drop(go_on);
    // Its own row, or a new one where SQLite had not come to an end.
    assert!(matches!(create_one(&store, create.clone()).await, Verdict::Created(_)));
    assert!(store.find(create.id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_commit_that_fails_is_unknown() {
    let database = TestDatabase::sqlite();
    let store = store(&database).await;
    let create = create(new_id(), "hello");
    let failed = hurried(&store, &create, |passes| {
        passes();
        false
    });
    let error = failed.await.unwrap_err();
    assert!(matches!(error, StoreError::Unknown(_)) && error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_batch_that_waits_for_another_process_too_long_is_not_stored() {
    let database = TestDatabase::sqlite();
    let (store, other) = (store(&database).await, store(&database).await);
    let mut other = writer(&other).await;
    sqlx::query("begin immediate").execute(&mut *other).await.unwrap();
    let create = create(new_id(), "hello");
    let gave_up = hurried(&store, &create, |passes| passes()).await;
    assert!(matches!(gave_up, Err(StoreError::NotApplied(_))));
    sqlx::query("rollback").execute(&mut *other).await.unwrap();
    assert_eq!(store.find(create.id).await.unwrap(), None);
}

#[tokio::test]
async fn numbers_that_another_process_drew_cost_no_connection_and_keep_their_order() {
    let database = TestDatabase::sqlite();
    let (one, two) = (store(&database).await, store(&database).await);
    let replayed = create(new_id(), "hello");
    create_one(&one, replayed.clone()).await;
    is_marked(&one, Some(77)).await;
    for _ in 0..3 {
        // The number of the replay is left out.
        let (new, next) = (create(new_id(), "two"), create(new_id(), "one"));
        let verdicts = two.apply(&[replayed.clone().into(), new.into()], None).await.unwrap();
        assert!(matches!(verdicts[1], Verdict::Created(_)), "{verdicts:?}");
        let newest = two.latest_change().await.unwrap();
        assert!(matches!(create_one(&one, next).await, Verdict::Created(_)));
        assert_eq!(one.latest_change().await.unwrap(), newest + 1);
    }
    assert!(is_marked(&one, None).await);
}

#[tokio::test]
async fn an_author_whose_row_is_gone_gets_a_new_one() {
    let database = TestDatabase::sqlite();
    let store = store(&database).await;
    create_one(&store, create(new_id(), "hello")).await;
    let (mut slot, mut writer) = store.writer(None).await.unwrap();
    for statement in ["delete from posts", "delete from users"] {
        sqlx::query(statement).execute(&mut *writer).await.unwrap();
    }
    *slot = Some(writer);
    drop(slot);
    assert!(matches!(create_one(&store, create(new_id(), "again")).await, Verdict::Created(_)));
}

#[tokio::test]
async fn a_batch_of_several_statements_gives_each_command_its_own_verdict() {
    let database = TestDatabase::sqlite();
    let store = store(&database).await;
    let (mine, others) = (create(new_id(), "hello"), create_by(2, new_id(), "hello"));
    for create in [&mine, &others] {
        create_one(&store, create.clone()).await;
    }
    let newest = store.latest_change().await.unwrap();
    let mut batch: Vec<Command> = (0..200).map(|author| create_by(author, new_id(), "many").into()).collect();
    batch[3] = create(mine.id, "hello").into();
    batch[100] = create(others.id, "hello").into();
    let verdicts = store.apply(&batch, None).await.unwrap();
    for (at, verdict) in verdicts.iter().enumerate() {
        match at {
            3 => assert!(matches!(verdict, Verdict::Replayed(_)), "{verdict:?}"),
            100 => assert_eq!(*verdict, Verdict::IdUnavailable),
            _ => assert!(matches!(verdict, Verdict::Created(_)), "{at}: {verdict:?}"),
        }
    }
    let changes = store.all_changes(newest, 1_000).await.unwrap();
    assert_eq!(changes.len(), 198);
    assert_eq!(changes.last().map(|change| change.change), Some(newest + 200));
}

#[tokio::test]
async fn posts_are_looked_for_first_while_most_are_retries() {
    let database = TestDatabase::sqlite();
    let store = store(&database).await;
    let retries = async || store.writer.lock().await.as_ref().unwrap().known.retries;
    let stored: Vec<_> = (0..4).map(|_| new_id()).collect();
    let mut seen = Vec::new();
    for retried in [4, 4, 4, 3, 2] {
        let ids = stored.iter().copied().take(retried).chain((retried..4).map(|_| new_id()));
        let batch: Vec<Command> = ids.map(|id| create(id, "hello").into()).collect();
        let verdicts = store.apply(&batch, None).await.unwrap();
        let replayed = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Replayed(_))).count();
        seen.push((replayed, retries().await));
    }
    assert_eq!(seen, [(0, false), (4, true), (4, true), (3, true), (2, false)]);
}
