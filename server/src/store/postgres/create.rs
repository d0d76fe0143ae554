//! A batch that only creates posts, which nearly every batch does: one statement that is a transaction of its own, one
//! way to the database and back.
//!
//! The statement calls a function, since the lock has to be taken before the snapshot that the numbers are counted in,
//! and each statement of a function has a snapshot of its own. The function belongs to the connection, so that instances
//! of several versions have each their own.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use protocol::key::PostId;
use protocol::user::display_name;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Either, Executor as _, PgConnection, Row as _};
use tokio::time::Instant;
use uuid::Uuid;

use super::apply::{FIND_POSTS, Numbers, WRITE_LOCK};
use super::read::{stored_row, unreadable};
use crate::store::deadline::within;
use crate::store::judgement::{Findings, Written, conclude};
use crate::store::{Command, Create, StoreError};

/// The authors, the posts, the notices and the names. An author whom it inserts is not seen by its own SELECT, and has
/// the name that was sent. Its rows have the columns of posts; what a new post has in them is known already.
macro_rules! create_posts {
    ($newest:literal) => {
        concat!(
            "
with newest as materialized (",
            $newest,
            "),
command as (
    select id, author, name, image, content, timestamptz 'epoch' + time * interval '1 millisecond' as time, room,
        place, fingerprint, version, write
    from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::bigint[], $7::text[], $8::bigint[],
            $9::bytea[], $10::smallint[], $11::uuid[])
        as c (id, author, name, image, content, time, room, place, fingerprint, version, write)
),
author as (
    insert into users (id, name, create_timestamp)
    select author, name, time from command
    where not exists (select 1 from posts where posts.id = command.id)
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
    returning id, user_id, room, change
),
notified as (
    select count(pg_notify('post_changes', room || ':' || first || '-' || last))
    from (select room, min(change) as first, max(change) as last from stored group by room) as touched
)
select id, null::uuid, (select name from users where users.id = user_id), null::uuid, null::text, null::bigint,
    null::text, null::bigint, change, null::bytea, null::smallint, null::uuid
from stored, notified"
        )
    };
}

pub(super) const UNDER_LOCK: &str = create_posts!("select coalesce(max(change), 0) as change from posts");
const BY_SEQUENCE: &str = create_posts!("select nextval('per_request_changes') - 1 as change");

/// A command that finds its own row may have been the one whose change nobody was told.
const NOTIFY_OWN: &str = "
pg_notify('post_changes', room || ':' || min(change) || '-' || max(change))
from posts join unnest($1, $11) as own (id, write) on posts.id = own.id and posts.write_id = own.write
where deleted_at is null
group by room";

const CALL: &str = "select * from pg_temp.create_posts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// Makes the function on a connection.
pub(super) async fn prepare(connection: &mut PgConnection, numbers: Numbers) -> Result<(), sqlx::Error> {
    let (lock, create) = match numbers {
        Numbers::UnderLock => (format!("perform pg_advisory_xact_lock({WRITE_LOCK});"), UNDER_LOCK),
        Numbers::Sequence => (String::new(), BY_SEQUENCE),
    };
    let function = format!(
        "create function pg_temp.create_posts(uuid[], uuid[], text[], uuid[], text[], bigint[], text[], bigint[],
    bytea[], smallint[], uuid[])
returns table (id uuid, user_id uuid, name text, image_id uuid, content text, create_timestamp bigint, room text,
    sequence bigint, change bigint, fingerprint bytea, fingerprint_version smallint, write_id uuid)
language plpgsql as $$
#variable_conflict use_column
declare
    stored bigint;
begin
    {lock}
    return query {create};
    get diagnostics stored = row_count;
    if stored < cardinality($1) then
        return query {FIND_POSTS};
        perform {NOTIFY_OWN};
    end if;
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
    connection: &mut PgConnection,
    batch: &[Command],
    creates: &[&Create],
    deadline: Instant,
) -> Result<Written, StoreError> {
    let mut done = false;
    match within(deadline, call(connection, creates, &mut done)).await {
        Ok(findings) => Ok(conclude(batch, &findings)),
        Err(error @ sqlx::Error::Database(_)) if !done => Err(StoreError::NotApplied(error)),
        Err(error) => Err(StoreError::Unknown(error)),
    }
}

/// `done` tells that the statement was carried out, which its commit follows.
async fn call(
    connection: &mut PgConnection,
    creates: &[&Create],
    done: &mut bool,
) -> Result<Findings, sqlx::Error> {
    let column = || creates.iter();
    let call = sqlx::query(CALL)
        .bind(column().map(|create| create.id.as_uuid()).collect::<Vec<_>>())
        .bind(column().map(|create| create.author.as_uuid()).collect::<Vec<_>>())
        .bind(column().map(|create| display_name(create.author)).collect::<Vec<_>>())
        .bind(column().map(|create| create.post.image_id.map(|image| image.0)).collect::<Vec<_>>())
        .bind(column().map(|create| create.post.content.as_str()).collect::<Vec<_>>())
        .bind(column().map(|create| create.create_timestamp.unix_ms()).collect::<Vec<_>>())
        .bind(column().map(|create| create.post.room.as_str()).collect::<Vec<_>>())
        .bind((1..).take(creates.len()).collect::<Vec<i64>>())
        .bind(column().map(|create| create.fingerprint.digest.as_slice()).collect::<Vec<_>>())
        .bind(column().map(|create| i16::from(create.fingerprint.version)).collect::<Vec<_>>())
        .bind(column().map(|create| create.write_id).collect::<Vec<_>>());
    let authors: BTreeMap<PostId, &Create> = column().map(|create| (create.id, *create)).collect();
    let mut findings = Findings::default();
    let mut items = connection.fetch_many(call);
    while let Some(item) = items.try_next().await? {
        match item {
            Either::Left(_) => *done = true,
            Either::Right(row) => find(&mut findings, &authors, &row)?,
        }
    }
    Ok(findings)
}

/// A row of the answer: of a post that was stored, or what stands where something gave way.
fn find(
    findings: &mut Findings,
    authors: &BTreeMap<PostId, &Create>,
    row: &PgRow,
) -> Result<(), sqlx::Error> {
    let id = PostId::from_uuid(row.try_get("id")?).map_err(unreadable)?;
    if row.try_get::<Option<Uuid>, _>("user_id")?.is_some() {
        if !findings.inserted.contains_key(&id) {
            findings.rows.insert(id, stored_row(row)?);
        }
        return Ok(());
    }
    let name: Option<String> = row.try_get("name")?;
    let name = name.or_else(|| authors.get(&id).map(|create| display_name(create.author)));
    findings.inserted.insert(id, (name.unwrap_or_default(), row.try_get("change")?));
    Ok(())
}
