//! A batch of commands in one transaction.

use std::collections::BTreeMap;

use protocol::key::PostId;
use protocol::user::display_name;
use serde::Serialize;
use sqlx::{Connection, Row as _, SqliteConnection};
use tokio::time::Instant;

use super::read::{select_posts, stored_row, unreadable};
use super::{SqliteStore, operations};
use crate::store::deadline::{WRITE, within};
use crate::store::error::connection_lost;
use crate::store::judgement::{Findings, Parts, StoredRow, Written, conclude, notices};
use crate::store::operation::json;
use crate::store::{Command, Create, DatabaseFault, Delete, StoreError, Verdict};

impl SqliteStore {
    pub(super) async fn apply_batch(
        &self,
        batch: &[Command],
        fault: Option<DatabaseFault>,
    ) -> Result<Vec<Verdict>, StoreError> {
        let deadline = Instant::now() + WRITE;
        let (mut slot, mut connection) =
            within(deadline, self.writer(fault)).await.map_err(StoreError::NotApplied)?;

        // A transaction that begins by reading would fail at its first write if another process wrote in
        // between (error 517), and no busy time-out helps: so it takes the write lock at once.
        let begin = connection.begin_with("begin immediate");
        let mut transaction = within(deadline, begin).await.map_err(StoreError::NotApplied)?;
        let written =
            within(deadline, write(&mut transaction, batch)).await.map_err(StoreError::NotApplied)?;
        if fault == Some(DatabaseFault::RolledBack) {
            return Err(StoreError::NotApplied(connection_lost()));
        }
        within(deadline, transaction.commit()).await.map_err(StoreError::Unknown)?;
        if fault == Some(DatabaseFault::CommitAckLost) {
            return Err(StoreError::Unknown(connection_lost()));
        }
        *slot = Some(connection);

        for notice in notices(&written.touched) {
            // Nobody listening is no failure.
            let _ = self.notices.send(notice);
        }
        Ok(written.verdicts)
    }
}

async fn write(transaction: &mut SqliteConnection, batch: &[Command]) -> Result<Written, sqlx::Error> {
    // Numbers are counted from the newest one under the write lock, so their order is the order of commits.
    let newest: i64 =
        sqlx::query_scalar("select coalesce(max(change), 0) from posts").fetch_one(&mut *transaction).await?;
    let Parts { mut creates, edits, deletes } = Parts::of(batch, newest);
    let mut findings = Findings::default();

    if !creates.is_empty() {
        sqlx::query(INSERT_USERS).bind(creates_json(&creates)?).execute(&mut *transaction).await?;
        let claimed = operations::claim(transaction, &creates).await?;
        // Only who claimed the key inserts a post.
        creates.retain(|(_, create)| create.key.is_none() || claimed.contains(&create.id));
        let insert = sqlx::query(INSERT_POSTS).bind(creates_json(&creates)?);
        for row in insert.fetch_all(&mut *transaction).await? {
            let id = PostId::from_uuid(row.try_get(0)?).map_err(unreadable)?;
            findings.inserted.insert(id, (row.try_get(1)?, row.try_get(2)?));
        }
        findings.have_posts_of(&claimed)?;
    }
    if !deletes.is_empty() {
        let deletes = deletes_json(&deletes)?;
        for statement in [INSERT_USERS, ERASE_POSTS, INSERT_TOMBSTONES, operations::ERASE_ANSWERS] {
            sqlx::query(statement).bind(&deletes).execute(&mut *transaction).await?;
        }
    }
    for (change, edit) in edits {
        if let Some(refusal) = operations::edit(transaction, edit, change).await? {
            findings.refused.insert(edit.id, refusal);
        }
    }

    findings.operations = operations::find(transaction, batch).await?;
    let open = findings.open(batch);
    findings.rows = if open.is_empty() { BTreeMap::new() } else { find(transaction, &open).await? };
    Ok(conclude(batch, &findings))
}

