//! Outages that are real: the database's processes are stopped or killed, its file is locked, the broker is killed,
//! the server is killed, each while 32 writers go on. Every post that was answered with 201, 200 or 202 is in the feed
//! exactly once afterwards, and each author's posts are in the order in which they were sent.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor};
use tempfile::TempDir;
use uuid::Uuid;

use crate::helpers::{
    Database, Engine, LogKind, Setup, TestApp, Visitor, Warden, eventually, file_log, id, topic, topic_on,
};

const WRITERS: usize = 32;

/// How many answers of a kind tell that it is the usual one.
const ENOUGH: usize = 100;

/// How long the database stays away at least: longer than the writer tries.
const AWAY: Duration = Duration::from_secs(5);

/// A story about a server with a cluster, a broker or both of its own.
struct Stage {
    app: TestApp,
    postgres: Option<Warden>,
    broker: Option<Warden>,
}

impl Stage {
    /// Only who kills a broker needs one of its own.
    async fn set(engine: Engine, log: LogKind, purpose: &str, own_broker: bool) -> Self {
        let folder: TempDir = tempfile::tempdir().unwrap();
        let postgres = (engine == Engine::Postgres).then(|| Warden::start("postgres", purpose));
        let broker = own_broker.then(|| Warden::start("broker", purpose));
        let database = match &postgres {
            Some(cluster) => Database::of_cluster(&cluster.address),
            None => Database::create(engine, folder.path()).await,
        };
        let log_url = match (&broker, log) {
            (Some(broker), _) => topic_on(&broker.address),
            (None, LogKind::Kafka) => topic(),
            (None, _) => file_log(&folder, "log.db"),
        };
        let app = TestApp::start_on(database, log_url, folder, Setup::default().on_log(log)).await;
        Self { app, postgres, broker }
    }

    fn database(&self, command: &str) {
        self.postgres.as_ref().unwrap().tell(command);
    }

    fn broker(&self, command: &str) {
        self.broker.as_ref().unwrap().tell(command);
    }
}

/// Writers that go on until they are told to stop, and what they were told.
struct Crowd {
    counts: Arc<Counts>,
    tasks: Vec<tokio::task::JoinHandle<(Visitor, Vec<Uuid>)>>,
}

#[derive(Default)]
struct Counts {
    stop: AtomicBool,
    stored: AtomicUsize,
    queued: AtomicUsize,
    refused: AtomicUsize,
}

impl Crowd {
    async fn start(app: &TestApp) -> Self {
        let counts = Arc::<Counts>::default();
        let authors = join_all((0..WRITERS).map(|_| app.visitor())).await;
        let tasks =
            authors.into_iter().map(|author| tokio::spawn(write(author, Arc::clone(&counts)))).collect();
        Self { counts, tasks }
    }

    /// Returns once `ENOUGH` more answers of a kind have come.
    async fn sees(&self, what: &str, count: impl Fn(&Counts) -> &AtomicUsize) {
        let before = count(&self.counts).load(Ordering::Relaxed);
        eventually(what, async || {
            (count(&self.counts).load(Ordering::Relaxed) >= before + ENOUGH).then_some(())
        })
        .await;
    }

    async fn is_stored(&self) {
        self.sees("posts that are stored", |counts| &counts.stored).await;
    }

    async fn is_queued(&self) {
        self.sees("posts that are queued", |counts| &counts.queued).await;
    }

    /// Stops the writers, waits for the log, and holds the rows against the answers.
    async fn leaves_every_post_once(self, app: &TestApp) {
        self.counts.stop.store(true, Ordering::Relaxed);
        let sent: Vec<(Visitor, Vec<Uuid>)> =
            join_all(self.tasks).await.into_iter().map(Result::unwrap).collect();
        app.drained().await;
        let rows = app.database.rows().await;
        let distinct: BTreeSet<Uuid> = rows.iter().map(|row| row.id).collect();
        assert_eq!(distinct.len(), rows.len(), "an id has two rows");
        for (author, answered) in sent {
            let stored: Vec<Uuid> =
                rows.iter().filter(|row| row.user_id == author.user_id).map(|row| row.id).collect();
            // Beside them stands at the most what was never answered.
            let promised: Vec<Uuid> = stored.iter().copied().filter(|id| answered.contains(id)).collect();
            assert_eq!(promised, answered, "{} of {} are there", promised.len(), answered.len());
        }
    }
}

