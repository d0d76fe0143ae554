//! `GET /api/lab/runs/{run}`, and the same as a stream.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::StreamExt;
use protocol::problem::ProblemName;
use protocol::trace::{Arrival, LedgerEvent, arrivals};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::book::Ledger;
use crate::api::query::invalid;
use crate::error::{ApiError, ApiResult};
use crate::services::Services;

/// A quiet stream says this often that it is alive.
const PING: Duration = Duration::from_secs(15);

/// The answer of `GET /api/lab/runs/{run}`.
#[derive(Serialize, ToSchema)]
pub struct RunAnswer {
    run: Uuid,
    /// The ledger is this instance's own.
    instance: Uuid,
    /// The run was too long to be recorded to its end.
    truncated: bool,
    arrivals: Vec<Arrival>,
    events: Vec<LedgerEvent>,
}

impl RunAnswer {
    pub fn new(run: Uuid, instance: Uuid, truncated: bool, events: Vec<LedgerEvent>) -> Self {
        Self { run, instance, truncated, arrivals: arrivals(&events), events }
    }
}

/// Everything that arrived in a run; 404 where nothing is known of it.
pub async fn list(State(services): State<Services>, path: Result<Path<String>, PathRejection>) -> ApiResult {
    let ledger = ledger(&services)?;
    let run = run(path)?;
    let unknown = || ApiError::new(ProblemName::NotFound, "Nothing is known of this run, or no longer.");
    let account = ledger.account(run).ok_or_else(unknown)?;
    Ok(Json(RunAnswer::new(run, ledger.instance, account.truncated, account.events)).into_response())
}

/// Streams a run as it is recorded. It may be opened before the first arrival, and goes on from `Last-Event-ID`.
pub async fn follow(
    State(services): State<Services>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> ApiResult {
    let ledger = ledger(&services)?.clone();
    let run = run(path)?;
    let seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let next = seen.map_or(0, |last| last.saturating_add(1));
    let length = ledger.follow(run);
    let pages =
        futures::stream::unfold((ledger, length, next), move |(ledger, mut length, next)| async move {
            // Looked at before it is waited for, so that nothing falls in between.
            length.borrow_and_update();
            let mut page = ledger.events_from(run, next)?;
            if page.is_empty() {
                length.changed().await.ok()?;
                page = ledger.events_from(run, next)?;
            }
            let next = next + page.len();
            Some((futures::stream::iter(page), (ledger, length, next)))
        });
    let events = pages.flatten().map(|event| Ok::<_, Infallible>(wire_event(&event)));
    let until = services.shutdown.clone().cancelled_owned();
    let ping = KeepAlive::new().interval(PING).event(Event::default().event("ping").data("{}"));
    Ok(Sse::new(events.take_until(until)).keep_alive(ping).into_response())
}

fn wire_event(event: &LedgerEvent) -> Event {
    let data = serde_json::to_string(event).unwrap_or_default();
    Event::default().id(event.number.to_string()).event("ledger").data(data)
}

fn run(path: Result<Path<String>, PathRejection>) -> Result<Uuid, ApiError> {
    let Path(text) = path.map_err(|rejection| invalid(&rejection.body_text()))?;
    Uuid::try_parse(&text).map_err(|_| invalid("a run is a UUID"))
}

/// Where faults are off nothing is recorded, and there is nothing at this path.
fn ledger(services: &Services) -> Result<&Ledger, ApiError> {
    let missing = || ApiError::new(ProblemName::NotFound, "There is nothing at this path.");
    services.faults.as_ref().map(|_| &services.ledger).ok_or_else(missing)
}
