//! A batch that only creates posts, which nearly every batch does: one statement, and one way to the database and back.

use std::collections::BTreeMap;

use protocol::key::PostId;
use protocol::user::display_name;
use sqlx::{PgConnection, Row as _};

use super::apply::Numbers;
use super::read::unreadable;
use crate::store::{Command, Create};

/// The authors, the posts and the names. The statement's snapshot is younger than the lock, which was taken in a
/// statement before; the newest number is read in it. An author whom it inserts is not seen by its own SELECT, and has
/// the name that was sent.
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
    returning id, user_id, change
)
select id, (select name from users where users.id = user_id), change
from stored"
        )
    };
}

pub(super) const UNDER_LOCK: &str = create_posts!("select coalesce(max(change), 0) as change from posts");
const BY_SEQUENCE: &str = create_posts!("select nextval('per_request_changes') - 1 as change");

/// The creates of a batch that holds nothing else, and none under an opaque key.
pub(super) fn only_creates(batch: &[Command]) -> Option<Vec<&Create>> {
    batch.iter().map(|command| command.as_create().filter(|create| create.key.is_none())).collect()
}

/// Inserts posts and those of their authors who never wrote; returns what was stored, with the author's name and the
/// change. The rest gave way to what stands there, or names a picture that is missing.
pub(super) async fn insert(
    transaction: &mut PgConnection,
    creates: &[&Create],
    numbers: Numbers,
) -> Result<BTreeMap<PostId, (String, i64)>, sqlx::Error> {
    let statement = match numbers {
        Numbers::UnderLock => UNDER_LOCK,
        Numbers::Sequence => BY_SEQUENCE,
    };
    let column = || creates.iter();
    let insert = sqlx::query(statement)
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
    let mut stored = BTreeMap::new();
    for row in insert.fetch_all(transaction).await? {
        let id = PostId::from_uuid(row.try_get(0)?).map_err(unreadable)?;
        let name: Option<String> = row.try_get(1)?;
        let name = name.or_else(|| authors.get(&id).map(|create| display_name(create.author)));
        stored.insert(id, (name.unwrap_or_default(), row.try_get(2)?));
    }
    Ok(stored)
}
