//! Faults that a request asks for and the server carries out, where it runs with `--faults on`.
//!
//! A fault belongs to the request that names it: one visitor's faults never touch another's.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, Method, header};
use protocol::fault::{Fault, FaultPoint, parse_attempt};
use protocol::key::PostId;
use protocol::problem::{Outcome, Problem, ProblemName};
use protocol::time::Timestamp;
use protocol::trace::Lane;
use protocol::user::UserId;
use protocol::wire::header::{ATTEMPT, FAULT, RUN};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::connection::Cut;
use crate::error::ApiError;
use crate::store::DatabaseFault;
use crate::writer::Injected;

/// How long arrivals of an attempt are remembered.
const REMEMBERED: Duration = Duration::from_secs(600);

/// Attempts remembered at once; beyond it all are forgotten, which makes faults fire once more and harms nobody.
const ATTEMPTS_MAX: usize = 100_000;

/// The furthest that `database-away` may reach, in milliseconds.
const AWAY_MAX_MS: u64 = 120_000;

/// Between the interim answer and the cut: long enough for the browser to have read it.
const INTERIM_LEAD: Duration = Duration::from_millis(20);

/// What a request says about itself in an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub fault: Option<Fault>,
    /// Counted from 1 by the client.
    pub attempt: u32,
    pub run: Option<Uuid>,
}

impl Asked {
    /// What a server without faults reads: the headers mean nothing to it.
    pub const NOTHING: Self = Self { fault: None, attempt: 1, run: None };

    /// Reads `Fault`, `Attempt` and `Run`. Anything that cannot be read is 400 `malformed-fault`, since an
    /// experiment that silently ran without its fault would prove the wrong thing.
    pub fn read(headers: &HeaderMap, now: Timestamp) -> Result<Self, ApiError> {
        let fault = match line(headers, FAULT)? {
            Some(text) => Some(Fault::parse_header(text).map_err(|error| malformed(&error.to_string()))?),
            None => None,
        };
        if let Some(Fault { point: FaultPoint::DatabaseAway, until_ms, .. }) = fault {
            let now = u64::try_from(now.unix_ms()).unwrap_or_default();
            if until_ms > now + AWAY_MAX_MS {
                return Err(malformed("`until` may be at most two minutes ahead of this server's clock"));
            }
        }
        let attempt = match line(headers, ATTEMPT)? {
            Some(text) => parse_attempt(text).map_err(|error| malformed(&error.to_string()))?,
            None => 1,
        };
        let run = match line(headers, RUN)? {
            Some(text) => Some(Uuid::try_parse(text).map_err(|_| malformed("Run must be a UUID"))?),
            None => None,
        };
        Ok(Self { fault, attempt, run })
    }
}

fn line<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ApiError> {
    let mut lines = headers.get_all(name).iter();
    let Some(first) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(malformed(&format!("{name} must be sent once")));
    }
    let text = first.to_str().map_err(|_| malformed(&format!("{name} must be visible ASCII")))?;
    Ok(Some(text.trim()))
}

fn malformed(detail: &str) -> ApiError {
    ApiError::new(ProblemName::MalformedFault, detail)
}

/// Which attempt an arrival belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AttemptKey {
    pub subject: Subject,
    pub method: Method,
    pub attempt: u32,
}

/// What is being attempted; no two lanes share a count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    Post(PostId),
    /// An opaque key of its author's.
    Key(UserId, String),
    /// The control arm knows no key, so its attempts are told apart by their run.
    Naive(Option<Uuid>),
    /// A half-fix of the museum; some of them know no key either.
    Museum(Lane, Option<Uuid>),
}

/// Counts arrivals, so that a fault fires on the first `times` arrivals of an attempt, hidden re-sends included.
#[derive(Default)]
pub struct Arrivals {
    // A std mutex: nothing is awaited while it is held.
    seen: Mutex<HashMap<AttemptKey, (u32, Instant)>>,
}

impl Arrivals {
    /// The fault that strikes this arrival, if one was asked for and is not used up.
    pub fn strike(&self, asked: &Asked, subject: Subject, method: Method, now: Instant) -> Strike {
        let Some(fault) = asked.fault else { return Strike(None) };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= ATTEMPTS_MAX {
            seen.retain(|_, (_, first)| now.saturating_duration_since(*first) < REMEMBERED);
            if seen.len() > ATTEMPTS_MAX / 2 {
                seen.clear();
            }
        }
        let key = AttemptKey { subject, method, attempt: asked.attempt };
        let (arrivals, first) = seen.entry(key).or_insert((0, now));
        if now.saturating_duration_since(*first) >= REMEMBERED {
            (*arrivals, *first) = (0, now);
        }
        *arrivals = arrivals.saturating_add(1);
        Strike((*arrivals <= u32::from(fault.times)).then_some(fault))
    }
}

/// The fault that strikes one arrival, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike(pub Option<Fault>);

