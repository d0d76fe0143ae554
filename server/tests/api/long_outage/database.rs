//! The database is away in earnest: its processes are stopped or killed, its file is locked, and the server is killed
//! meanwhile.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor};

use super::crowd::Crowd;
use super::stage::Stage;
use crate::helpers::{Engine, LogKind};

const HALF_A_MINUTE: Duration = Duration::from_secs(30);

/// Longer than the writer tries.
const A_WHILE: Duration = Duration::from_secs(5);

/// The database is there and does not answer: every call has to time out.
async fn frozen(log: LogKind, purpose: &str) {
    let stage = Stage::set(Engine::Postgres, log, purpose, false).await;
    let crowd = Crowd::start(&stage.app).await;
    crowd.is_stored().await;
    stage.database("freeze");
    crowd.is_queued().await;
    tokio::time::sleep(HALF_A_MINUTE).await;
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
    tokio::time::sleep(HALF_A_MINUTE).await;
    crowd.is_queued().await;
    stage.database("start");
    crowd.is_stored().await;
    crowd.leaves_every_post_once(&stage.app).await;
    stage.app.finish().await;
}

/// Both kinds of absence at the same time, each with a cluster of its own.
async fn half_a_minute(log: LogKind, purpose: &str) {
    let (stopped, dead) = (format!("{purpose}-frozen"), format!("{purpose}-killed"));
    tokio::join!(frozen(log, &stopped), killed(log, &dead));
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
    tokio::time::sleep(A_WHILE).await;
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

on_both_logs! { half_a_minute, locked, server_killed }
