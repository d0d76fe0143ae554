//! Honours every key that it is sent, and takes posts without one, too.
//!
//! It looks right because a request that carries a key is safe to repeat. It breaks in a client that sends the key
//! with its first attempt and not with the retry, because the code that retries builds the request anew: to the
//! server that retry is a request like any other. An optional key protects only those who never forget it.

use super::arrival::{Arrival, Kept};
use super::honoured;
use crate::error::ApiError;

pub(super) async fn post(arrival: &Arrival) -> Result<Kept, ApiError> {
    if let Some(key) = &arrival.key {
        return honoured::post(arrival, key).await;
    }
    let id = arrival.ask(|store, fault| async move { store.insert(&arrival.row(None), fault).await }).await?;
    Ok(arrival.stored(id))
}