impl Strike {
    /// What befalls the request before it is registered: `request-late`.
    pub async fn before(&self, shutdown: &CancellationToken) -> Result<(), ApiError> {
        match self.0 {
            Some(Fault { point: FaultPoint::RequestLate, delay_ms, .. })
                if !hold(delay_ms, shutdown).await =>
            {
                Err(ApiError::store_unavailable(Outcome::NotApplied))
            }
            _ => Ok(()),
        }
    }

    /// Until when the database is away to this request, in Unix milliseconds, if it is: `database-away`.
    pub fn away_until(&self, now: Timestamp) -> Option<u64> {
        let Fault { point: FaultPoint::DatabaseAway, until_ms, .. } = self.0? else { return None };
        let now = u64::try_from(now.unix_ms()).unwrap_or_default();
        (until_ms > now).then_some(until_ms)
    }

    /// Refuses a request to which the database is away, and which no log can take.
    pub fn needs_database(&self, now: Timestamp) -> Result<(), ApiError> {
        let Some(until) = self.away_until(now) else { return Ok(()) };
        let wait = until.saturating_sub(u64::try_from(now.unix_ms()).unwrap_or_default());
        let detail = "To this request the database is away, as it asked for.";
        Err(Problem::new(ProblemName::StoreUnavailable, detail).retry_after(wait).into())
    }

    /// What the writer is to carry out at the database hop.
    pub fn at_database(&self) -> Option<Injected> {
        let fault = self.0?;
        let injected = match fault.point {
            FaultPoint::ConnectRefused => DatabaseFault::ConnectRefused,
            FaultPoint::RolledBack => DatabaseFault::RolledBack,
            FaultPoint::CommitAckLost => DatabaseFault::CommitAckLost,
            FaultPoint::RequestLost
            | FaultPoint::RequestLate
            | FaultPoint::ReplyLost
            | FaultPoint::Slow
            | FaultPoint::DatabaseAway => return None,
        };
        Some(Injected { fault: injected, tries: fault.tries })
    }

    /// Holds a committed answer: `slow`. A shutdown lets it go at once. One half-fix of the museum is held earlier.
    pub async fn after_commit(&self, shutdown: &CancellationToken) {
        if let Some(Fault { point: FaultPoint::Slow, delay_ms, .. }) = self.0 {
            hold(delay_ms, shutdown).await;
        }
    }

    /// Cuts the connection under an answer that is ready: `reply-lost`.
    pub async fn on_the_way_back(&self, cut: &Cut, headers: &HeaderMap) {
        let Some(Fault { point: FaultPoint::ReplyLost, bare, .. }) = self.0 else { return };
        if !bare {
            // To a client that expects it, the HTTP machinery has sent this interim answer already.
            if !headers.contains_key(header::EXPECT) {
                cut.send_interim().await;
            }
            sleep(INTERIM_LEAD).await;
        }
        cut.now();
    }
}

/// Waits; false where the server shut down meanwhile.
async fn hold(ms: u32, shutdown: &CancellationToken) -> bool {
    tokio::select! {
        () = sleep(Duration::from_millis(u64::from(ms))) => true,
        () = shutdown.cancelled() => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    fn read(pairs: &[(&'static str, &str)]) -> Result<Asked, u16> {
        Asked::read(&headers(pairs), Timestamp::from_unix_ms(1_000_000)).map_err(|error| error.0.status)
    }

    #[test]
    fn an_experiment_that_cannot_be_read_is_refused() {
        let asked = read(&[("fault", "reply-lost; bare"), ("attempt", "3")]).unwrap();
        assert_eq!((asked.attempt, asked.run, asked.fault.map(|fault| fault.bare)), (3, None, Some(true)));
        assert_eq!(read(&[]), Ok(Asked::NOTHING));
        for bad in [
            ("fault", "reply-lost; delay=3"),
            ("fault", "request-lost"),
            ("fault", "database-away; until=1120001"),
            ("fault", ""),
            ("attempt", "0"),
            ("attempt", "one"),
            ("run", "7"),
        ] {
            assert_eq!(read(&[bad]), Err(400), "{bad:?}");
        }
        assert_eq!(read(&[("attempt", "1"), ("attempt", "1")]), Err(400));
        assert!(read(&[("fault", "database-away; until=1120000")]).is_ok());
    }

    #[test]
    fn a_fault_fires_on_the_first_arrivals_of_each_attempt() {
        let arrivals = Arrivals::default();
        let mut asked = read(&[("fault", "slow; times=2; delay=1")]).unwrap();
        let start = Instant::now();
        let fires =
            |asked: &Asked, subject, method, now| arrivals.strike(asked, subject, method, now).0.is_some();
        let run = || Subject::Naive(Some(Uuid::from_u128(1)));
        assert!(fires(&asked, run(), Method::POST, start));
        assert!(fires(&asked, run(), Method::POST, start));
        assert!(!fires(&asked, run(), Method::POST, start));
        assert!(fires(&asked, run(), Method::PUT, start));
        assert!(fires(&asked, Subject::Naive(None), Method::POST, start));
        assert!(fires(&asked, run(), Method::POST, start + REMEMBERED));
        asked.attempt = 2;
        assert!(fires(&asked, run(), Method::POST, start));
    }
}
