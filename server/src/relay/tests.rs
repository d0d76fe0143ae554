//! The relay over a real store and a real log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use protocol::post::Room;
use sqlx::{Connection, SqliteConnection};
use tempfile::TempDir;

use super::replay::{feed_hash, replay};
use super::{Relay, Step};
use crate::log::{Log, LogError, Offset, Queue, Reader, Record};
use crate::store::testing::{TestDatabase, append, create, create_by, delete_by, edit, new_id, user};
use crate::store::{Command, Row, Store};
use crate::writer::Breaker;

/// A log whose commits fail as long as they are told to: the server died between applying and committing.
struct Forgetful {
    real: Arc<dyn Log>,
    forgets: AtomicBool,
}

#[async_trait]
impl Log for Forgetful {
    async fn append(&self, records: &[Record]) -> Result<Vec<Offset>, LogError> {
        self.real.append(records).await
    }

    async fn read_from(&self, position: i64) -> Result<Box<dyn Reader>, LogError> {
        self.real.read_from(position).await
    }

    async fn commit(&self, offsets: &[Offset]) -> Result<(), LogError> {
        if self.forgets.load(Ordering::Relaxed) {
            return Err(LogError::Unknown("the server died".into()));
        }
        self.real.commit(offsets).await
    }

    fn queue(&self) -> &Queue {
        self.real.queue()
    }

    async fn ping(&self) -> Result<(), LogError> {
        self.real.ping().await
    }

    async fn close(&self) {
        self.real.close().await;
    }
}

struct Bench {
    relay: Relay,
    store: Arc<dyn Store>,
    log: Arc<Forgetful>,
    folder: TempDir,
    _database: TestDatabase,
}

impl Bench {
    async fn new() -> Self {
        let (database, folder) = (TestDatabase::sqlite(), tempfile::tempdir().unwrap());
        let store = database.store().await;
        let url = format!("sqlite://{}/log.db", folder.path().display());
        let real = crate::log::open(&url).await.unwrap().unwrap();
        let log = Arc::new(Forgetful { real, forgets: AtomicBool::new(false) });
        let relay = Relay::new(Arc::clone(&store), log.clone(), Arc::new(Breaker::default()));
        Self { relay, store, log, folder, _database: database }
    }

    async fn append(&self, commands: impl IntoIterator<Item = Command>) {
        let records: Vec<Record> =
            commands.into_iter().map(|command| Record { command, until_ms: 0 }).collect();
        self.log.append(&records).await.unwrap();
    }

    /// Steps until there is nothing to do, and returns how many records were applied.
    async fn drain(&self) -> usize {
        let mut applied = 0;
        loop {
            match self.relay.step().await {
                Step::Applied(records) => applied += records,
                Step::Empty => return applied,
                Step::Blocked => panic!("blocked"),
            }
        }
    }

    async fn contents(&self) -> Vec<String> {
        let feed = self.store.feed(&Room::lobby(), None, 100).await.unwrap();
        feed.into_iter().rev().map(|(_, post)| post.content).collect()
    }

    async fn execute(&self, statement: &'static str) {
        let url = format!("sqlite://{}/log.db", self.folder.path().display());
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
}

#[tokio::test]
async fn records_are_applied_in_their_order() {
    let bench = Bench::new().await;
    let (kept, gone) = (new_id(), new_id());
    bench
        .append([
            create(kept, "one").into(),
            edit(kept, "edit", append(" two")).into(),
            create(gone, "gone").into(),
            delete_by(1, gone),
            create_by(2, new_id(), "three").into(),
        ])
        .await;
    // A create and what comes after it on the same post are two batches.
    assert_eq!(bench.relay.step().await, Step::Applied(1));
    assert_eq!(bench.drain().await, 4);
    assert_eq!(bench.contents().await, ["one two", "three"]);
    assert_eq!(bench.relay.step().await, Step::Empty);
}

/// Case 74: the consumer crashes between applying and committing its offset.
#[tokio::test]
async fn case_74_what_is_applied_twice_changes_nothing() {
    let bench = Bench::new().await;
    let (kept, gone) = (new_id(), new_id());
    bench.log.forgets.store(true, Ordering::Relaxed);
    bench.append([create(kept, "one").into(), create(gone, "gone").into()]).await;
    assert_eq!(bench.relay.step().await, Step::Blocked);
    let before = feed_hash(&*bench.store).await.unwrap();
    assert_eq!(bench.relay.step().await, Step::Blocked);
    bench.log.forgets.store(false, Ordering::Relaxed);
    assert_eq!(bench.drain().await, 2);
    assert_eq!(feed_hash(&*bench.store).await.unwrap(), before);
    bench.append([edit(kept, "edit", append("!")).into(), delete_by(1, gone)]).await;
    assert_eq!(bench.drain().await, 2);
    for _ in 0..2 {
        let replayed = replay(&*bench.store, &*bench.log, 0).await.unwrap();
        assert_eq!((replayed.records, replayed.applied), (4, 0));
        assert_eq!(replayed.feed_hash_before, replayed.feed_hash_after);
    }
    assert_eq!(bench.contents().await, ["one!"]);
    assert_eq!(bench.relay.counts().refused, 0);
}

/// Case 52: poison is set aside with its reason, and the rest goes on.
#[tokio::test]
async fn case_52_a_record_that_cannot_be_applied_stops_nobody() {
    let bench = Bench::new().await;
    bench.append([create(new_id(), "one").into(), create(new_id(), "two").into()]).await;
    bench.execute("update records set payload = '{\"version\":\"9\"}' where position = 0").await;
    assert_eq!(bench.drain().await, 2);
    assert_eq!(bench.contents().await, ["two"]);
    assert_eq!(bench.relay.counts().refused, 1);
}

#[tokio::test]
async fn a_replay_of_what_was_never_applied_says_so() {
    let bench = Bench::new().await;
    let id = new_id();
    bench.append([create(id, "one").into(), create_by(2, id, "not mine").into()]).await;
    let replayed = replay(&*bench.store, &*bench.log, 0).await.unwrap();
    assert_eq!((replayed.records, replayed.applied), (2, 1));
    assert_ne!(replayed.feed_hash_before, replayed.feed_hash_after);
    assert!(
        matches!(bench.store.find(id).await.unwrap(), Some(Row::Post { post, .. }) if post.user_id == user(1))
    );
    // The relay still has it to do, and to tell its reason.
    assert_eq!(bench.drain().await, 2);
    let rejection = bench.store.dead_letters().rejection(user(2), id).await.unwrap().unwrap();
    assert_eq!(rejection.status, 409);
    assert_eq!(bench.store.dead_letters().rejection(user(1), id).await.unwrap(), None);
}
