//! A visitor's own part of the log, and what may be tried on it: `/api/lab/log` and below. Only where faults are on.
//!
//! Nothing here touches anybody else's records, and nothing costs more the longer the log is.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use protocol::outage::{LogAnswer, LogRecord, LogState};
use protocol::problem::{Outcome, Problem, ProblemName};
use protocol::user::UserId;

use crate::api::request::Caller;
use crate::error::{ApiError, ApiResult};
use crate::log::Log;
use crate::log::queue::Recent;
use crate::relay::Relay;
use crate::services::{Services, now};

/// When to ask again for a replay that came while another was under way.
const BUSY_MS: u64 = 1_000;

/// `GET /api/lab/log`: the caller's records.
pub async fn list(State(services): State<Services>, Caller(caller): Caller) -> ApiResult {
    answer(&services, caller).await
}

/// `POST /api/lab/log/release`: the caller's outage is over, also for what was set aside until later.
pub async fn release(State(services): State<Services>, Caller(caller): Caller) -> ApiResult {
    let (log, _) = parts(&services)?;
    log.queue().release(caller).await.map_err(|_| away())?;
    answer(&services, caller).await
}

/// `POST /api/lab/log/crash`: the consumer stops once after it has applied the caller's records.
pub async fn crash(State(services): State<Services>, Caller(caller): Caller) -> ApiResult {
    let (_, relay) = parts(&services)?;
    relay.crashes.arm(caller);
    answer(&services, caller).await
}

/// `POST /api/lab/log/replay`: the caller's records are applied again.
pub async fn replay(State(services): State<Services>, Caller(caller): Caller) -> ApiResult {
    let (_, relay) = parts(&services)?;
    services.store()?;
    match relay.replay_of(caller).await {
        Some(Ok(replayed)) => Ok(Json(replayed).into_response()),
        Some(Err(error)) => {
            tracing::warn!(%error, "a replay broke off");
            Err(away())
        }
        None => {
            let detail = "Another replay is under way; one runs at a time.";
            Err(Problem::new(ProblemName::TooManyWrites, detail).retry_after(BUSY_MS).into())
        }
    }
}

async fn answer(services: &Services, caller: UserId) -> ApiResult {
    let (log, relay) = parts(services)?;
    let recent = log.queue().recent(caller).await.map_err(|_| away())?;
    let answer = LogAnswer {
        records: recent.iter().filter_map(record).collect(),
        crash: relay.crashes.report(caller),
    };
    Ok((StatusCode::OK, Json(answer)).into_response())
}

fn record(recent: &Recent) -> Option<LogRecord> {
    let state = match recent.waits_until {
        None => LogState::Applied,
        Some(until) if until > now().unix_ms() => LogState::SetAside,
        Some(_) => LogState::Waiting,
    };
    let id = recent.entry.record().ok()?.command.id();
    let offset = recent.entry.offset;
    Some(LogRecord { id, partition: offset.partition, position: offset.position, state })
}

fn away() -> ApiError {
    ApiError::store_unavailable(Outcome::Unknown)
}

/// Where faults are off, or there is no log, there is nothing at these paths.
fn parts(services: &Services) -> Result<(&dyn Log, &Relay), ApiError> {
    let missing = || ApiError::new(ProblemName::NotFound, "There is nothing at this path.");
    let (_, log, relay) = services
        .faults
        .as_ref()
        .zip(services.log.as_deref())
        .zip(services.relay.as_ref())
        .map(|((faults, log), relay)| (faults, log, relay))
        .ok_or_else(missing)?;
    Ok((log, relay))
}
