//! What every request may use; put together once, in [`crate::startup`].

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use protocol::problem::Outcome;
use protocol::time::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::detached::Detached;
use crate::error::ApiError;
use crate::faults::Arrivals;
use crate::in_flight::InFlight;
use crate::ledger::Ledger;
use crate::limits::WriteLimits;
use crate::live::Hub;
use crate::log::Log;
use crate::museum;
use crate::numbers::Tally;
use crate::relay::Relay;
use crate::session::Sessions;
use crate::site::Site;
use crate::store::Store;
use crate::telemetry::Telemetry;
use crate::writer::{Breaker, Writer};

/// A handle, cheap to clone, to everything the server is made of.
#[derive(Clone)]
pub struct Services(Arc<Parts>);

pub struct Parts {
    pub store: Arc<dyn Store>,
    /// What takes posts while the database is away; `None` where there is nothing but the database.
    pub log: Option<Arc<dyn Log>>,
    pub relay: Option<Relay>,
    pub breaker: Arc<Breaker>,
    pub writer: Writer,
    pub hub: Hub,
    pub sessions: Sessions,
    pub limits: WriteLimits,
    pub write_rate: u32,
    pub in_flight: InFlight,
    /// Counts of what requests asked to befall them; `None` where faults are off.
    pub faults: Option<Arrivals>,
    /// What one half-fix of the museum remembers.
    pub museum_cache: museum::Cache,
    /// What arrived in experiments; empty where faults are off.
    pub ledger: Ledger,
    /// Counts since the start, and how they grew.
    pub numbers: Arc<Tally>,
    pub telemetry: Telemetry,
    pub site: Site,
    /// Whether the empty endpoint is served that `make bench` compares with.
    pub is_compared: bool,
    /// Whether the database has its tables. Until then everything that needs them is 503.
    pub migrated: AtomicBool,
    /// Tells whoever waits for it.
    pub migration: Notify,
    pub shutdown: CancellationToken,
    /// Work that goes on when the client that asked for it has gone.
    pub tasks: TaskTracker,
}

impl Services {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The database, once it has been migrated.
    pub fn store(&self) -> Result<&dyn Store, ApiError> {
        if self.migrated.load(Ordering::Acquire) {
            Ok(&*self.0.store)
        } else {
            Err(ApiError::store_unavailable(Outcome::NotApplied))
        }
    }

    /// The database has its tables.
    pub fn is_migrated(&self) {
        self.migrated.store(true, Ordering::Release);
        self.breaker.close();
        self.migration.notify_one();
    }

    /// Runs work to its end, whether or not the client waits for it: a hang-up never cancels a write.
    pub fn detached<W, T>(&self, work: W) -> Detached<W>
    where
        W: Future<Output = Result<T, ApiError>> + Send + 'static,
        T: Send + 'static,
    {
        Detached::new(work, self.tasks.clone())
    }
}

impl Deref for Services {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<Services> for LeptosOptions {
    fn from_ref(services: &Services) -> Self {
        services.site.options.clone()
    }
}

/// The server's clock.
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp::from_unix_ms(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}
