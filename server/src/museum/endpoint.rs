//! `/api/lab/museum/{lane}/posts`: the door to every exhibit.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::IntoResponse;
use protocol::problem::ProblemName;
use protocol::trace::{Lane, Row, Wrote};
use protocol::wire::header::IDEMPOTENCY_REPLAYED;
use uuid::Uuid;

use super::arrival::{Arrival, Kept};
use super::{cache, check_then_insert, key_after_commit, new_key_per_edit, retry_without_key, server_minted};
use crate::api::body::{self, MediaType};
use crate::api::query::{Asking, PageQuery};
use crate::api::request::{MaybeCaller, MaybeKey};
use crate::connection::Cut;
use crate::error::{ApiError, ApiResult};
use crate::faults::{Asked, Subject};
use crate::ledger::{Arriving, Journey, Reply, body_of};
use crate::naive::{count_against_the_rate, cut_to_page, lane as faults_of};
use crate::services::{Services, now};

/// 201 for what the exhibit takes for a new post, 200 and a marker for what it takes for a retry.
#[expect(clippy::too_many_arguments, reason = "each is one part of the request, in the order of the checks")]
pub async fn post(
    State(services): State<Services>,
    Path(lane): Path<String>,
    MaybeCaller(caller): MaybeCaller,
    MaybeKey(key): MaybeKey,
    asked: Asked,
    cut: Cut,
    headers: HeaderMap,
    body: Body,
) -> ApiResult {
    let arrivals = faults_of(&services)?;
    let lane = exhibit(&lane)?;
    let post = body::post(MediaType::json(&headers)?, body).await?;
    count_against_the_rate(&services, caller)?;
    let subject = Subject::Museum(lane, asked.run);
    let strike = arrivals.strike(&asked, subject, Method::POST, std::time::Instant::now());
    services.telemetry.count_strike(strike);
    let witness = services.ledger.arrived(&asked, || Arriving {
        lane,
        method: Method::POST,
        path: format!("/api/lab/museum/{lane}/posts"),
        headers: &headers,
        body: body_of(&post),
        fault: strike.0,
    });
    let journey = Journey { strike, witness };
    let arrival = Arrival {
        services: services.clone(),
        lane,
        run: asked.run,
        key: key.map(|key| key.to_string()),
        post,
        journey: journey.clone(),
        id: Uuid::now_v7(),
        create_timestamp: now(),
    };
    let kept = services.detached(carry_out(arrival)).await;
    let reply = || match &kept {
        Ok(kept) => Reply::of(if kept.recognised { 200 } else { 201 }, kept.recognised, &kept.post),
        Err(error) => Reply::refused(error),
    };
    journey.back(&cut, &headers, reply).await;
    kept.map(answer)
}

async fn carry_out(arrival: Arrival) -> Result<Kept, ApiError> {
    arrival.journey.before_the_database(&arrival.services).await?;
    arrival.services.store()?;
    let kept = match arrival.lane {
        Lane::CheckThenInsert => check_then_insert::post(&arrival).await?,
        Lane::KeyAfterCommit => key_after_commit::post(&arrival).await?,
        Lane::Cache => cache::post(&arrival).await?,
        Lane::RetryWithoutKey => retry_without_key::post(&arrival).await?,
        Lane::NewKeyPerEdit => new_key_per_edit::post(&arrival).await?,
        Lane::ServerMinted => server_minted::post(&arrival).await?,
        Lane::Naive | Lane::Uuid | Lane::Key => return Err(missing()),
    };
    let wrote = if kept.recognised { Wrote::Recognised } else { Wrote::Inserted };
    let row = || Row { id: kept.post.id.to_string(), content: kept.post.content.clone() };
    arrival.journey.witness.wrote(wrote, row);
    // This exhibit's work, which `slow` makes long, lies before its insert.
    if arrival.lane != Lane::CheckThenInsert {
        arrival.journey.after_commit(&arrival.services).await;
    }
    Ok(kept)
}

fn answer(kept: Kept) -> axum::response::Response {
    if !kept.recognised {
        return (StatusCode::CREATED, Json(kept.post)).into_response();
    }
    let marker = [(HeaderName::from_static(IDEMPOTENCY_REPLAYED), HeaderValue::from_static("true"))];
    (StatusCode::OK, marker, Json(kept.post)).into_response()
}

/// The rows of a room or of one experiment, newest first.
pub async fn list(
    State(services): State<Services>,
    Path(lane): Path<String>,
    Asking(query): Asking<PageQuery>,
) -> ApiResult {
    faults_of(&services)?;
    let lane = exhibit(&lane)?;
    let page = query.check()?;
    let (room, run) = query.room_or_run(&page)?;
    let posts = services.store()?.museum().page(lane, room, run, page.before, page.limit + 1).await?;
    Ok(Json(cut_to_page(posts, page.limit)).into_response())
}

/// The lane that a path names; 404 where the museum has none of this name.
fn exhibit(name: &str) -> Result<Lane, ApiError> {
    Lane::parse(name).filter(|lane| lane.is_museum()).ok_or_else(missing)
}

fn missing() -> ApiError {
    ApiError::new(ProblemName::NotFound, "There is nothing at this path.")
}
