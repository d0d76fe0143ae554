//! A batch of commands in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use protocol::key::PostId;
use protocol::user::{UserId, display_name};
use serde::Serialize;
use sqlx::{Row as _, SqliteConnection};
use tokio::time::Instant;

use super::connection::WriteConnection;
use super::read::{select_posts, stored_row};
use super::{SqliteStore, create, insert, operations};
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
        let (mut slot, mut writer) =
            within(deadline, self.writer(fault)).await.map_err(StoreError::NotApplied)?;

        // Whatever fails from here on takes the connection with it, and the transaction with the connection.
        let at_once = match create::only_posts(batch) {
            // What is to be rolled back must not be committed in the same go.
            Some(creates) if fault != Some(DatabaseFault::RolledBack) => {
                // Retries come in crowds, as after an outage: where all of their posts are there, nothing is begun.
                let found = if writer.known.retries {
                    within(deadline, all_there(&mut writer, batch)).await.map_err(StoreError::NotApplied)?
                } else {
                    None
                };
                match found {
                    Some(written) => Some(written),
                    None => create::store(&mut writer, batch, &creates, deadline).await?,
                }
            }
            _ => None,
        };
        let written = match at_once {
            Some(written) => written,
            None => step_by_step(&mut writer, batch, fault, deadline).await?,
        };
        if fault == Some(DatabaseFault::CommitAckLost) {
            return Err(StoreError::Unknown(connection_lost()));
        }
        writer.known.retries = 2 * written.touched.len() < batch.len();
        *slot = Some(writer);

        for notice in notices(&written.touched) {
            // Nobody listening is no failure.
            let _ = self.notices.send(notice);
        }
        Ok(written.verdicts)
    }
}

/// What becomes of creates if something stands at the id of each; `None` where one is missing.
async fn all_there(
    connection: &mut SqliteConnection,
    batch: &[Command],
) -> Result<Option<Written>, sqlx::Error> {
    let ids: Vec<PostId> = batch.iter().map(Command::id).collect();
    let rows = find(connection, &ids).await?;
    let found = rows.len() == batch.len();
    Ok(found.then(|| conclude(batch, &Findings { rows, ..Findings::default() })))
}

/// A batch of any commands: statements that depend on what those before them have found, and a commit of its own.
async fn step_by_step(
    writer: &mut WriteConnection,
    batch: &[Command],
    fault: Option<DatabaseFault>,
    deadline: Instant,
) -> Result<Written, StoreError> {
    writer.known.newest = None;
    let written = within(deadline, write(writer, batch)).await.map_err(StoreError::NotApplied)?;
    if fault == Some(DatabaseFault::RolledBack) {
        return Err(StoreError::NotApplied(connection_lost()));
    }
    let commit = sqlx::query("commit").execute(&mut **writer);
    within(deadline, commit).await.map_err(StoreError::Unknown)?;
    Ok(written)
}

/// Begins a transaction and writes the batch in it.
async fn write(transaction: &mut SqliteConnection, batch: &[Command]) -> Result<Written, sqlx::Error> {
    let Before { newest, rows, strangers } = begin(transaction, batch).await?;
    let Parts { mut creates, edits, deletes } = Parts::of(batch, newest);
    let mut findings = Findings { rows, ..Findings::default() };

    // What stands there already is answered with it. Nothing can have come since it was looked for, and if it
    // could, the unique key would keep it.
    creates.retain(|(_, create)| !findings.rows.contains_key(&create.id));
    if !creates.is_empty() {
        if !strangers.is_empty() {
            sqlx::query(INSERT_USERS).bind(creates_json(&creates)?).execute(&mut *transaction).await?;
        }
        let claimed = operations::claim(transaction, &creates).await?;
        // Only who claimed the key inserts a post.
        creates.retain(|(_, create)| create.key.is_none() || claimed.contains(&create.id));
        let missing = insert::insert(transaction, &creates).await?;
        for (change, create) in creates.iter().filter(|(_, create)| !missing.contains(&create.id)) {
            let name = strangers.get(&create.author).cloned().flatten();
            let name = name.unwrap_or_else(|| display_name(create.author));
            findings.inserted.insert(create.id, (name, *change));
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
    if !open.is_empty() {
        findings.rows.extend(find(transaction, &open).await?);
    }
    Ok(conclude(batch, &findings))
}

/// What a batch finds when it begins.
struct Before {
    /// The newest change.
    newest: i64,
    /// What stands at the ids of its creates.
    rows: BTreeMap<PostId, StoredRow>,
    /// Authors of its creates whose name is another than an id alone would say; `None` for those who never wrote.
    strangers: BTreeMap<UserId, Option<String>>,
}

/// Begins and looks, in one go to the connection's thread: between two goes the thread has to be woken, which costs
/// more than the statements do.
///
/// A transaction that begins by reading would fail at its first write if another process wrote in between (error
/// 517), and no busy time-out helps: so it takes the write lock at once. Numbers are counted from the newest one
/// under that lock, so their order is the order of commits.
async fn begin(transaction: &mut SqliteConnection, batch: &[Command]) -> Result<Before, sqlx::Error> {
    let creates = || batch.iter().filter_map(Command::as_create);
    let ids: Vec<String> = creates().map(|create| create.id.as_uuid().simple().to_string()).collect();
    let authors: BTreeSet<UserId> = creates().map(|create| create.author).collect();
    let authors: Vec<(String, String)> =
        authors.iter().map(|author| (author.as_uuid().simple().to_string(), display_name(*author))).collect();
    let begun = sqlx::query(BEGIN).bind(json(&ids)?).bind(json(&authors)?).fetch_all(transaction).await?;
    let mut before = Before { newest: 0, rows: BTreeMap::new(), strangers: BTreeMap::new() };
    for row in &begun {
        // Each statement's rows are as wide as no other's.
        match row.len() {
            1 => before.newest = row.try_get(0)?,
            2 => drop(before.strangers.insert(UserId(row.try_get(0)?), row.try_get(1)?)),
            _ => {
                let row = stored_row(row)?;
                before.rows.insert(row.id, row);
            }
        }
    }
    Ok(before)
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

const BEGIN: &str = concat!(
    "begin immediate;
select coalesce(max(change), 0) from posts;
",
    select_posts!(
        "from json_each(?) as wanted
    join posts on posts.id = unhex(wanted.value)
    join users on users.id = posts.user_id;
"
    ),
    "select unhex(wanted.value ->> 0), users.name from json_each(?) as wanted
left join users on users.id = unhex(wanted.value ->> 0)
where users.name is not wanted.value ->> 1"
);

pub(super) const INSERT_USERS: &str = "
insert into users (id, name, create_timestamp)
select unhex(value ->> 'author'), value ->> 'name', value ->> 'time'
from json_each(?)
where not exists (select 1 from posts where posts.id = unhex(value ->> 'id'))
on conflict (id) do nothing";

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
struct CommandJson {
    id: String,
    author: String,
    name: String,
    write: String,
    time: i64,
    change: i64,
}

pub(super) fn creates_json(creates: &[(i64, &Create)]) -> Result<String, sqlx::Error> {
    let rows = creates.iter().map(|&(change, create)| CommandJson {
        id: create.id.as_uuid().simple().to_string(),
        author: create.author.as_uuid().simple().to_string(),
        name: display_name(create.author),
        write: create.write_id.simple().to_string(),
        time: create.create_timestamp.unix_ms(),
        change,
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
    });
    json(&rows.collect::<Vec<_>>())
}
