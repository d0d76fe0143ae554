//! Reading posts. Reads need no identity and change nothing.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use protocol::key::PostId;
use protocol::post::Post;
use protocol::problem::ProblemName;
use protocol::user::UserId;
use protocol::wire::{FeedPage, PostState, StatusAnswer};

use crate::api::query::{Asking, Page, PageQuery, page_cursor};
use crate::api::request::{Id, MaybeCaller};
use crate::error::{ApiError, ApiResult};
use crate::services::Services;
use crate::store::{Row, Store, Target};

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
    let answer = match caller {
        Some(caller) => status_of(&services, caller, id).await?,
        None => StatusAnswer { state: PostState::Absent, problem: None },
    };
    Ok(Json(answer).into_response())
}

async fn status_of(services: &Services, caller: UserId, id: PostId) -> Result<StatusAnswer, ApiError> {
    let plain = |state| Ok(StatusAnswer { state, problem: None });
    // The log first: what is applied between the two looks is found by the second.
    if is_queued(services, caller, id).await {
        return plain(PostState::Queued);
    }
    let store = services.store()?;
    let row = store.find(id).await?;
    if let Some(problem) = store.dead_letters().rejection(caller, id).await? {
        return Ok(StatusAnswer { state: PostState::Rejected, problem: Some(problem) });
    }
    match row {
        Some(Row::Post { post, .. }) if post.user_id == caller => plain(PostState::Stored),
        Some(Row::Tombstone { author, .. }) if author == caller => plain(PostState::Deleted),
        _ => plain(PostState::Absent),
    }
}

async fn is_queued(services: &Services, caller: UserId, id: PostId) -> bool {
    let Some(log) = &services.log else { return false };
    let pending = log.queue().pending(&[(caller, Target::Post(id))]).await;
    pending.is_ok_and(|pending| pending.iter().any(Option::is_some))
}
