//! Pages and single rows, each by one statement.

use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::post::{ImageId, Post, Room};
use protocol::time::Timestamp;
use protocol::user::UserId;
use sqlx::Row as _;
use sqlx::postgres::{PgArguments, PgRow, Postgres};
use sqlx::query::Query;
use tokio::time::Instant;
use uuid::Uuid;

use super::PostgresStore;
use crate::store::deadline::{READ, within};
use crate::store::judgement::StoredRow;
use crate::store::{Change, Row, StoreError};

/// Posts with their author's name, in the columns that [`stored_row`] reads.
macro_rules! select_posts {
    ($rest:literal) => {
        concat!(
            "select posts.id, posts.user_id, users.name, posts.image_id, posts.content,
    (extract(epoch from posts.create_timestamp) * 1000)::bigint as create_timestamp, posts.room, posts.sequence, posts.change,
    posts.fingerprint, posts.fingerprint_version, posts.write_id\n",
            $rest
        )
    };
}
pub(super) use select_posts;

const FIND: &str = select_posts!(
    "from posts join users on users.id = posts.user_id
where posts.id = $1"
);

pub(super) const FEED: &str = select_posts!(
    "from posts join users on users.id = posts.user_id
where posts.room = $1 and posts.deleted_at is null and posts.sequence < $2
order by posts.sequence desc limit $3"
);

pub(super) const CHANGES: &str = select_posts!(
    "from posts join users on users.id = posts.user_id
where posts.room = $1 and posts.was_stored and posts.change > $2
order by posts.change limit $3"
);

const ALL_CHANGES: &str = select_posts!(
    "from posts join users on users.id = posts.user_id
where posts.was_stored and posts.change > $1
order by posts.change limit $2"
);

impl PostgresStore {
    /// Runs one statement. After an error or a deadline the connection is closed, never reused.
    pub(super) async fn rows(
        &self,
        query: Query<'_, Postgres, PgArguments>,
    ) -> Result<Vec<PgRow>, StoreError> {
        let deadline = Instant::now() + READ;
        let mut connection =
            within(deadline, self.readers.acquire()).await.map_err(StoreError::NotApplied)?;
        let rows = within(deadline, query.fetch_all(&mut *connection)).await;
        if rows.is_err() {
            connection.close_on_drop();
        }
        rows.map_err(StoreError::NotApplied)
    }

    pub(super) async fn find_row(&self, id: PostId) -> Result<Option<Row>, StoreError> {
        let rows = self.rows(sqlx::query(FIND).bind(id.as_uuid())).await?;
        let row = rows.first().map(stored_row).transpose().map_err(StoreError::NotApplied)?;
        Ok(row.map(StoredRow::into_row))
    }

    pub(super) async fn feed_page(
        &self,
        room: &Room,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<(i64, Post)>, StoreError> {
        let query =
            sqlx::query(FEED).bind(room.as_str()).bind(before.unwrap_or(i64::MAX)).bind(i64::from(limit));
        let mut page = Vec::new();
        for row in self.rows(query).await? {
            let sequence = row.try_get("sequence").map_err(StoreError::NotApplied)?;
            if let Some(post) = stored_row(&row).map_err(StoreError::NotApplied)?.post() {
                page.push((sequence, post));
            }
        }
        Ok(page)
    }

    pub(super) async fn changes_page(
        &self,
        room: &Room,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Change>, StoreError> {
        let query = sqlx::query(CHANGES).bind(room.as_str()).bind(after).bind(i64::from(limit));
        changes(&self.rows(query).await?)
    }

    pub(super) async fn all_changes_page(&self, after: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
        changes(&self.rows(sqlx::query(ALL_CHANGES).bind(after).bind(i64::from(limit))).await?)
    }

    pub(super) async fn read_latest_change(&self) -> Result<i64, StoreError> {
        let rows = self.rows(sqlx::query("select coalesce(max(change), 0) from posts")).await?;
        rows.first().map_or(Ok(0), |row| row.try_get(0)).map_err(StoreError::NotApplied)
    }
}

fn changes(rows: &[PgRow]) -> Result<Vec<Change>, StoreError> {
    let stored = rows.iter().map(stored_row).collect::<Result<Vec<_>, _>>();
    Ok(stored.map_err(StoreError::NotApplied)?.into_iter().filter_map(StoredRow::into_change).collect())
}

pub(super) fn stored_row(row: &PgRow) -> Result<StoredRow, sqlx::Error> {
    let digest: Option<Vec<u8>> = row.try_get("fingerprint")?;
    let version: Option<i16> = row.try_get("fingerprint_version")?;
    let room: Option<String> = row.try_get("room")?;
    Ok(StoredRow {
        id: PostId::from_uuid(row.try_get("id")?).map_err(unreadable)?,
        author: UserId(row.try_get("user_id")?),
        name: row.try_get("name")?,
        image_id: row.try_get::<Option<Uuid>, _>("image_id")?.map(ImageId),
        content: row.try_get("content")?,
        create_timestamp: Timestamp::from_unix_ms(row.try_get("create_timestamp")?),
        room: room.map(|room| Room::parse(&room)).transpose().map_err(unreadable)?,
        change: row.try_get("change")?,
        fingerprint: match (version, digest) {
            (Some(version), Some(digest)) => {
                let version = version.try_into().map_err(unreadable)?;
                Some(Fingerprint { version, digest: self::digest(digest)? })
            }
            _ => None,
        },
        write_id: row.try_get("write_id")?,
    })
}

pub(super) fn digest(bytes: Vec<u8>) -> Result<[u8; 32], sqlx::Error> {
    bytes.try_into().map_err(|_| unreadable(WrongLength))
}

#[derive(Debug, thiserror::Error)]
#[error("a stored fingerprint is 32 bytes long")]
struct WrongLength;

/// A row that somebody else has written into the table.
pub(super) fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}
