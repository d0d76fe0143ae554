//! A batch of commands in one transaction.

use std::collections::BTreeMap;

use protocol::key::PostId;
use protocol::user::display_name;
use sqlx::postgres::{PgArguments, Postgres};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use tokio::time::Instant;
use uuid::Uuid;

use super::listen::{CHANNEL, payload};
use super::read::{select_posts, stored_row, unreadable};
use super::{PostgresStore, create, operations, per_request};
use crate::store::deadline::{WRITE, within};
use crate::store::error::connection_lost;
use crate::store::judgement::{Findings, Parts, StoredRow, Written, conclude, notices};
use crate::store::{Command, Create, DatabaseFault, Delete, StoreError, Verdict};

/// Held by whoever writes posts, in any instance, until its transaction ends. It is taken before a number is
/// drawn, so the order of numbers is the order of commits: without it a reader could see 3 before 2, take 3 for
/// its cursor, and never be told of 2.
pub(super) const WRITE_LOCK: i64 = 0x706f_7374_6f6e_6365;

impl PostgresStore {
    pub(super) async fn apply_batch(
        &self,
        batch: &[Command],
        fault: Option<DatabaseFault>,
    ) -> Result<Vec<Verdict>, StoreError> {
        let deadline = Instant::now() + WRITE;
        let (mut slot, mut connection) =
            within(deadline, self.writer(fault)).await.map_err(StoreError::NotApplied)?;

        // Whatever fails from here on takes the connection with it, and the transaction with the connection.
        let written = match create::only_creates(batch) {
            // What is to be rolled back must not be committed by its own statement.
            Some(creates) if fault != Some(DatabaseFault::RolledBack) => {
                create::store(&mut connection, batch, &creates, deadline).await?
            }
            _ => step_by_step(&mut connection, batch, self.numbers(), fault, deadline).await?,
        };
        if fault == Some(DatabaseFault::CommitAckLost) {
            return Err(StoreError::Unknown(connection_lost()));
        }
        *slot = Some(connection);
        Ok(written.verdicts)
    }
}

/// A batch of any commands: statements that depend on what those before them have found, between BEGIN and COMMIT.
async fn step_by_step(
    connection: &mut PgConnection,
    batch: &[Command],
    numbers: Numbers,
    fault: Option<DatabaseFault>,
    deadline: Instant,
) -> Result<Written, StoreError> {
    within(deadline, begin(connection, numbers)).await.map_err(StoreError::NotApplied)?;
    let written =
        within(deadline, write(connection, batch, numbers)).await.map_err(StoreError::NotApplied)?;
    if fault == Some(DatabaseFault::RolledBack) {
        return Err(StoreError::NotApplied(connection_lost()));
    }
    within(deadline, commit(connection, &written)).await.map_err(StoreError::Unknown)?;
    Ok(written)
}

/// Where the numbers of changes come from.
#[derive(Clone, Copy)]
pub(super) enum Numbers {
    /// Counted from the newest one under the lock, so that their order is the order of commits.
    UnderLock,
    /// Drawn by a server that is only compared with, which promises no order.
    Sequence,
}

/// Begins, and takes the lock in the same message: every message more is a way to the database and back.
async fn begin(connection: &mut PgConnection, numbers: Numbers) -> Result<(), sqlx::Error> {
    let begin = match numbers {
        Numbers::UnderLock => format!("begin; select pg_advisory_xact_lock({WRITE_LOCK})"),
        Numbers::Sequence => "begin".to_owned(),
    };
    // A number of our own.
    sqlx::raw_sql(AssertSqlSafe(begin)).execute(connection).await.map(drop)
}

/// Tells every instance which rooms changed, if and when the transaction commits, and commits in the same message.
async fn commit(connection: &mut PgConnection, written: &Written) -> Result<(), sqlx::Error> {
    let notices = notices(&written.touched);
    let notifies =
        notices.iter().filter_map(payload).map(|payload| format!("notify {CHANNEL}, '{payload}'; "));
    let message = notifies.collect::<String>() + "commit";
    // A payload is a room, which has letters, digits and hyphens, and two numbers.
    sqlx::raw_sql(AssertSqlSafe(message)).execute(connection).await.map(drop)
}

