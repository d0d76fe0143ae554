//! A batch that only creates posts, which nearly every batch does: one statement that is a transaction of its own, one
//! way to the database and back.
//!
//! The statement calls a function, since the lock has to be taken before the snapshot that the numbers are counted in,
//! and each statement of a function has a snapshot of its own. The function belongs to the connection, so that instances
//! of several versions have each their own.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use protocol::user::{UserId, display_name};
use sqlx::{AssertSqlSafe, Either, Executor as _, PgConnection, Row as _};
use tokio::time::Instant;
use uuid::Uuid;

use super::apply::{FIND_POSTS, Numbers, WRITE_LOCK};
use super::connection::WriteConnection;
use super::read::stored_row;
use crate::store::authors::Authors;
use crate::store::deadline::within;
use crate::store::error::connection_lost;
use crate::store::judgement::{Findings, Written, conclude};
use crate::store::{Command, Create, StoreError};

/// The authors who are not known to have a row, the posts and the notices; tells how many posts were stored, and the
/// number that theirs follow.
macro_rules! create_posts {
    ($newest:literal, $into:literal) => {
        concat!(
            "
with newest as materialized (",
            $newest,
            "),
command as (
    select id, author, image, content, timestamptz 'epoch' + time * interval '1 millisecond' as time, room, place,
        fingerprint, version, write
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::bigint[],
            $8::bytea[], $9::smallint[], $10::uuid[])
        as c (id, author, image, content, time, room, place, fingerprint, version, write)
),
author as (
    insert into users (id, name, create_timestamp)
    select author, name, timestamptz 'epoch' + time * interval '1 millisecond'
    from unnest($11::uuid[], $12::uuid[], $13::text[], $14::bigint[]) as stranger (id, author, name, time)
    where not exists (select 1 from posts where posts.id = stranger.id)
    on conflict (id) do nothing
),
stored as (
    insert into posts (id, user_id, image_id, content, create_timestamp, room, sequence, change,
        fingerprint, fingerprint_version, write_id, was_stored)
    select command.id, author, image, content, time, room, newest.change + place, newest.change + place,
        fingerprint, version, write, true
    from command, newest
    where image is null or exists (select 1 from images where images.id = image)
    on conflict (id) do nothing
    returning room, change
),
notified as (
    select count(pg_notify('post_changes', room || ':' || first || '-' || last))
    from (select room, min(change) as first, max(change) as last from stored group by room) as touched
)
select (select count(*) from stored), newest.change",
            $into,
            "
from newest, notified"
        )
    };
}

macro_rules! under_lock {
    ($into:literal) => {
        create_posts!("select coalesce(max(change), 0) as change from posts", $into)
    };
}

/// What is sent, as it reads without the function around it.
pub(super) const UNDER_LOCK: &str = under_lock!("");

const UNDER_LOCK_INTO: &str = under_lock!(" into stored, newest");
const BY_SEQUENCE_INTO: &str =
    create_posts!("select nextval('per_request_changes') - 1 as change", " into stored, newest");

/// A command that finds its own row may have been the one whose change nobody was told.
const NOTIFY_OWN: &str = "
pg_notify('post_changes', room || ':' || min(change) || '-' || max(change))
from posts join unnest($1, $10) as own (id, write) on posts.id = own.id and posts.write_id = own.write
where deleted_at is null
group by room";

const CALL: &str =
    "select * from pg_temp.create_posts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

/// Makes the function on a connection. Its first row says what was stored. Where anything gave way, those behind it are
/// all that stands at the ids; and the last ones name the authors who were not known.
pub(super) async fn prepare(connection: &mut PgConnection, numbers: Numbers) -> Result<(), sqlx::Error> {
    let (lock, create) = match numbers {
        Numbers::UnderLock => (format!("perform pg_advisory_xact_lock({WRITE_LOCK});"), UNDER_LOCK_INTO),
        Numbers::Sequence => (String::new(), BY_SEQUENCE_INTO),
    };
    let function = format!(
        "create function pg_temp.create_posts(uuid[], uuid[], uuid[], text[], bigint[], text[], bigint[], bytea[],
    smallint[], uuid[], uuid[], uuid[], text[], bigint[])
returns table (stored bigint, newest bigint, id uuid, user_id uuid, name text, image_id uuid, content text,
    create_timestamp bigint, room text, sequence bigint, change bigint, fingerprint bytea,
    fingerprint_version smallint, write_id uuid)
language plpgsql as $$
#variable_conflict use_column
begin
    {lock}
    {create};
    return next;
    if stored < cardinality($1) then
        return query select null::bigint, null::bigint, standing.* from ({FIND_POSTS}) as standing;
        perform {NOTIFY_OWN};
    end if;
    stored := null;
    newest := null;
    for user_id, name in select users.id, users.name from users where users.id = any($12) loop
        return next;
    end loop;
end $$"
    );
    // The text is made of what stands above.
    sqlx::raw_sql(AssertSqlSafe(function)).execute(connection).await.map(drop)
}

