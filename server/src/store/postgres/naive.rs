//! The control arm: a row per arrival, a change per arrival.

use protocol::post::{Room, check_content};
use protocol::time::Timestamp;
use protocol::wire::NaivePost;
use sqlx::postgres::PgRow;
use sqlx::{Connection, PgConnection, Row as _};
use tokio::time::Instant;
use uuid::Uuid;

use super::PostgresStore;
use super::read::unreadable;
use crate::store::deadline::{WRITE, within};
use crate::store::error::connection_lost;
use crate::store::{DatabaseFault, NaiveAppend, NaiveAppended, NaiveInsert, StoreError};

pub(super) const INSERT: &str = "
insert into naive_posts (content, room, run, create_timestamp)
values ($1, $2, $3, timestamptz 'epoch' + $4 * interval '1 millisecond')
returning id";

const FIND: &str = "
select id, content, room, (extract(epoch from create_timestamp) * 1000)::bigint as create_timestamp
from naive_posts
where id = $1 and run is not distinct from $2
for update";

const SET_CONTENT: &str = "update naive_posts set content = $2 where id = $1";

const PAGE: &str = "
select id, content, room, (extract(epoch from create_timestamp) * 1000)::bigint as create_timestamp
from naive_posts
where ($1::text is null or room = $1) and ($2::uuid is null or run = $2) and id < $3
order by id desc limit $4";

impl PostgresStore {
    pub(super) async fn insert_naive_row(
        &self,
        row: &NaiveInsert,
        fault: Option<DatabaseFault>,
    ) -> Result<NaivePost, StoreError> {
        let deadline = Instant::now() + WRITE;
        let (mut slot, mut connection) =
            within(deadline, self.writer(fault)).await.map_err(StoreError::NotApplied)?;

        let begin = connection.begin();
        let mut transaction = within(deadline, begin).await.map_err(StoreError::NotApplied)?;
        let insert = sqlx::query_scalar(INSERT)
            .bind(&row.post.content)
            .bind(row.post.room.as_str())
            .bind(row.run)
            .bind(row.create_timestamp.unix_ms());
        let id =
            within(deadline, insert.fetch_one(&mut *transaction)).await.map_err(StoreError::NotApplied)?;
        if fault == Some(DatabaseFault::RolledBack) {
            return Err(StoreError::NotApplied(connection_lost()));
        }
        within(deadline, transaction.commit()).await.map_err(StoreError::Unknown)?;
        if fault == Some(DatabaseFault::CommitAckLost) {
            return Err(StoreError::Unknown(connection_lost()));
        }
        *slot = Some(connection);

        Ok(NaivePost {
            id,
            content: row.post.content.clone(),
            room: row.post.room.clone(),
            create_timestamp: row.create_timestamp,
        })
    }

    pub(super) async fn append_to_naive_row(
        &self,
        append: &NaiveAppend,
        fault: Option<DatabaseFault>,
    ) -> Result<NaiveAppended, StoreError> {
        let deadline = Instant::now() + WRITE;
        let (mut slot, mut connection) =
            within(deadline, self.writer(fault)).await.map_err(StoreError::NotApplied)?;

        let begin = connection.begin();
        let mut transaction = within(deadline, begin).await.map_err(StoreError::NotApplied)?;
        let appended = within(deadline, add_text(&mut transaction, append)).await;
        let appended = appended.map_err(StoreError::NotApplied)?;
        if fault == Some(DatabaseFault::RolledBack) {
            return Err(StoreError::NotApplied(connection_lost()));
        }
        within(deadline, transaction.commit()).await.map_err(StoreError::Unknown)?;
        if fault == Some(DatabaseFault::CommitAckLost) {
            return Err(StoreError::Unknown(connection_lost()));
        }
        *slot = Some(connection);
        Ok(appended)
    }

    pub(super) async fn naive_page(
        &self,
        room: Option<&Room>,
        run: Option<Uuid>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<NaivePost>, StoreError> {
        let query = sqlx::query(PAGE)
            .bind(room.map(Room::as_str))
            .bind(run)
            .bind(before.unwrap_or(i64::MAX))
            .bind(i64::from(limit));
        let rows = self.rows(query).await?;
        rows.iter().map(naive_post).collect::<Result<_, _>>().map_err(StoreError::NotApplied)
    }
}

async fn add_text(
    transaction: &mut PgConnection,
    append: &NaiveAppend,
) -> Result<NaiveAppended, sqlx::Error> {
    let found = sqlx::query(FIND).bind(append.id).bind(append.run).fetch_optional(&mut *transaction).await?;
    let Some(mut post) = found.as_ref().map(naive_post).transpose()? else {
        return Ok(NaiveAppended::Missing);
    };
    post.content.push_str(&append.text);
    if check_content(&post.content).is_err() {
        return Ok(NaiveAppended::TooLong);
    }
    sqlx::query(SET_CONTENT).bind(post.id).bind(&post.content).execute(transaction).await?;
    Ok(NaiveAppended::Done(post))
}

pub(super) fn naive_post(row: &PgRow) -> Result<NaivePost, sqlx::Error> {
    Ok(NaivePost {
        id: row.try_get("id")?,
        content: row.try_get("content")?,
        room: Room::parse(row.try_get("room")?).map_err(unreadable)?,
        create_timestamp: Timestamp::from_unix_ms(row.try_get("create_timestamp")?),
    })
}