/// The newest number that was drawn; those of the batch follow it. A statement of its own, since its snapshot must be
/// younger than the lock.
async fn newest(transaction: &mut PgConnection, numbers: Numbers) -> Result<i64, sqlx::Error> {
    match numbers {
        Numbers::UnderLock => {
            let newest = sqlx::query_scalar("select coalesce(max(change), 0) from posts");
            newest.fetch_one(transaction).await
        }
        Numbers::Sequence => per_request::newest(transaction).await,
    }
}

async fn write(
    transaction: &mut PgConnection,
    batch: &[Command],
    numbers: Numbers,
) -> Result<Written, sqlx::Error> {
    let newest = newest(transaction, numbers).await?;
    let Parts { mut creates, edits, deletes } = Parts::of(batch, newest);
    let mut findings = Findings::default();

    insert_users(batch).execute(&mut *transaction).await?;
    if !creates.is_empty() {
        let claimed = operations::claim(transaction, &creates).await?;
        // Only who claimed the key inserts a post.
        creates.retain(|(_, create)| create.key.is_none() || claimed.contains(&create.id));
        for row in insert_posts(&creates).fetch_all(&mut *transaction).await? {
            let id = PostId::from_uuid(row.try_get(0)?).map_err(unreadable)?;
            findings.inserted.insert(id, (row.try_get(1)?, row.try_get(2)?));
        }
        findings.have_posts_of(&claimed)?;
    }
    if !deletes.is_empty() {
        bind_deletes(ERASE_POSTS, &deletes).execute(&mut *transaction).await?;
        bind_deletes(INSERT_TOMBSTONES, &deletes).execute(&mut *transaction).await?;
        let erased: Vec<Uuid> = deletes.iter().map(|(_, delete)| delete.id.as_uuid()).collect();
        sqlx::query(operations::ERASE_ANSWERS).bind(erased).execute(&mut *transaction).await?;
    }
    for (change, edit) in edits {
        if let Some(refusal) = operations::edit(transaction, edit, change).await? {
            findings.refused.insert(edit.id, refusal);
        }
    }

    findings.operations = operations::find(transaction, batch).await?;
    findings.rows = rows_at(transaction, &findings.open(batch)).await?;
    Ok(conclude(batch, &findings))
}

/// What stands at ids. This is a statement of its own: an insert that did nothing returns nothing.
pub(super) async fn find(
    transaction: &mut PgConnection,
    ids: &[PostId],
) -> Result<BTreeMap<PostId, StoredRow>, sqlx::Error> {
    let ids: Vec<Uuid> = ids.iter().map(PostId::as_uuid).collect();
    let rows = sqlx::query(FIND_POSTS).bind(ids).fetch_all(transaction).await?;
    rows.iter().map(|row| stored_row(row).map(|row| (row.id, row))).collect()
}

/// What stands at ids, if there are any.
async fn rows_at(
    transaction: &mut PgConnection,
    ids: &[PostId],
) -> Result<BTreeMap<PostId, StoredRow>, sqlx::Error> {
    if ids.is_empty() { Ok(BTreeMap::new()) } else { find(transaction, ids).await }
}

type Statement<'q> = Query<'q, Postgres, PgArguments>;

const INSERT_USERS: &str = "
insert into users (id, name, create_timestamp)
select command.author, command.name, timestamptz 'epoch' + command.time * interval '1 millisecond'
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[]) as command (id, author, name, time)
where not exists (select 1 from posts where posts.id = command.id)
on conflict (id) do nothing";

