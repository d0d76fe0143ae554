//! One author's records, for whoever wants to see them wait.

use protocol::user::UserId;
use sqlx::Row as _;

use super::Queue;
use super::statements::{NO_LONGER_SET_ASIDE, RECENT};
use crate::log::{Entry, LogError, Offset};

/// Of each partition so many records are looked through, so that the look costs the same however long the log is.
const LOOKED_THROUGH: i64 = 1_000;

/// A record, and whether it waits.
#[derive(Clone, Debug)]
pub struct Recent {
    pub entry: Entry,
    /// Unix milliseconds before which it is not to be applied, 0 where it may be at once; `None` once it was applied.
    pub waits_until: Option<i64>,
}

impl Queue {
    /// The author's records among the last ones of the log, in order.
    pub async fn recent(&self, author: UserId) -> Result<Vec<Recent>, LogError> {
        let author = author.as_uuid().to_string();
        let query = sqlx::query(RECENT).bind(author).bind(LOOKED_THROUGH);
        let rows = self.read(query.fetch_all(&self.readers)).await?;
        let recent = rows.into_iter().map(|row| {
            let offset = Offset { partition: row.try_get(0)?, position: row.try_get(1)? };
            Ok(Recent { entry: Entry { offset, payload: row.try_get(2)? }, waits_until: row.try_get(3)? })
        });
        recent.collect::<Result<_, sqlx::Error>>().map_err(LogError::not_appended)
    }

    /// What the author has waiting need not wait any longer. Their order stays: it is that of the log.
    pub async fn release(&self, author: UserId) -> Result<(), LogError> {
        self.write([NO_LONGER_SET_ASIDE], &hex::encode(author.as_uuid())).await?;
        self.news.notify_one();
        Ok(())
    }
}
