//! Deleting a post.

use axum::http::{HeaderMap, Method};
use protocol::key::PostId;
use protocol::trace::Lane;
use protocol::user::UserId;
use uuid::Uuid;

use super::write::{depart, write_counted};
use crate::error::ApiError;
use crate::faults::{Asked, Subject};
use crate::ledger::{Arriving, Journey};
use crate::services::{Services, now};
use crate::store::{Command, Delete, Verdict};

/// Deletes the caller's post, or leaves a tombstone where the id was never seen. True where a post was erased.
pub async fn delete(
    services: &Services,
    id: PostId,
    author: UserId,
    asked: &Asked,
    headers: &HeaderMap,
) -> (Journey, Result<bool, ApiError>) {
    let journey = depart(services, asked, Subject::Post(id), Method::DELETE, |fault| Arriving {
        lane: Lane::Uuid,
        method: Method::DELETE,
        path: format!("/api/posts/{id}"),
        headers,
        body: String::new(),
        fault,
    });
    let work = {
        let (services, journey) = (services.clone(), journey.clone());
        async move {
            journey.before(&services).await?;
            let delete = Delete { id, author, write_id: Uuid::new_v4(), delete_timestamp: now() };
            let answer = write_counted(&services, Command::Delete(delete), &journey).await;
            Ok(matches!(answer?, Verdict::Deleted))
        }
    };
    (journey, services.detached(work).await)
}
