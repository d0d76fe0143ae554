//! Reading posts. Reads need no identity and change nothing.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use protocol::key::PostId;
use protocol::post::Post;
use protocol::problem::ProblemName;
use protocol::wire::{FeedPage, PostState, StatusAnswer};

use crate::api::query::{Asking, Page, PageQuery, page_cursor};
use crate::api::request::{Id, MaybeCaller};
use crate::error::{ApiError, ApiResult};
use crate::services::Services;
use crate::store::{Row, Store};

/// A page of a room, newest first.
pub async fn list(State(services): State<Services>, Asking(query): Asking<PageQuery>) -> ApiResult {
    let page = query.check()?;
    Ok(Json(read_page(services.store()?, &page).await?).into_response())
}

/// Reads a page; one row more than it holds says whether there is another.
pub async fn read_page(store: &dyn Store, page: &Page) -> Result<FeedPage, ApiError> {
    let mut rows = store.feed(&page.room, page.before, page.limit + 1).await?;
    let more = rows.len() > page.limit as usize;
    rows.truncate(page.limit as usize);
    let next = rows.last().filter(|_| more).map(|(sequence, _)| page_cursor(*sequence));
    Ok(FeedPage { posts: rows.into_iter().map(|(_, post)| post).collect(), next })
}

/// A post, with its change sequence as `ETag`: it differs after every edit.
pub async fn get(State(services): State<Services>, Id(id): Id) -> ApiResult {
    let (post, change) = find(services.store()?, id).await?;
    let tag = HeaderValue::try_from(format!("\"{change}\"")).map_err(|_| ApiError::internal())?;
    Ok(([(header::ETAG, tag)], Json(post)).into_response())
}

async fn find(store: &dyn Store, id: PostId) -> Result<(Post, i64), ApiError> {
    match store.find(id).await? {
        Some(Row::Post { post, change }) => Ok((post, change)),
        Some(Row::Tombstone { was_stored: true, .. }) => {
            Err(ApiError::new(ProblemName::PostDeleted, "The post was deleted by its author."))
        }
        Some(Row::Tombstone { was_stored: false, .. }) | None => {
            Err(ApiError::new(ProblemName::PostNotFound, "There is no post with this id."))
        }
    }
}

/// Where the caller's own operation stands. Someone else's id looks like one never seen.
pub async fn status(
    State(services): State<Services>,
    MaybeCaller(caller): MaybeCaller,
    Id(id): Id,
) -> ApiResult {
    let state = match (caller, services.store()?.find(id).await?) {
        (Some(caller), Some(Row::Post { post, .. })) if post.user_id == caller => PostState::Stored,
        (Some(caller), Some(Row::Tombstone { author, .. })) if author == caller => PostState::Deleted,
        _ => PostState::Absent,
    };
    Ok(Json(StatusAnswer { state, problem: None }).into_response())
}
