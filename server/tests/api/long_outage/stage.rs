//! A server with a cluster, a broker or both of its own.

use tempfile::TempDir;

use crate::helpers::{Database, Engine, LogKind, Setup, TestApp, Warden, file_log, topic, topic_on};

/// A story about a server with a cluster, a broker or both of its own.
pub(super) struct Stage {
    pub(super) app: TestApp,
    postgres: Option<Warden>,
    broker: Option<Warden>,
}

impl Stage {
    /// Only who kills a broker needs one of its own.
    pub(super) async fn set(engine: Engine, log: LogKind, purpose: &str, own_broker: bool) -> Self {
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

    pub(super) fn database(&self, command: &str) {
        self.postgres.as_ref().unwrap().tell(command);
    }

    pub(super) fn broker(&self, command: &str) {
        self.broker.as_ref().unwrap().tell(command);
    }
}
