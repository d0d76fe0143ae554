//! `PATCH /api/naive/posts/{n}`: adds a text on every arrival. It shows why a method that is not idempotent needs a
//! key.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::IntoResponse;
use protocol::post::Revision;
use protocol::problem::{Problem, ProblemName};
use protocol::trace::{Lane, Row};
use protocol::wire::{EditBody, NaivePost};

use super::{count_against_the_rate, lane};
use crate::api::body::{self, MediaType, malformed};
use crate::api::request::MaybeCaller;
use crate::connection::Cut;
use crate::error::{ApiError, ApiResult};
use crate::faults::{Asked, Subject};
use crate::ledger::{Arriving, Journey, Reply};
use crate::services::Services;
use crate::store::{NaiveAppend, NaiveAppended};
use crate::writer::Watched;

/// 200 with the row as it stands. Only rows of the request's own experiment are found.
pub async fn append(
    State(services): State<Services>,
    Path(number): Path<String>,
    MaybeCaller(caller): MaybeCaller,
    asked: Asked,
    cut: Cut,
    headers: HeaderMap,
    body: Body,
) -> ApiResult {
    let arrivals = lane(&services)?;
    let id = number.parse().map_err(|_| missing())?;
    MediaType::json(&headers)?;
    let Revision::Append(text) = body::revision(body).await? else {
        return Err(malformed("This lane takes append only."));
    };
    count_against_the_rate(&services, caller)?;
    let now = std::time::Instant::now();
    let strike = arrivals.strike(&asked, Subject::Naive(asked.run), Method::PATCH, now);
    services.telemetry.count_strike(strike);
    let witness = services.ledger.arrived(&asked, || Arriving {
        lane: Lane::Naive,
        method: Method::PATCH,
        path: format!("/api/naive/posts/{id}"),
        headers: &headers,
        body: serde_json::to_string(&EditBody::from(Revision::Append(text.clone()))).unwrap_or_default(),
        fault: strike.0,
    });
    let journey = Journey { strike, witness };
    let append = NaiveAppend { id, run: asked.run, text };
    let appended = services.detached(carry_out(services.clone(), append, journey.clone())).await;
    let reply = || match &appended {
        Ok(post) => Reply::of(200, false, post),
        Err(error) => Reply::refused(error),
    };
    journey.back(&cut, &headers, reply).await;
    Ok(Json(appended?).into_response())
}

async fn carry_out(services: Services, append: NaiveAppend, journey: Journey) -> Result<NaivePost, ApiError> {
    journey.before_the_database(&services).await?;
    let store = services.store()?;
    let (fault, watched) = (journey.strike.at_database(), Watched::by(&journey.witness, &[]));
    let work = |fault| store.append_naive(&append, fault);
    let row = async || None::<Row>;
    let appended = services.writer.until_answered(fault, watched, work, row).await?;
    journey.after_commit(&services).await;
    match appended {
        NaiveAppended::Done(post) => Ok(post),
        NaiveAppended::Missing => Err(missing()),
        NaiveAppended::TooLong => {
            let detail = "With this, the row would be over 2,048 characters.";
            Err(Problem::new(ProblemName::InvalidContent, detail).at("/append").into())
        }
    }
}

fn missing() -> ApiError {
    ApiError::new(ProblemName::PostNotFound, "This experiment has no row with this number.")
}
