//! Records of the log that were refused.

use async_trait::async_trait;
use protocol::key::PostId;
use protocol::problem::Problem;
use protocol::user::UserId;
use sqlx::{Connection, Row as _};
use tokio::time::Instant;

use super::PostgresStore;
use crate::store::dead_letter::{Columns, read_problem};
use crate::store::deadline::{WRITE, within};
use crate::store::{DeadLetter, DeadLetters, StoreError};

const BURY: &str = "
insert into dead_letters (record, user_id, post_id, key, fingerprint, problem, payload, create_timestamp)
values ($1, $2, $3, $4, $5, $6, $7,
    timestamptz 'epoch' + $8 * interval '1 millisecond')
on conflict (record) do nothing";

/// Only while the post is not what the command asked for, and nothing was done under its key.
const REJECTION: &str = "
select problem from dead_letters as letter
where letter.user_id = $1 and letter.post_id = $2
    and not exists (select 1 from posts
        where posts.id = letter.post_id and posts.user_id = letter.user_id
            and (posts.deleted_at is not null or posts.fingerprint = letter.fingerprint))
    and not exists (select 1 from operations
        where operations.user_id = letter.user_id and operations.key = letter.key
            and operations.fingerprint = letter.fingerprint)
order by letter.create_timestamp desc limit 1";

#[async_trait]
impl DeadLetters for PostgresStore {
    async fn bury(&self, letters: &[DeadLetter]) -> Result<(), StoreError> {
        let deadline = Instant::now() + WRITE;
        let (mut slot, mut connection) =
            within(deadline, self.writer(None)).await.map_err(StoreError::NotApplied)?;
        let mut transaction = within(deadline, connection.begin()).await.map_err(StoreError::NotApplied)?;
        for letter in letters {
            let Columns { record, about, problem, payload, time_ms } = letter.columns()?;
            let insert = sqlx::query(BURY)
                .bind(record)
                .bind(about.map(|about| about.author.as_uuid()))
                .bind(about.map(|about| about.post.as_uuid()))
                .bind(about.and_then(|about| about.key.as_deref()))
                .bind(about.and_then(|about| about.fingerprint).map(|print| print.digest.to_vec()))
                .bind(problem)
                .bind(payload)
                .bind(time_ms);
            within(deadline, insert.execute(&mut *transaction)).await.map_err(StoreError::NotApplied)?;
        }
        within(deadline, transaction.commit()).await.map_err(StoreError::Unknown)?;
        *slot = Some(connection);
        Ok(())
    }

    async fn rejection(&self, author: UserId, post: PostId) -> Result<Option<Problem>, StoreError> {
        let query = sqlx::query(REJECTION).bind(author.as_uuid()).bind(post.as_uuid());
        let rows = self.rows(query).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        read_problem(row.try_get(0).map_err(StoreError::NotApplied)?).map(Some)
    }
}
