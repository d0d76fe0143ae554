//! The museum's statements.

use async_trait::async_trait;
use protocol::post::Room;
use protocol::trace::Lane;
use protocol::wire::NaivePost;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};
use sqlx::{Connection, Row as _};
use tokio::time::Instant;
use uuid::Uuid;

use super::SqliteStore;
use super::naive::naive_post;
use crate::store::deadline::{WRITE, within};
use crate::store::error::connection_lost;
use crate::store::museum::{MuseumInsert, MuseumRow, MuseumStore, Once};
use crate::store::{DatabaseFault, StoreError};

const FIND: &str = "
select id, content, room, create_timestamp, arrival from museum_posts
where lane = ?1 and room = ?2 and key = ?3
order by id limit 1";

const INSERT: &str = "
insert into museum_posts (lane, run, room, key, content, arrival, create_timestamp)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
returning id";

const INSERT_ONCE: &str = "
insert into museum_posts (lane, run, room, key, content, arrival, create_timestamp)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
on conflict do nothing
returning id";

const SAVE_KEY: &str = "update museum_posts set key = ?2 where id = ?1";

const PAGE: &str = "
select id, content, room, create_timestamp from museum_posts
where lane = ?1 and (?2 is null or room = ?2) and (?3 is null or run = ?3) and id < ?4
order by id desc limit ?5";

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

impl SqliteStore {
    /// One statement in a transaction of its own.
    async fn museum_write(
        &self,
        statement: Statement<'_>,
        fault: Option<DatabaseFault>,
    ) -> Result<Option<SqliteRow>, StoreError> {
        let deadline = Instant::now() + WRITE;
        let (mut slot, mut connection) =
            within(deadline, self.writer(fault)).await.map_err(StoreError::NotApplied)?;

        let begin = connection.begin_with("begin immediate");
        let mut transaction = within(deadline, begin).await.map_err(StoreError::NotApplied)?;
        let executed = statement.fetch_optional(&mut *transaction);
        let row = within(deadline, executed).await.map_err(StoreError::NotApplied)?;
        if fault == Some(DatabaseFault::RolledBack) {
            return Err(StoreError::NotApplied(connection_lost()));
        }
        within(deadline, transaction.commit()).await.map_err(StoreError::Unknown)?;
        if fault == Some(DatabaseFault::CommitAckLost) {
            return Err(StoreError::Unknown(connection_lost()));
        }
        *slot = Some(connection);
        Ok(row)
    }
}

fn bind_row<'q>(statement: &'static str, row: &'q MuseumInsert) -> Statement<'q> {
    sqlx::query(statement)
        .bind(row.lane.as_str())
        .bind(row.run)
        .bind(row.post.room.as_str())
        .bind(&row.key)
        .bind(&row.post.content)
        .bind(row.arrival)
        .bind(row.create_timestamp.unix_ms())
}

#[async_trait]
impl MuseumStore for SqliteStore {
    fn looking(&self) -> &'static str {
        FIND
    }

    fn statements(&self, lane: Lane) -> &'static [&'static str] {
        match lane {
            Lane::RetryWithoutKey | Lane::NewKeyPerEdit | Lane::ServerMinted => &[INSERT_ONCE, FIND],
            Lane::KeyAfterCommit => &[FIND, INSERT, SAVE_KEY],
            _ => &[INSERT],
        }
    }

    async fn find(&self, lane: Lane, room: &Room, key: &str) -> Result<Option<MuseumRow>, StoreError> {
        let query = sqlx::query(FIND).bind(lane.as_str()).bind(room.as_str()).bind(key);
        let rows = self.rows(query).await?;
        rows.first().map(museum_row).transpose().map_err(StoreError::NotApplied)
    }

    async fn insert(&self, row: &MuseumInsert, fault: Option<DatabaseFault>) -> Result<i64, StoreError> {
        let inserted = self.museum_write(bind_row(INSERT, row), fault).await?;
        inserted.ok_or(sqlx::Error::RowNotFound).and_then(|row| row.try_get(0)).map_err(StoreError::Unknown)
    }

    async fn insert_once(
        &self,
        row: &MuseumInsert,
        fault: Option<DatabaseFault>,
    ) -> Result<Once, StoreError> {
        if let Some(inserted) = self.museum_write(bind_row(INSERT_ONCE, row), fault).await? {
            return inserted.try_get(0).map(Once::Inserted).map_err(StoreError::Unknown);
        }
        // A statement of its own: an insert that did nothing returns nothing.
        let key = row.key.as_deref().unwrap_or_default();
        let there = self.find(row.lane, &row.post.room, key).await?;
        there.map(Once::There).ok_or(StoreError::NotApplied(sqlx::Error::RowNotFound))
    }

    async fn save_key(&self, id: i64, key: &str) -> Result<(), StoreError> {
        self.museum_write(sqlx::query(SAVE_KEY).bind(id).bind(key), None).await.map(|_| ())
    }

    async fn page(
        &self,
        lane: Lane,
        room: Option<&Room>,
        run: Option<Uuid>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<NaivePost>, StoreError> {
        let query = sqlx::query(PAGE)
            .bind(lane.as_str())
            .bind(room.map(Room::as_str))
            .bind(run)
            .bind(before.unwrap_or(i64::MAX))
            .bind(limit);
        let rows = self.rows(query).await?;
        rows.iter().map(naive_post).collect::<Result<_, _>>().map_err(StoreError::NotApplied)
    }
}

fn museum_row(row: &SqliteRow) -> Result<MuseumRow, sqlx::Error> {
    Ok(MuseumRow { post: naive_post(row)?, arrival: row.try_get("arrival")? })
}
