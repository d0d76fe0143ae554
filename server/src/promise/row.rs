//! The one row that a run keeps here.

use protocol::post::NewPost;
use protocol::problem::{Problem, ProblemName};
use protocol::trace::Row;
use protocol::wire::NaivePost;
use uuid::Uuid;

use crate::api::query::invalid;
use crate::error::ApiError;
use crate::ledger::Witness;
use crate::services::{Services, now};
use crate::store::{NaiveAppend, NaiveAppended, NaiveInsert};
use crate::writer::Watched;

/// The run that a path names; 400 `invalid-query`.
pub(super) fn run(text: &str) -> Result<Uuid, ApiError> {
    Uuid::try_parse(text).map_err(|_| invalid("run must be a UUID"))
}

/// What became of a row.
pub(super) struct Grown {
    pub post: NaivePost,
    /// It was not there before.
    pub is_new: bool,
}

/// Adds `text` to the run's row, or begins one in the room that the run has for itself. It goes on when the client has
/// gone, like every write.
pub(super) async fn grow(services: &Services, run: Uuid, text: String) -> Result<Grown, ApiError> {
    let work = carry_out(services.clone(), run, text);
    services.detached(work).await
}

async fn carry_out(services: Services, run: Uuid, text: String) -> Result<Grown, ApiError> {
    let store = services.store()?;
    let newest = store.naive_feed(None, Some(run), None, 1).await?;
    let Some(there) = newest.first() else {
        let room = run.simple().to_string();
        let post = NewPost::check(text, None, Some(&room)).map_err(|error| too_long(&error.to_string()))?;
        let row = NaiveInsert { post, run: Some(run), create_timestamp: now() };
        let stored = services.writer.submit_naive(row, None, &Witness::default()).await;
        services.numbers.count_naive(stored.is_ok());
        let post = stored?;
        return Ok(Grown { post, is_new: true });
    };
    let append = NaiveAppend { id: there.id, run: Some(run), text };
    let work = |fault| store.append_naive(&append, fault);
    let unseen = async || None::<Row>;
    match services.writer.until_answered(None, Watched::default(), work, unseen).await? {
        NaiveAppended::Done(post) => Ok(Grown { post, is_new: false }),
        NaiveAppended::TooLong => Err(too_long("With this, the row would be over 2,048 characters")),
        NaiveAppended::Missing => {
            Err(ApiError::new(ProblemName::PostNotFound, "The row of this run has gone in the meantime."))
        }
    }
}

/// 422 `invalid-content`: what keeps a row small.
fn too_long(why: &str) -> ApiError {
    Problem::new(ProblemName::InvalidContent, format!("{why}.")).at("/content").into()
}
