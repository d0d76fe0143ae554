//! `PUT /api/lab/promise/notes/{run}`: a replacement that appends.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;

use super::row;
use crate::api::body::{self, MediaType};
use crate::api::request::MaybeCaller;
use crate::error::ApiResult;
use crate::naive::{count_against_the_rate, lane};
use crate::services::Services;

/// 201 for the first, 200 with the row as it stands for the others; the body is `{"content"}`.
pub async fn put(
    State(services): State<Services>,
    Path(run): Path<String>,
    MaybeCaller(caller): MaybeCaller,
    headers: HeaderMap,
    body: Body,
) -> ApiResult {
    lane(&services)?;
    let run = row::run(&run)?;
    let post = body::post(MediaType::json(&headers)?, body).await?;
    count_against_the_rate(&services, caller)?;
    let grown = row::grow(&services, run, post.content).await?;
    let status = if grown.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(grown.post)).into_response())
}