/// Writes one post after the other, each until there is an answer that promises something; returns those in order.
async fn write(author: Visitor, counts: Arc<Counts>) -> (Visitor, Vec<Uuid>) {
    let mut answered = Vec::new();
    while !counts.stop.load(Ordering::Relaxed) {
        let id = id();
        let content = format!("post {id}");
        for attempt in 1.. {
            let status =
                author.put(id, &content).attempt(attempt).attempt_once().await.map(|answer| answer.status);
            match status {
                Ok(200 | 201) => counts.stored.fetch_add(1, Ordering::Relaxed),
                Ok(202) => counts.queued.fetch_add(1, Ordering::Relaxed),
                Ok(503) | Err(_) => {
                    counts.refused.fetch_add(1, Ordering::Relaxed);
                    if counts.stop.load(Ordering::Relaxed) {
                        return (author, answered);
                    }
                    // The server says when to ask again; these are less patient.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
                Ok(other) => panic!("{other}"),
            };
            answered.push(id);
            break;
        }
    }
    (author, answered)
}

/// The database is there and does not answer: every call has to time out.
async fn frozen(log: LogKind, purpose: &str) {
    let stage = Stage::set(Engine::Postgres, log, purpose, false).await;
    let crowd = Crowd::start(&stage.app).await;
    crowd.is_stored().await;
    stage.database("freeze");
    crowd.is_queued().await;
    tokio::time::sleep(AWAY).await;
    let reader = stage.app.stranger();
    reader.feed("").await.assert_problem(503, "store-unavailable");
    let ready: serde_json::Value = reader.get("/readyz").await.assert_status(200).json();
    assert_eq!(ready, serde_json::json!({ "database": "away", "log": "up" }));
    crowd.is_queued().await;
    stage.database("thaw");
    crowd.is_stored().await;
    crowd.leaves_every_post_once(&stage.app).await;
    stage.app.finish().await;
}

/// The database is killed as by a power cut, and comes back with what it had committed.
async fn killed(log: LogKind, purpose: &str) {
    let stage = Stage::set(Engine::Postgres, log, purpose, false).await;
    let crowd = Crowd::start(&stage.app).await;
    crowd.is_stored().await;
    stage.database("kill");
    crowd.is_queued().await;
    tokio::time::sleep(AWAY).await;
    crowd.is_queued().await;
    stage.database("start");
    crowd.is_stored().await;
    crowd.leaves_every_post_once(&stage.app).await;
    stage.app.finish().await;
}

/// Somebody holds the SQLite file's write lock.
async fn locked(log: LogKind, purpose: &str) {
    let stage = Stage::set(Engine::Sqlite, log, purpose, false).await;
    let crowd = Crowd::start(&stage.app).await;
    crowd.is_stored().await;
    let file = stage.app.database.url.strip_prefix("sqlite://").unwrap().to_owned();
    let options = SqliteConnectOptions::new().filename(file).busy_timeout(Duration::from_secs(10));
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    other.execute("begin immediate").await.unwrap();
    crowd.is_queued().await;
    tokio::time::sleep(AWAY).await;
    crowd.is_queued().await;
    other.execute("rollback").await.unwrap();
    crowd.is_stored().await;
    crowd.leaves_every_post_once(&stage.app).await;
    stage.app.finish().await;
}

/// The server is killed while the database is away and its log is full; it starts again while it is still away.
async fn server_killed(log: LogKind, purpose: &str) {
    let mut stage = Stage::set(Engine::Postgres, log, purpose, false).await;
    let crowd = Crowd::start(&stage.app).await;
    crowd.is_stored().await;
    stage.database("kill");
    crowd.is_queued().await;
    stage.app.kill().await;
    stage.app.restart().await;
    crowd.is_queued().await;
    stage.app.kill().await;
    stage.database("start");
    stage.app.restart().await;
    crowd.is_stored().await;
    crowd.leaves_every_post_once(&stage.app).await;
    stage.app.finish().await;
}

macro_rules! on_both_logs {
    ($($name:ident),+ $(,)?) => {
        mod on_a_file {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(super::LogKind::Embedded, concat!(stringify!($name), "-file")).await;
                }
            )+
        }

        mod on_kafka {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(super::LogKind::Kafka, concat!(stringify!($name), "-kafka")).await;
                }
            )+
        }
    };
}

on_both_logs! { frozen, killed, locked, server_killed }

/// While the database is there nobody misses the broker; while it is not, nothing is claimed that is not so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_broker_the_database_goes_on_and_without_both_nothing_is_claimed() {
    let stage = Stage::set(Engine::Postgres, LogKind::Kafka, "both", true).await;
    let crowd = Crowd::start(&stage.app).await;
    crowd.is_stored().await;
    stage.broker("kill");
    crowd.is_stored().await;
    stage.database("kill");
    let refused = |counts: &Counts| counts.refused.load(Ordering::Relaxed);
    let before = refused(&crowd.counts);
    eventually("refusals", async || (refused(&crowd.counts) > before + WRITERS).then_some(())).await;
    let (ada, id) = (stage.app.visitor().await, id());
    let problem = ada.put(id, "hello").await.assert_problem(503, "store-unavailable");
    assert!(problem.same_key_safe && problem.retry_after_ms.is_some());
    ada.get("/readyz").await.assert_status(503);
    stage.broker("start");
    crowd.is_queued().await;
    stage.database("start");
    crowd.is_stored().await;
    crowd.leaves_every_post_once(&stage.app).await;
    stage.app.finish().await;
}
