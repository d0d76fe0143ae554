//! A key that is honoured as it should be: the unique index decides, in the statement that writes the row.
//!
//! Nothing is wrong here. It is what three exhibits have in common, whose fault lies before this statement.

use protocol::problem::ProblemName;

use super::arrival::{Arrival, Kept};
use crate::error::ApiError;
use crate::store::museum::Once;

/// Stores the post under `key`, or finds the one that is there; 422 `key-reused` where that one says something else.
pub(super) async fn post(arrival: &Arrival, key: &str) -> Result<Kept, ApiError> {
    let kept = arrival
        .ask(|store, fault| async move {
            Ok(match store.insert_once(&arrival.row(Some(key)), fault).await? {
                Once::Inserted(id) => arrival.stored(id),
                Once::There(row) => arrival.found(row),
            })
        })
        .await?;
    if kept.post.content == arrival.post.content {
        Ok(kept)
    } else {
        Err(ApiError::new(ProblemName::KeyReused, "This key belongs to other content. Nothing was written."))
    }
}