/// What stands at ids. This is a statement of its own: an insert that did nothing returns nothing.
pub(super) async fn find(
    transaction: &mut SqliteConnection,
    ids: &[PostId],
) -> Result<BTreeMap<PostId, StoredRow>, sqlx::Error> {
    let ids: Vec<String> = ids.iter().map(|id| id.as_uuid().simple().to_string()).collect();
    let rows = sqlx::query(FIND_POSTS).bind(json(&ids)?).fetch_all(transaction).await?;
    rows.iter().map(|row| stored_row(row).map(|row| (row.id, row))).collect()
}

const INSERT_USERS: &str = "
insert into users (id, name, create_timestamp)
select unhex(value ->> 'author'), value ->> 'name', value ->> 'time'
from json_each(?1)
where not exists (select 1 from posts where posts.id = unhex(value ->> 'id'))
on conflict (id) do nothing";

pub(super) const INSERT_POSTS: &str = "
insert into posts (id, user_id, image_id, content, create_timestamp, room, sequence, change,
    fingerprint, fingerprint_version, write_id, was_stored)
select unhex(value ->> 'id'), unhex(value ->> 'author'), unhex(value ->> 'image'), value ->> 'content',
    value ->> 'time', value ->> 'room', value ->> 'change', value ->> 'change',
    unhex(value ->> 'fingerprint'), value ->> 'version', unhex(value ->> 'write'), 1
from json_each(?1)
where value ->> 'image' is null
    or exists (select 1 from images where images.id = unhex(value ->> 'image'))
on conflict (id) do nothing
returning id, (select name from users where users.id = user_id), change";

const ERASE_POSTS: &str = "
update posts
set content = null, image_id = null, deleted_at = gone.value ->> 'time', change = gone.value ->> 'change',
    write_id = unhex(gone.value ->> 'write')
from json_each(?1) as gone
where posts.id = unhex(gone.value ->> 'id')
    and posts.user_id = unhex(gone.value ->> 'author')
    and posts.deleted_at is null";

const INSERT_TOMBSTONES: &str = "
insert into posts (id, user_id, create_timestamp, sequence, change, write_id, deleted_at, was_stored)
select unhex(value ->> 'id'), unhex(value ->> 'author'), value ->> 'time', value ->> 'change',
    value ->> 'change', unhex(value ->> 'write'), value ->> 'time', 0
from json_each(?1)
where true
on conflict (id) do nothing";

pub(super) const FIND_POSTS: &str = select_posts!(
    "from json_each(?1) as wanted
    join posts on posts.id = unhex(wanted.value)
    join users on users.id = posts.user_id"
);

/// A command as the statements read it. One parameter carries any number of rows, so each statement is prepared
/// once; bytes travel as hexadecimal digits.
#[derive(Serialize)]
struct CommandJson<'a> {
    id: String,
    author: String,
    name: String,
    write: String,
    time: i64,
    change: i64,
    #[serde(flatten)]
    create: Option<CreateJson<'a>>,
}

#[derive(Serialize)]
struct CreateJson<'a> {
    content: &'a str,
    image: Option<String>,
    room: &'a str,
    fingerprint: String,
    version: u8,
}

fn creates_json(creates: &[(i64, &Create)]) -> Result<String, sqlx::Error> {
    let rows = creates.iter().map(|&(change, create)| CommandJson {
        id: create.id.as_uuid().simple().to_string(),
        author: create.author.as_uuid().simple().to_string(),
        name: display_name(create.author),
        write: create.write_id.simple().to_string(),
        time: create.create_timestamp.unix_ms(),
        change,
        create: Some(CreateJson {
            content: &create.post.content,
            image: create.post.image_id.map(|image| image.0.simple().to_string()),
            room: create.post.room.as_str(),
            fingerprint: hex::encode(create.fingerprint.digest),
            version: create.fingerprint.version,
        }),
    });
    json(&rows.collect::<Vec<_>>())
}

fn deletes_json(deletes: &[(i64, &Delete)]) -> Result<String, sqlx::Error> {
    let rows = deletes.iter().map(|&(change, delete)| CommandJson {
        id: delete.id.as_uuid().simple().to_string(),
        author: delete.author.as_uuid().simple().to_string(),
        name: display_name(delete.author),
        write: delete.write_id.simple().to_string(),
        time: delete.delete_timestamp.unix_ms(),
        change,
        create: None,
    });
    json(&rows.collect::<Vec<_>>())
}
