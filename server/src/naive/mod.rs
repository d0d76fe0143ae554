//! The control arm: the same body, no key, a row per arrival. It exists to be compared with, only where faults are
//! on, and is never part of the feed.

mod append;

pub use append::append;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::IntoResponse;
use protocol::problem::{Problem, ProblemName};
use protocol::trace::{Lane, Row, Wrote};
use protocol::user::UserId;
use protocol::wire::{NaivePage, NaivePost};

use crate::api::body::{self, MediaType};
use crate::api::query::{Asking, PageQuery, page_cursor};
use crate::api::request::MaybeCaller;
use crate::connection::Cut;
use crate::error::{ApiError, ApiResult};
use crate::faults::{Arrivals, Asked, Subject};
use crate::ledger::{Arriving, Journey, Reply, body_of};
use crate::services::{Services, now};
use crate::store::NaiveInsert;

/// Stores a row, whatever was stored before. The table knows no author; an identity only counts against the rate.
pub async fn post(
    State(services): State<Services>,
    MaybeCaller(caller): MaybeCaller,
    asked: Asked,
    cut: Cut,
    headers: HeaderMap,
    body: Body,
) -> ApiResult {
    let arrivals = lane(&services)?;
    let post = body::post(MediaType::json(&headers)?, body).await?;
    count_against_the_rate(&services, caller)?;
    let strike = arrivals.strike(&asked, Subject::Naive(asked.run), Method::POST, std::time::Instant::now());
    services.telemetry.count_strike(strike);
    let witness = services.ledger.arrived(&asked, || Arriving {
        lane: Lane::Naive,
        method: Method::POST,
        path: "/api/naive/posts".to_owned(),
        headers: &headers,
        body: body_of(&post),
        fault: strike.0,
    });
    let journey = Journey { strike, witness };
    let row = NaiveInsert { post, run: asked.run, create_timestamp: now() };
    let stored = services.detached(insert(services.clone(), row, journey.clone())).await;
    // What belongs to a run is counted by the ledger.
    if !journey.witness.is_there() {
        services.numbers.count_naive(stored.is_ok());
    }
    let reply = || match &stored {
        Ok(post) => Reply::of(201, false, post),
        Err(error) => Reply::refused(error),
    };
    journey.back(&cut, &headers, reply).await;
    Ok((StatusCode::CREATED, Json(stored?)).into_response())
}

/// Each arrival is a write, whatever it carries: 429 `too-many-writes`. Who does not say who they are is not counted.
pub fn count_against_the_rate(services: &Services, caller: Option<UserId>) -> Result<(), ApiError> {
    let Some(wait) = caller.and_then(|user| services.limits.take(user, std::time::Instant::now()).err())
    else {
        return Ok(());
    };
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
    let detail = "This identity writes faster than the server takes.";
    Err(Problem::new(ProblemName::TooManyWrites, detail).retry_after(wait).into())
}

async fn insert(services: Services, row: NaiveInsert, journey: Journey) -> Result<NaivePost, ApiError> {
    journey.before_the_database(&services).await?;
    services.store()?;
    let (fault, witness) = (journey.strike.at_database(), &journey.witness);
    let stored = services.writer.submit_naive(row, fault, witness).await?;
    let row = || Row { id: stored.id.to_string(), content: stored.content.clone() };
    witness.wrote(Wrote::Inserted, row);
    journey.after_commit(&services).await;
    Ok(stored)
}

/// The rows of a room or of one experiment, newest first.
pub async fn list(State(services): State<Services>, Asking(query): Asking<PageQuery>) -> ApiResult {
    lane(&services)?;
    let page = query.check()?;
    let (room, run) = query.room_or_run(&page)?;
    let posts = services.store()?.naive_feed(room, run, page.before, page.limit + 1).await?;
    Ok(Json(cut_to_page(posts, page.limit)).into_response())
}

/// One row more than the page holds says whether there is another.
pub fn cut_to_page(mut posts: Vec<NaivePost>, limit: u32) -> NaivePage {
    let more = posts.len() > limit as usize;
    posts.truncate(limit as usize);
    let next = posts.last().filter(|_| more).map(|post| page_cursor(post.id));
    NaivePage { posts, next }
}

/// The counts of faults; where faults are off this lane does not exist: 404.
pub fn lane(services: &Services) -> Result<&Arrivals, ApiError> {
    let missing = || ApiError::new(ProblemName::NotFound, "There is nothing at this path.");
    services.faults.as_ref().ok_or_else(missing)
}
