//! Needs a key, and honours it.
//!
//! It looks right because no post is stored without a key and none twice under one. It breaks in a client that mints
//! another key whenever its text changes: its first attempt got no answer, so it takes the post for unsent, lets its
//! user mend a word, and sends what was meant once under a second key. The server cannot know.

use super::arrival::{Arrival, Kept};
use super::honoured;
use crate::error::ApiError;

pub(super) async fn post(arrival: &Arrival) -> Result<Kept, ApiError> {
    honoured::post(arrival, arrival.key()?).await
}
