//! Looks for the key, and inserts where it finds nothing.
//!
//! It looks right because the key is asked about before anything is written, and in any test that sends one request
//! after the other it is right. It breaks when two arrivals look before either has written: both find nothing, and
//! no unique index stops the second. That is no rare luck, because a client that gave up waiting sends its retry
//! exactly while the first request is still at work.

use super::arrival::{Arrival, Kept};
use crate::error::ApiError;
use protocol::trace::Seen;

pub(super) async fn post(arrival: &Arrival) -> Result<Kept, ApiError> {
    let key = arrival.key()?;
    arrival
        .ask(|store, fault| async move {
            let found = store.find(arrival.lane, arrival.room(), key).await?;
            let sql = || store.looking().trim().to_owned();
            arrival.journey.witness.note(|| Seen::Looked { found: found.is_some(), sql: sql() });
            if let Some(row) = found {
                return Ok(arrival.found(row));
            }
            // The request's own work, between the check and the insert: `slow` makes it take long.
            arrival.journey.after_commit(&arrival.services).await;
            let id = store.insert(&arrival.row(Some(key)), fault).await?;
            Ok(arrival.stored(id))
        })
        .await
}
