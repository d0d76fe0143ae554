//! The writer over a real SQLite store. Where a failure is needed that no request can ask for, a wrapper around
//! that store brings it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use protocol::fault::Tries;
use protocol::key::PostId;
use protocol::post::{Post, Room};
use protocol::problem::Outcome;
use protocol::time::Timestamp;
use protocol::user::UserId;
use protocol::wire::NaivePost;
use tokio::sync::{Semaphore, broadcast};
use uuid::Uuid;

use super::{Answer, Breaker, Injected, Queueing, WriteError, Writer};
use crate::ledger::Witness;
use crate::store::Command;
use crate::store::museum::MuseumStore;
use crate::store::testing::{TestDatabase, create, delete_by, new_id};
use crate::store::{
    Change, ChangeNotice, Create, DatabaseFault, DeadLetters, KeyState, NaiveAppend, NaiveAppended,
    NaiveInsert, Row, Store, StoreError, Verdict,
};

/// What goes wrong with a batch, in this order; then nothing more does.
#[derive(Clone, Copy)]
enum Mishap {
    Busy,
    /// The batch is applied, and its answer lost.
    AnswerLost,
}

/// A real store that can be made to wait and to fail.
struct Troubled {
    real: Arc<dyn Store>,
    mishaps: Mutex<VecDeque<Mishap>>,
    gate: Semaphore,
}

fn lost() -> sqlx::Error {
    sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into())
}

#[async_trait]
impl Store for Troubled {
    async fn migrate(&self) -> Result<(), StoreError> {
        self.real.migrate().await
    }

    async fn apply(
        &self,
        batch: &[Command],
        fault: Option<DatabaseFault>,
    ) -> Result<Vec<Verdict>, StoreError> {
        let _open = self.gate.acquire().await.unwrap();
        let mishap = self.mishaps.lock().unwrap().pop_front();
        match mishap {
            Some(Mishap::Busy) => Err(StoreError::NotApplied(lost())),
            Some(Mishap::AnswerLost) => {
                self.real.apply(batch, fault).await?;
                Err(StoreError::Unknown(lost()))
            }
            None => self.real.apply(batch, fault).await,
        }
    }

    async fn find(&self, id: PostId) -> Result<Option<Row>, StoreError> {
        self.real.find(id).await
    }

    async fn find_key(&self, author: UserId, key: &str) -> Result<Option<KeyState>, StoreError> {
        self.real.find_key(author, key).await
    }

