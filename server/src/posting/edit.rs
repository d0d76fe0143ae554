//! Changing a post's content, once per key.

use axum::http::{HeaderMap, Method};
use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::post::Revision;
use protocol::problem::ProblemName;
use protocol::trace::Lane;
use protocol::user::UserId;
use protocol::wire::EditBody;
use uuid::Uuid;

use super::create::{Stored, StoredAs};
use super::refusal::refusal;
use super::write::{depart, write_counted};
use crate::error::ApiError;
use crate::faults::{Asked, Subject};
use crate::ledger::{Arriving, Journey};
use crate::services::{Services, now};
use crate::store::{Command, Edit, IfMatch, Verdict};
use crate::writer::Queueing;

/// An edit that passed every check that needs no database.
#[derive(Clone, Debug)]
pub struct Editing {
    pub id: PostId,
    pub author: UserId,
    /// Any form of key, be it a UUID.
    pub key: String,
    pub revision: Revision,
    pub if_match: Option<IfMatch>,
}

/// Passes an acceptable text on. What is wrong with the rest is said about a key that nobody used.
pub async fn revision_or_why_not(
    services: &Services,
    key: &str,
    author: UserId,
    revision: Result<Revision, ApiError>,
) -> Result<Revision, ApiError> {
    let Err(error) = revision else { return revision };
    let used = error.0.name() == Some(ProblemName::InvalidContent)
        && services.store()?.find_key(author, key).await?.is_some();
    Err(if used { refusal(&Verdict::KeyReused) } else { error })
}

/// Applies an edit once. A retry gets the first answer, whatever became of the post since. There is nothing to
/// attach to: a copy that comes while the first is being written is decided after it.
pub async fn edit(
    services: &Services,
    editing: Editing,
    asked: &Asked,
    headers: &HeaderMap,
) -> (Journey, Result<Stored, ApiError>) {
    let Editing { id, author, key, revision, if_match } = editing;
    let subject = Subject::Key(author, key.clone());
    let journey = depart(services, asked, subject, Method::PATCH, |fault| Arriving {
        lane: Lane::Key,
        method: Method::PATCH,
        path: format!("/api/posts/{id}"),
        headers,
        body: serde_json::to_string(&EditBody::from(revision.clone())).unwrap_or_default(),
        fault,
    });
    let work = {
        let (services, journey) = (services.clone(), journey.clone());
        async move {
            journey.before(&services).await?;
            let edit = Edit {
                id,
                author,
                key,
                fingerprint: Fingerprint::of_edit(id, &revision),
                revision,
                if_match,
                write_id: Uuid::new_v4(),
                edit_timestamp: now(),
            };
            let queueing = if edit.if_match.is_some() { Queueing::Never } else { Queueing::IfAway };
            match write_counted(&services, Command::Edit(edit), queueing, &journey).await? {
                Verdict::Queued(id) => Ok(Stored { what: StoredAs::Queued(id), replayed: false }),
                Verdict::Done { answer, replayed } => Ok(Stored { what: StoredAs::Answer(answer), replayed }),
                refused => Err(refusal(&refused)),
            }
        }
    };
    (journey, services.detached(work).await)
}
