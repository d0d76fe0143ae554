//! A running server with a database of its own.

use std::net::SocketAddr;
use std::sync::Arc;

use http::Method;
use protocol::wire::SessionAnswer;
use tempfile::TempDir;
use uuid::Uuid;

use super::database::{Database, Engine, StoredRow};
use super::events::Events;
use super::history::History;
use super::process::{self, LogKind, Process, Setup, Urls, stderr_path, tail};
use super::raw::Raw;
use super::visitor::Visitor;
use super::wait::eventually;
use super::{invariants, kafka, visitor};

pub struct TestApp {
    pub database: Database,
    urls: Urls,
    pub(super) history: Arc<History>,
    setup: Setup,
    process: Option<Process>,
    pub address: SocketAddr,
    folder: TempDir,
}

impl TestApp {
    pub async fn start(engine: Engine, setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::create(engine, folder.path()).await;
        let log = match setup.log_kind {
            LogKind::Embedded => file_log(&folder, "log.db"),
            LogKind::Kafka => kafka::topic(),
            LogKind::None => "none".to_owned(),
        };
        Self::start_on(database, log, folder, setup).await
    }

    /// A server on a database and a log that the story has made itself.
    pub async fn start_on(database: Database, log: String, folder: TempDir, setup: Setup) -> Self {
        let urls = Urls { database: database.url.clone(), log };
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let process = Process::start(&setup, &urls, any_port, &stderr_path(folder.path())).await;
        let address = process.address;
        let history = Arc::default();
        Self { database, urls, history, setup, process: Some(process), address, folder }
    }

    /// Stops the server and starts it with another setup, on the same database and port.
    pub async fn restart_as(&mut self, change: impl FnOnce(&mut Setup)) {
        change(&mut self.setup);
        self.kill().await;
        self.restart().await;
    }

    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("the server is down")
    }

    /// Resident memory of the server.
    pub fn resident_kib(&self) -> u64 {
        self.process.as_ref().expect("the server is down").resident_kib()
    }

    /// SIGKILL.
    pub async fn kill(&mut self) {
        self.process.take().expect("the server is down").kill().await;
    }

    /// Starts the server again on the same database and port.
    pub async fn restart(&mut self) {
        drop(self.process.take());
        let stderr = stderr_path(self.folder.path());
        self.process = Some(Process::start(&self.setup, &self.urls, self.address, &stderr).await);
    }

    /// `postonce replay --from 0`, beside the running server.
    pub async fn replay(&self) -> serde_json::Value {
        process::replay(&self.urls).await
    }

    pub fn has_log(&self) -> bool {
        self.setup.log_kind != LogKind::None
    }

    /// Returns once nothing waits in the log.
    pub async fn drained(&self) {
        eventually("a drained log", async || (self.metric("postonce_log_lag").await == 0.0).then_some(()))
            .await;
    }

    /// A further instance on the same database, with a port of its own. Only Postgres serves several.
    pub async fn another_instance(&self) -> Process {
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut urls = self.urls.clone();
        if self.setup.log_kind == LogKind::Embedded {
            // A file serves one.
            urls.log = file_log(&self.folder, &format!("log-{}.db", Uuid::now_v7().simple()));
        }
        Process::start(&self.setup, &urls, any_port, &stderr_path(self.folder.path())).await
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Somebody without an identity, with connections of their own.
    pub fn stranger(&self) -> Visitor {
        let history = Arc::clone(&self.history);
        Visitor { client: visitor::client(), history, base: self.base(), token: None, user_id: Uuid::nil() }
    }

    /// Somebody with a new identity.
    pub async fn visitor(&self) -> Visitor {
        let mut visitor = self.stranger();
        let answer = visitor.ask(Method::POST, "/api/session").await;
        let session: SessionAnswer = answer.assert_status(201).json();
        visitor.token = Some(session.token);
        visitor.user_id = session.user_id.as_uuid();
        visitor
    }

    /// A TCP connection to the server, for what no HTTP client would send.
    pub async fn connect(&self) -> Raw {
        Raw::connect(self.address).await
    }

    /// The live stream of a room.
    pub async fn events(&self, room: &str) -> Events {
        Events::open(self, room, "", None).await
    }

    pub async fn row(&self, id: Uuid) -> Option<StoredRow> {
        self.database.row(id).await
    }

    /// One number of `/metrics`; the sum, where it has labels.
    pub async fn metric(&self, name: &str) -> f64 {
        let answer = self.stranger().get("/metrics").await;
        let text = answer.assert_status(200).text();
        let values: Vec<f64> = text
            .lines()
            .filter_map(|line| line.strip_prefix(name))
            .filter(|rest| rest.starts_with([' ', '{']))
            .map(|rest| rest.rsplit(' ').next().unwrap().parse().unwrap())
            .collect();
        assert!(!values.is_empty(), "there is no {name} in {text}");
        values.iter().sum()
    }

    pub fn stderr(&self) -> String {
        std::fs::read_to_string(stderr_path(self.folder.path())).unwrap()
    }

    /// The end of every story.
    pub async fn finish(mut self) {
        if self.process.is_some() {
            let exited = self.process().has_exited();
            assert!(exited.is_none(), "the server ended by itself: {exited:?}");
        } else {
            self.restart().await;
        }
        invariants::check(&self).await;
        if let Some(process) = self.process.take() {
            process.kill().await;
        }
        self.database.remove().await;
    }
}

pub fn file_log(folder: &TempDir, name: &str) -> String {
    format!("sqlite://{}", folder.path().join(name).display())
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let errors = tail(&stderr_path(self.folder.path()));
            eprintln!("--- the server's standard error ({}):\n{errors}\n---", self.database.url);
        }
    }
}
