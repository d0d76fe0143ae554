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
use crate::writer::Queueing;

/// What became of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// A post was erased.
    Erased,
    /// There was no post of the caller's.
    Nothing,
    /// The log holds it.
    Queued,
}

/// Deletes the caller's post, or leaves a tombstone where the id was never seen.
pub async fn delete(
    services: &Services,
    id: PostId,
    author: UserId,
    asked: &Asked,
    headers: &HeaderMap,
) -> (Journey, Result<Deletion, ApiError>) {
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
            let delete = Command::Delete(delete);
            Ok(match write_counted(&services, delete, Queueing::IfAway, &journey).await? {
                Verdict::Deleted => Deletion::Erased,
                Verdict::Queued(_) => Deletion::Queued,
                _ => Deletion::Nothing,
            })
        }
    };
    (journey, services.detached(work).await)
}
