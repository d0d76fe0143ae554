//! Server functions, for reads alone: a page's data, rendered into it and fetched on navigation.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

use crate::ports::{FeedView, ReadError};

/// A page of a room, newest first.
#[server(prefix = "/_read", endpoint = "feed", input = GetUrl)]
pub async fn read_feed(room: String, before: Option<String>) -> Result<FeedView, ReadError> {
    use std::sync::Arc;

    use crate::ports::Reader;

    let reader = use_context::<Arc<dyn Reader>>().ok_or(ReadError::Unavailable)?;
    reader.feed(&room, before.as_deref()).await
}
