//! `GET /api/lab/promise/visits/{run}`: a read that writes.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::row;
use crate::api::request::MaybeCaller;
use crate::error::ApiResult;
use crate::naive::{count_against_the_rate, lane};
use crate::services::Services;

/// One visit in the row.
const TALLY: &str = "|";

/// The answer of a visit.
#[derive(Serialize, ToSchema)]
pub struct Visits {
    /// This one included.
    pub visits: usize,
}

/// 200 with the number of visits, this one included. Its `HEAD` counts as well: it is the same handler.
pub async fn get(
    State(services): State<Services>,
    Path(run): Path<String>,
    MaybeCaller(caller): MaybeCaller,
) -> ApiResult {
    lane(&services)?;
    let run = row::run(&run)?;
    count_against_the_rate(&services, caller)?;
    let grown = row::grow(&services, run, TALLY.to_owned()).await?;
    let visits = grown.post.content.matches(TALLY).count();
    Ok(Json(Visits { visits }).into_response())
}
