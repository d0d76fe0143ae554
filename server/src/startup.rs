//! Puts the server together: the only place that knows every part.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Compare, Config, Replay, Switch};
use crate::faults::Arrivals;
use crate::in_flight::InFlight;
use crate::ledger::Ledger;
use crate::limits::WriteLimits;
use crate::live::Hub;
use crate::numbers::{Tally, keep_sampling};
use crate::relay::Relay;
use crate::router::router;
use crate::services::{Parts, Services, now};
use crate::session::{KeyError, Sessions};
use crate::site::Site;
use crate::telemetry::Telemetry;
use crate::writer::{Breaker, Writer};
use crate::{connection, front, log, museum, relay, store};

/// From the signal to the end, however much is still under way.
const GRACE: Duration = Duration::from_secs(9);

/// How long a database that is away delays the start.
const MIGRATION_PATIENCE: Duration = Duration::from_secs(3);

/// How long a log that is away delays the start.
const LOG_PATIENCE: Duration = Duration::from_secs(3);

/// Between two attempts to migrate a database that is away.
const MIGRATION_PAUSE: Duration = Duration::from_millis(500);

/// A server that listens and does not accept yet.
pub struct Server {
    listener: TcpListener,
    router: Router,
    services: Services,
}

impl Server {
    /// Opens the database, which may be away if it is Postgres, and binds the address.
    pub async fn build(config: Config) -> anyhow::Result<Self> {
        let per_request = config.compare == Some(Compare::PerRequest);
        let open = if per_request { store::open_per_request } else { store::open };
        let numbers = Arc::new(Tally::new(now()));
        let store = open(&config.urls.database_url).context("the database URL cannot be used")?;
        let log = log::open(&config.urls.log_url).await.context("the log cannot be used")?;
        // Until the database has its tables, it is away.
        let breaker = Arc::new(Breaker::new_open());
        let relay = log.clone().map(|log| Relay::new(Arc::clone(&store), log, Arc::clone(&breaker)));
        let writer = Writer::start(Arc::clone(&store), log.clone(), Arc::clone(&breaker));
        let services = Services::new(Parts {
            writer: if per_request { writer.without_batches() } else { writer },
            hub: Hub::start(Arc::clone(&store)),
            store,
            log,
            relay,
            breaker,
            sessions: sessions(&config)?,
            limits: WriteLimits::new(config.write_rate),
            write_rate: config.write_rate,
            in_flight: InFlight::default(),
            faults: (config.faults == Switch::On).then(Arrivals::default),
            museum_cache: museum::Cache::default(),
            ledger: Ledger::new(Arc::clone(&numbers)),
            numbers,
            telemetry: Telemetry::default(),
            site: Site::find(config.site_root.as_deref()),
            is_compared: config.compare.is_some(),
            migrated: AtomicBool::new(false),
            migration: Notify::new(),
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        if config.urls.database_url.starts_with("sqlite:") {
            services.store.migrate().await.context("the SQLite database cannot be opened")?;
            services.is_migrated();
        } else {
            let migration = tokio::spawn(migrate(services.clone()));
            if timeout(MIGRATION_PATIENCE, migration).await.is_err() {
                tracing::warn!("the database is away; it is migrated as soon as it is back");
            }
        }
        tokio::spawn(keep_sampling(services.clone()));
        if let Some(log) = &services.log {
            let known = log.queue().until_known();
            if timeout(LOG_PATIENCE, known).await.is_err() {
                tracing::warn!("the log is away, or has much to tell; it is read meanwhile");
            }
        }
        let listener = connection::bind(config.addr)
            .await
            .with_context(|| format!("cannot listen on {}", config.addr))?;
        Ok(Self { listener, router: router(services.clone()), services })
    }

    /// Where it listens; the port is the real one where 0 was asked for.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Serves until `stop`, then stops accepting, finishes what was accepted, and returns within nine seconds.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) -> anyhow::Result<()> {
        announce(self.address()?)?;
        let Parts { shutdown, tasks, writer, store, log, .. } = &*self.services;
        let relaying = tokio::spawn(relay(self.services.clone()));
        let front = front::service(self.services.clone(), self.router);
        let serving = tokio::spawn(connection::serve(self.listener, front, shutdown.clone()));
        stop.await;
        shutdown.cancel();
        let ended = timeout(GRACE, async {
            let served = serving.await;
            tasks.close();
            tasks.wait().await;
            writer.shutdown().await;
            if let Err(error) = relaying.await {
                tracing::error!(%error, "the relay broke off");
            }
            if let Some(log) = log {
                log.close().await;
            }
            store.close().await;
            served
        });
        match ended.await {
            Ok(served) => Ok(served?),
            Err(_) => {
                tracing::warn!("some requests were still under way at the end");
                Ok(())
            }
        }
    }
}

/// The one line on standard output, which tells whoever started the server that it can be used.
fn announce(address: SocketAddr) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{address}")?;
    out.flush()
}

/// Tries until the database has its tables, or the server stops.
async fn migrate(services: Services) {
    while let Err(error) = services.store.migrate().await {
        tracing::warn!(%error, "the database cannot be migrated yet");
        tokio::select! {
            () = sleep(MIGRATION_PAUSE) => {}
            () = services.shutdown.cancelled() => return,
        }
    }
    services.is_migrated();
    tracing::info!("the database is ready");
}

/// Applies the log from the moment when the database has its tables.
async fn relay(services: Services) {
    let Some(relay) = &services.relay else { return };
    let migrated = async {
        while !services.migrated.load(Ordering::Acquire) {
            services.migration.notified().await;
        }
    };
    tokio::select! {
        () = migrated => relay.run(&services.shutdown).await,
        () = services.shutdown.cancelled() => {}
    }
}

/// `postonce replay`: applies the log again, and prints what came of it.
pub async fn replay(asked: Replay) -> anyhow::Result<()> {
    let store = store::open(&asked.urls.database_url).context("the database URL cannot be used")?;
    let log = log::open(&asked.urls.log_url).await.context("the log cannot be used")?;
    let log = log.context("there is no log to replay")?;
    store.migrate().await.context("the database cannot be used")?;
    let replayed = relay::replay::replay(&*store, &*log, i64::from(asked.from)).await?;
    log.close().await;
    store.close().await;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", serde_json::to_string(&replayed)?)?;
    Ok(())
}

fn sessions(config: &Config) -> Result<Sessions, KeyError> {
    if let Some(key) = &config.session_key {
        return Sessions::parse(key);
    }
    let Some(rest) = config.urls.database_url.strip_prefix("sqlite:") else {
        return Err(KeyError::MustBeGiven);
    };
    let file = rest.strip_prefix("//").unwrap_or(rest).split('?').next().unwrap_or_default();
    if file.is_empty() || file == ":memory:" {
        return Sessions::ephemeral();
    }
    Sessions::from_file(&PathBuf::from(file).with_file_name("session.key"))
}