    async fn feed(
        &self,
        room: &Room,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<(i64, Post)>, StoreError> {
        self.real.feed(room, before, limit).await
    }

    async fn changes(&self, room: &Room, after: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
        self.real.changes(room, after, limit).await
    }

    async fn all_changes(&self, after: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
        self.real.all_changes(after, limit).await
    }

    async fn latest_change(&self) -> Result<i64, StoreError> {
        self.real.latest_change().await
    }

    fn notices(&self) -> broadcast::Receiver<ChangeNotice> {
        self.real.notices()
    }

    async fn insert_naive(
        &self,
        row: &NaiveInsert,
        fault: Option<DatabaseFault>,
    ) -> Result<NaivePost, StoreError> {
        self.real.insert_naive(row, fault).await
    }

    async fn append_naive(
        &self,
        append: &NaiveAppend,
        fault: Option<DatabaseFault>,
    ) -> Result<NaiveAppended, StoreError> {
        self.real.append_naive(append, fault).await
    }

    async fn naive_feed(
        &self,
        room: Option<&Room>,
        run: Option<Uuid>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<NaivePost>, StoreError> {
        self.real.naive_feed(room, run, before, limit).await
    }

    fn statements(&self) -> crate::store::Statements {
        self.real.statements()
    }

    fn dead_letters(&self) -> &dyn DeadLetters {
        self.real.dead_letters()
    }

    fn museum(&self) -> &dyn MuseumStore {
        self.real.museum()
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.real.ping().await
    }

    async fn close(&self) {
        self.real.close().await;
    }
}

struct Bench {
    writer: Writer,
    store: Arc<Troubled>,
    _database: TestDatabase,
}

impl Bench {
    /// A writer whose store fails as told, and lets nothing through while the gate is shut.
    async fn with(mishaps: &[Mishap], gate_open: bool) -> Self {
        let database = TestDatabase::sqlite();
        let store = Arc::new(Troubled {
            real: database.store().await,
            mishaps: Mutex::new(mishaps.iter().copied().collect()),
            gate: Semaphore::new(usize::from(gate_open)),
        });
        Self {
            writer: Writer::start(store.clone(), None, Arc::new(Breaker::default())),
            store,
            _database: database,
        }
    }

    /// Submits from a task of its own and returns once the writer has accepted it.
    async fn submit(
        &self,
        command: impl Into<Command>,
    ) -> tokio::task::JoinHandle<Result<Answer, WriteError>> {
        let (writer, command) = (self.writer.clone(), command.into());
        let before = self.writer.in_flight();
        let task =
            tokio::spawn(
                async move { writer.submit(command, Queueing::IfAway, None, &Witness::default()).await },
            );
        while self.writer.in_flight() == before {
            tokio::task::yield_now().await;
        }
        task
    }

    async fn rows(&self) -> usize {
        self.store.feed(&Room::lobby(), None, 10_000).await.unwrap().len()
    }

    /// What holds whenever nothing is under way.
    async fn ends_with(&self, rows: usize) {
        assert_eq!(self.rows().await, rows);
        assert_eq!(self.writer.in_flight(), 0);
    }
}

fn always(fault: DatabaseFault) -> Option<Injected> {
    Some(Injected { fault, tries: Tries::All })
}

fn first(tries: u8, fault: DatabaseFault) -> Option<Injected> {
    Some(Injected { fault, tries: Tries::First(tries) })
}

#[tokio::test]
async fn what_waits_is_written_in_one_batch() {
    let bench = Bench::with(&[], false).await;
    let mut tasks = vec![bench.submit(create(new_id(), "opens the way")).await];
    for number in 0..100 {
        tasks.push(bench.submit(create(new_id(), &number.to_string())).await);
    }
    bench.store.gate.add_permits(1);
    for answer in futures::future::try_join_all(tasks).await.unwrap() {
        assert!(matches!(answer.unwrap().verdict, Verdict::Created(_)));
    }
    assert!(bench.writer.counts().batches <= 3, "{:?}", bench.writer.counts());
    bench.ends_with(101).await;
}

#[tokio::test]
async fn duplicates_fold_into_one_command_and_the_first_is_the_creator() {
    let bench = Bench::with(&[], false).await;
    let opener = bench.submit(create(new_id(), "opens the way")).await;
    let id = new_id();
    let mut tasks = Vec::new();
    for _ in 0..50 {
        tasks.push(bench.submit(create(id, "hello")).await);
    }
    bench.store.gate.add_permits(1);
    let answers = futures::future::try_join_all(tasks).await.unwrap();
    assert!(matches!(answers[0], Ok(Answer { verdict: Verdict::Created(_), attached: false })));
    for answer in &answers[1..] {
        assert!(matches!(answer, Ok(Answer { verdict: Verdict::Replayed(_), attached: true })), "{answer:?}");
    }
    opener.await.unwrap().unwrap();
    bench.ends_with(2).await;
}

#[tokio::test]
async fn case_18_another_command_on_the_same_id_is_answered_once_the_first_is_known() {
    let bench = Bench::with(&[], false).await;
    let opener = bench.submit(create(new_id(), "opens the way")).await;
    let id = new_id();
    let created = bench.submit(create(id, "hello")).await;
    let reused = bench.submit(create(id, "other")).await;
    let deleted = bench.submit(delete_by(1, id)).await;
    // Equal to the first, yet behind the deletion: it must not overtake it.
    let gone = bench.submit(create(id, "hello")).await;
    bench.store.gate.add_permits(1);
    opener.await.unwrap().unwrap();
    assert!(matches!(created.await.unwrap().unwrap().verdict, Verdict::Created(_)));
    assert_eq!(reused.await.unwrap().unwrap().verdict, Verdict::KeyReused);
    assert_eq!(deleted.await.unwrap().unwrap().verdict, Verdict::Deleted);
    assert_eq!(gone.await.unwrap().unwrap().verdict, Verdict::Gone);
    bench.ends_with(1).await;
}

#[tokio::test]
async fn case_23_a_client_that_hangs_up_cancels_nothing() {
    let bench = Bench::with(&[], false).await;
    let left = create(new_id(), "hello");
    bench.submit(left.clone()).await.abort();
    bench.store.gate.add_permits(1);
    bench.writer.shutdown().await;
    assert!(matches!(bench.store.find(left.id).await.unwrap(), Some(Row::Post { .. })));
    bench.ends_with(1).await;
}

#[tokio::test]
async fn case_30_a_transient_failure_is_tried_again() {
    let bench = Bench::with(&[Mishap::Busy, Mishap::Busy], true).await;
    let answer = bench
        .writer
        .submit(create(new_id(), "hello").into(), Queueing::IfAway, None, &Witness::default())
        .await
        .unwrap();
    assert!(matches!(answer.verdict, Verdict::Created(_)));
    assert_eq!(bench.writer.counts().tries, 3);
    bench.ends_with(1).await;
}

#[tokio::test]
async fn case_26_a_batch_whose_answer_was_lost_recognises_its_rows() {
    let bench = Bench::with(&[Mishap::AnswerLost, Mishap::Busy, Mishap::AnswerLost], true).await;
    let answer = bench
        .writer
        .submit(create(new_id(), "hello").into(), Queueing::IfAway, None, &Witness::default())
        .await
        .unwrap();
    assert!(matches!(answer, Answer { verdict: Verdict::Created(_), attached: false }));
    bench.ends_with(1).await;
}

#[tokio::test]
async fn case_52_a_command_that_spoils_its_batch_is_refused_alone() {
    let bench = Bench::with(&[], false).await;
    let mut tasks = vec![bench.submit(create(new_id(), "opens the way")).await];
    let mut poison = create(new_id(), "x");
    poison.post.content = "x".repeat(2_049);
    for number in 0..7 {
        tasks.push(bench.submit(create(new_id(), &number.to_string())).await);
    }
    let spoiled = bench.submit(Create { ..poison }).await;
    bench.store.gate.add_permits(1);
    for answer in futures::future::try_join_all(tasks).await.unwrap() {
        assert!(matches!(answer.unwrap().verdict, Verdict::Created(_)));
    }
    let refused = WriteError { outcome: Outcome::NotApplied, transient: false };
    assert_eq!(spoiled.await.unwrap(), Err(refused));
    bench.ends_with(8).await;
}

#[tokio::test]
async fn a_fault_on_every_try_is_an_error_at_once() {
    let bench = Bench::with(&[], true).await;
    for (fault, outcome, rows) in [
        (DatabaseFault::ConnectRefused, Outcome::NotApplied, 0),
        (DatabaseFault::RolledBack, Outcome::NotApplied, 0),
        (DatabaseFault::CommitAckLost, Outcome::Unknown, 1),
    ] {
        let answer = bench
            .writer
            .submit(create(new_id(), "hello").into(), Queueing::IfAway, always(fault), &Witness::default())
            .await;
        assert_eq!(answer, Err(WriteError { outcome, transient: true }), "{fault:?}");
        bench.ends_with(rows).await;
    }
    assert_eq!(bench.writer.counts().tries, 3);
}

#[tokio::test]
async fn a_fault_on_the_first_tries_ends_in_success() {
    let bench = Bench::with(&[], true).await;
    for fault in [DatabaseFault::ConnectRefused, DatabaseFault::RolledBack, DatabaseFault::CommitAckLost] {
        let answer = bench
            .writer
            .submit(create(new_id(), "hello").into(), Queueing::IfAway, first(2, fault), &Witness::default())
            .await
            .unwrap();
        assert!(matches!(answer.verdict, Verdict::Created(_)), "{fault:?}: {answer:?}");
    }
    assert_eq!(bench.writer.counts().tries, 9);
    bench.ends_with(3).await;
}

#[tokio::test]
async fn the_control_arm_doubles_within_one_request() {
    let bench = Bench::with(&[], true).await;
    let row = NaiveInsert {
        post: create(new_id(), "hello").post,
        run: None,
        create_timestamp: Timestamp::from_unix_ms(1),
    };
    let rows = || async { bench.store.naive_feed(None, None, None, 10).await.unwrap().len() };
    bench
        .writer
        .submit_naive(row.clone(), first(1, DatabaseFault::RolledBack), &Witness::default())
        .await
        .unwrap();
    assert_eq!(rows().await, 1);
    bench
        .writer
        .submit_naive(row.clone(), first(1, DatabaseFault::CommitAckLost), &Witness::default())
        .await
        .unwrap();
    assert_eq!(rows().await, 3);
    let refused = bench
        .writer
        .submit_naive(row, always(DatabaseFault::ConnectRefused), &Witness::default())
        .await
        .unwrap_err();
    assert_eq!(refused.outcome, Outcome::NotApplied);
    assert_eq!((rows().await, bench.writer.in_flight()), (3, 0));
}

#[tokio::test]
async fn after_a_shutdown_nothing_is_accepted() {
    let bench = Bench::with(&[], true).await;
    bench.writer.shutdown().await;
    let refused = bench
        .writer
        .submit(create(new_id(), "hello").into(), Queueing::IfAway, None, &Witness::default())
        .await
        .unwrap_err();
    assert_eq!(refused.outcome, Outcome::NotApplied);
    bench.ends_with(0).await;
}
