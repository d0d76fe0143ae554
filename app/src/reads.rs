//! Server functions, for reads alone: a page's data, rendered into it and fetched on navigation.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use protocol::numbers::{Numbers, Sample};

use crate::ports::{FeedView, ReadError};

/// A page of a room, newest first.
#[server(prefix = "/_read", endpoint = "feed", input = GetUrl)]
pub async fn read_feed(room: String, before: Option<String>) -> Result<FeedView, ReadError> {
    use std::sync::Arc;

    use crate::ports::Reader;

    let reader = use_context::<Arc<dyn Reader>>().ok_or(ReadError::Unavailable)?;
    reader.feed(&room, before.as_deref()).await
}

/// The newest of the server's counts.
#[server(prefix = "/_read", endpoint = "totals", input = GetUrl)]
pub async fn read_totals() -> Result<Sample, ReadError> {
    std::future::ready(Ok(totals_of_server())).await
}

/// What the server has counted; in the browser, which is given it inside the page, nothing.
#[cfg(feature = "ssr")]
pub fn numbers_of_server() -> Numbers {
    use std::sync::Arc;

    use crate::ports::Reader;

    use_context::<Arc<dyn Reader>>().map(|reader| reader.numbers()).unwrap_or_default()
}

/// What the server has counted; in the browser, which is given it inside the page, nothing.
#[cfg(not(feature = "ssr"))]
pub fn numbers_of_server() -> Numbers {
    Numbers::default()
}

/// The newest sample alone.
pub fn totals_of_server() -> Sample {
    numbers_of_server().samples.last().copied().unwrap_or_default()
}
