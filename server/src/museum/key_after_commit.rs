//! Does the work and commits it, then stores the key, in a second transaction.
//!
//! It looks right because every answered request leaves its key behind, for good, so that the next arrival finds it.
//! It breaks when anything goes wrong between the two commits: the post is there and its key is not, so whoever asks
//! again, be it the client or this server's own loop, finds nothing and does the work once more.

use super::arrival::{Arrival, Kept};
use crate::error::ApiError;

pub(super) async fn post(arrival: &Arrival) -> Result<Kept, ApiError> {
    let key = arrival.key()?;
    arrival
        .ask(|store, fault| async move {
            if let Some(row) = store.find(arrival.lane, arrival.room(), key).await? {
                return Ok(arrival.found(row));
            }
            let id = store.insert(&arrival.row(None), fault).await?;
            // Whatever happens here leaves a post without a key.
            store.save_key(id, key).await?;
            Ok(arrival.stored(id))
        })
        .await
}