fn insert_users(batch: &[Command]) -> Statement<'static> {
    // Whoever edits a post of theirs is there already.
    let column = || batch.iter().filter(|command| !matches!(command, Command::Edit(_)));
    sqlx::query(INSERT_USERS)
        .bind(column().map(|command| command.id().as_uuid()).collect::<Vec<_>>())
        .bind(column().map(|command| command.author().as_uuid()).collect::<Vec<_>>())
        .bind(column().map(|command| display_name(command.author())).collect::<Vec<_>>())
        .bind(column().map(|command| command.timestamp().unix_ms()).collect::<Vec<_>>())
}

const INSERT_POSTS: &str = "
insert into posts (id, user_id, image_id, content, create_timestamp, room, sequence, change,
    fingerprint, fingerprint_version, write_id, was_stored)
select c.id, c.author, c.image, c.content, timestamptz 'epoch' + c.time * interval '1 millisecond',
    c.room, c.change, c.change, c.fingerprint, c.version, c.write, true
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::bigint[],
        $8::bytea[], $9::smallint[], $10::uuid[])
    as c (id, author, image, content, time, room, change, fingerprint, version, write)
where c.image is null or exists (select 1 from images where images.id = c.image)
on conflict (id) do nothing
returning id, (select name from users where users.id = user_id), change";

fn insert_posts(creates: &[(i64, &Create)]) -> Statement<'static> {
    let column = || creates.iter().map(|(_, create)| *create);
    sqlx::query(INSERT_POSTS)
        .bind(column().map(|create| create.id.as_uuid()).collect::<Vec<_>>())
        .bind(column().map(|create| create.author.as_uuid()).collect::<Vec<_>>())
        .bind(column().map(|create| create.post.image_id.map(|image| image.0)).collect::<Vec<_>>())
        .bind(column().map(|create| create.post.content.clone()).collect::<Vec<_>>())
        .bind(column().map(|create| create.create_timestamp.unix_ms()).collect::<Vec<_>>())
        .bind(column().map(|create| create.post.room.as_str().to_owned()).collect::<Vec<_>>())
        .bind(creates.iter().map(|(change, _)| *change).collect::<Vec<_>>())
        .bind(column().map(|create| create.fingerprint.digest.to_vec()).collect::<Vec<_>>())
        .bind(column().map(|create| i16::from(create.fingerprint.version)).collect::<Vec<_>>())
        .bind(column().map(|create| create.write_id).collect::<Vec<_>>())
}

const ERASE_POSTS: &str = "
update posts
set content = null, image_id = null, deleted_at = timestamptz 'epoch' + gone.time * interval '1 millisecond',
    change = gone.change, write_id = gone.write
from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::uuid[])
    as gone (id, author, time, change, write)
where posts.id = gone.id and posts.user_id = gone.author and posts.deleted_at is null";

const INSERT_TOMBSTONES: &str = "
insert into posts (id, user_id, create_timestamp, sequence, change, write_id, deleted_at, was_stored)
select gone.id, gone.author, timestamptz 'epoch' + gone.time * interval '1 millisecond', gone.change,
    gone.change, gone.write, timestamptz 'epoch' + gone.time * interval '1 millisecond', false
from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::uuid[])
    as gone (id, author, time, change, write)
on conflict (id) do nothing";

fn bind_deletes(statement: &'static str, deletes: &[(i64, &Delete)]) -> Statement<'static> {
    sqlx::query(statement)
        .bind(deletes.iter().map(|(_, delete)| delete.id.as_uuid()).collect::<Vec<_>>())
        .bind(deletes.iter().map(|(_, delete)| delete.author.as_uuid()).collect::<Vec<_>>())
        .bind(deletes.iter().map(|(_, delete)| delete.delete_timestamp.unix_ms()).collect::<Vec<_>>())
        .bind(deletes.iter().map(|(change, _)| *change).collect::<Vec<_>>())
        .bind(deletes.iter().map(|(_, delete)| delete.write_id).collect::<Vec<_>>())
}

pub(super) const FIND_POSTS: &str = select_posts!(
    "from posts join users on users.id = posts.user_id
where posts.id = any($1)"
);