/// The creates of a batch that holds nothing else, and none under an opaque key.
pub(super) fn only_creates(batch: &[Command]) -> Option<Vec<&Create>> {
    batch.iter().map(|command| command.as_create().filter(|create| create.key.is_none())).collect()
}

/// Stores the posts and those of their authors who never wrote, and commits.
///
/// An error that the database tells before it has done the statement keeps it from being committed. Of what comes later,
/// and of silence, nobody can say whether the commit came before.
pub(super) async fn store(
    writer: &mut WriteConnection,
    batch: &[Command],
    creates: &[&Create],
    deadline: Instant,
) -> Result<Written, StoreError> {
    let mut done = false;
    let mut found = within(deadline, call(writer, creates, &mut done)).await;
    if let Err(sqlx::Error::Database(error)) = &found
        && !done
        && error.is_foreign_key_violation()
    {
        // Somebody has deleted the row of an author who was known to have one.
        writer.authors = Authors::default();
        found = within(deadline, call(writer, creates, &mut done)).await;
    }
    match found {
        Ok(findings) => Ok(conclude(batch, &findings)),
        Err(error @ sqlx::Error::Database(_)) if !done => Err(StoreError::NotApplied(error)),
        Err(error) => Err(StoreError::Unknown(error)),
    }
}

/// `done` tells that the statement was carried out, which its commit follows.
async fn call(
    writer: &mut WriteConnection,
    creates: &[&Create],
    done: &mut bool,
) -> Result<Findings, sqlx::Error> {
    let WriteConnection { connection, authors } = writer;
    authors.make_room(creates.len());
    let column = || creates.iter();
    let strangers = || creates.iter().filter(|create| !authors.know(create.author));
    let call = sqlx::query(CALL)
        .bind(column().map(|create| create.id.as_uuid()).collect::<Vec<_>>())
        .bind(column().map(|create| create.author.as_uuid()).collect::<Vec<_>>())
        .bind(column().map(|create| create.post.image_id.map(|image| image.0)).collect::<Vec<_>>())
        .bind(column().map(|create| create.post.content.as_str()).collect::<Vec<_>>())
        .bind(column().map(|create| create.create_timestamp.unix_ms()).collect::<Vec<_>>())
        .bind(column().map(|create| create.post.room.as_str()).collect::<Vec<_>>())
        .bind((1..).take(creates.len()).collect::<Vec<i64>>())
        .bind(column().map(|create| create.fingerprint.digest.as_slice()).collect::<Vec<_>>())
        .bind(column().map(|create| i16::from(create.fingerprint.version)).collect::<Vec<_>>())
        .bind(column().map(|create| create.write_id).collect::<Vec<_>>())
        .bind(strangers().map(|create| create.id.as_uuid()).collect::<Vec<_>>())
        .bind(strangers().map(|create| create.author.as_uuid()).collect::<Vec<_>>())
        .bind(strangers().map(|create| display_name(create.author)).collect::<Vec<_>>())
        .bind(strangers().map(|create| create.create_timestamp.unix_ms()).collect::<Vec<_>>());
    let mut tally = None;
    let mut standing = BTreeMap::new();
    let mut items = connection.fetch_many(call);
    while let Some(item) = items.try_next().await? {
        let row = match item {
            Either::Left(_) => {
                *done = true;
                continue;
            }
            Either::Right(row) => row,
        };
        if let Some(stored) = row.try_get::<Option<i64>, _>("stored")? {
            tally = Some((stored, row.try_get::<i64, _>("newest")?));
        } else if row.try_get::<Option<Uuid>, _>("id")?.is_some() {
            let row = stored_row(&row)?;
            standing.insert(row.id, row);
        } else {
            authors.learn(UserId(row.try_get("user_id")?), row.try_get("name")?);
        }
    }
    let (stored, newest) = tally.ok_or_else(connection_lost)?;
    let all_stand = usize::try_from(stored) == Ok(creates.len());
    let creates = (newest + 1..).zip(creates.iter().copied());
    Ok(Findings::of_creates(creates, standing, all_stand, authors))
}
