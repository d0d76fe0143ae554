//! What pages read, from the same database and by the same rules as the API.

use app::ports::{FeedView, ReadError, Reader};
use async_trait::async_trait;
use protocol::numbers::Numbers;

use crate::api::query::PageQuery;
use crate::api::read::read_page;
use crate::services::Services;

/// Fills the port that `app` reads through.
pub struct StoreReader(pub Services);

#[async_trait]
impl Reader for StoreReader {
    async fn feed(&self, room: &str, before: Option<&str>) -> Result<FeedView, ReadError> {
        let query = PageQuery {
            room: Some(room.to_owned()),
            before: before.map(str::to_owned),
            ..PageQuery::default()
        };
        let page = query.check().map_err(|_| ReadError::Invalid)?;
        let store = self.0.store().map_err(|_| ReadError::Unavailable)?;
        // Read before the page: a change in between is then seen twice, and merged by its id, never missed.
        let cursor = store.latest_change().await.map_err(|_| ReadError::Unavailable)?;
        let page = read_page(store, &page).await.map_err(|_| ReadError::Unavailable)?;
        Ok(FeedView { page, cursor: cursor.to_string() })
    }

    fn numbers(&self) -> Numbers {
        self.0.numbers.snapshot(self.0.writer.in_flight())
    }
}
