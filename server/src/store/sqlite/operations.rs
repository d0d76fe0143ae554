//! What is done under an opaque key, inside the transaction of a batch.

use std::collections::{BTreeMap, BTreeSet};

use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::user::UserId;
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use uuid::Uuid;

use super::SqliteStore;
use super::apply;
use super::read::{digest, unreadable};
use crate::store::judgement::{NoEdit, revise};
use crate::store::operation::{
    KeptAnswer, Kind, NewOperation, OperationKey, StoredOperation, UnknownKind, json,
};
use crate::store::{Command, Create, Edit, KeyState, StoreError};

const NAMES: &str = "
select id, name from users
where id in (select unhex(value) from json_each(?1))";

const INSERT: &str = "
insert into operations (user_id, key, kind, post_id, fingerprint, fingerprint_version,
    status, headers, body, write_id, create_timestamp)
select unhex(value ->> 'author'), value ->> 'key', value ->> 'kind', unhex(value ->> 'post'),
    unhex(value ->> 'fingerprint'), value ->> 'version',
    value ->> 'status', value ->> 'headers', value ->> 'body', unhex(value ->> 'write'), value ->> 'time'
from json_each(?1)
where value ->> 'image' is null
    or exists (select 1 from images where images.id = unhex(value ->> 'image'))
on conflict (user_id, key) do nothing
returning post_id";

const FIND: &str = "
select operations.* from json_each(?1) as wanted
join operations on operations.user_id = unhex(wanted.value ->> 0) and operations.key = wanted.value ->> 1";

const EDIT_POST: &str = "
update posts set content = ?2, change = ?3, write_id = ?4
where id = ?1";

const FIND_KEY: &str = "select body is null from operations where user_id = ?1 and key = ?2";

/// Erases what kept answers say of posts that their authors have deleted.
pub(super) const ERASE_ANSWERS: &str = "
update operations set body = null
where post_id in (select unhex(value ->> 'id') from json_each(?1))
    and exists (select 1 from posts where posts.id = post_id and posts.deleted_at is not null)";

#[derive(Serialize)]
struct OperationJson<'a> {
    author: String,
    key: &'a str,
    kind: &'static str,
    post: String,
    image: Option<String>,
    fingerprint: String,
    version: u8,
    status: u16,
    headers: String,
    body: &'a str,
    write: String,
    time: i64,
}

/// Claims the keys of those creates that have one, and returns the ids of those that were the first.
pub(super) async fn claim(
    transaction: &mut SqliteConnection,
    creates: &[(i64, &Create)],
) -> Result<BTreeSet<PostId>, sqlx::Error> {
    let keyed = || creates.iter().filter_map(|(_, create)| Some((*create, create.key.as_deref()?)));
    let authors: Vec<String> =
        keyed().map(|(create, _)| create.author.as_uuid().simple().to_string()).collect();
    if authors.is_empty() {
        return Ok(BTreeSet::new());
    }
    let names = sqlx::query_as::<_, (Uuid, String)>(NAMES).bind(json(&authors)?);
    let names: BTreeMap<Uuid, String> = names.fetch_all(&mut *transaction).await?.into_iter().collect();
    let claims = keyed().map(|(create, key)| {
        let name = names.get(&create.author.as_uuid()).ok_or(sqlx::Error::RowNotFound)?;
        NewOperation::create(create, key, name.clone())
    });
    insert(transaction, &claims.collect::<Result<Vec<_>, _>>()?).await
}

async fn insert(
    transaction: &mut SqliteConnection,
    operations: &[NewOperation<'_>],
) -> Result<BTreeSet<PostId>, sqlx::Error> {
    let row = |operation: &NewOperation<'_>| {
        json(&OperationJson {
            author: operation.author.as_uuid().simple().to_string(),
            key: operation.key,
            kind: operation.kind.as_str(),
            post: operation.post.as_uuid().simple().to_string(),
            image: operation.image.map(|image| image.0.simple().to_string()),
            fingerprint: hex::encode(operation.fingerprint.digest),
            version: operation.fingerprint.version,
            status: operation.answer.status,
            headers: json(&operation.answer.headers)?,
            body: &operation.answer.body,
            write: operation.write_id.simple().to_string(),
            time: operation.timestamp.unix_ms(),
        })
    };
    let rows: Vec<String> = operations.iter().map(row).collect::<Result<_, sqlx::Error>>()?;
    let inserted = sqlx::query_scalar::<_, Uuid>(INSERT).bind(format!("[{}]", rows.join(",")));
    let inserted = inserted.fetch_all(transaction).await?;
    inserted.into_iter().map(|id| PostId::from_uuid(id).map_err(unreadable)).collect()
}

/// Edits a post and keeps the answer, unless the key was used or a rule refuses; the refusal is returned.
pub(super) async fn edit(
    transaction: &mut SqliteConnection,
    edit: &Edit,
    change: i64,
) -> Result<Option<NoEdit>, sqlx::Error> {
    let used: Option<bool> = sqlx::query_scalar(FIND_KEY)
        .bind(edit.author.as_uuid())
        .bind(&edit.key)
        .fetch_optional(&mut *transaction)
        .await?;
    if used.is_some() {
        return Ok(None);
    }
    let found = apply::find(transaction, &[edit.id]).await?;
    let post = match revise(edit, found.get(&edit.id)) {
        Ok(post) => post,
        Err(refusal) => return Ok(Some(refusal)),
    };
    insert(transaction, &[NewOperation::edit(edit, &post, change)?]).await?;
    let update = sqlx::query(EDIT_POST).bind(edit.id.as_uuid()).bind(&post.content).bind(change);
    update.bind(edit.write_id).execute(transaction).await?;
    Ok(None)
}

/// What stands under the keys of the batch.
pub(super) async fn find(
    transaction: &mut SqliteConnection,
    batch: &[Command],
) -> Result<BTreeMap<OperationKey, StoredOperation>, sqlx::Error> {
    let author = |command: &Command| command.author().as_uuid().simple().to_string();
    let keys: Vec<(String, &str)> =
        batch.iter().filter_map(|command| Some((author(command), command.key()?))).collect();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = sqlx::query(FIND).bind(json(&keys)?).fetch_all(transaction).await?;
    rows.iter().map(stored_operation).collect()
}

fn stored_operation(row: &SqliteRow) -> Result<(OperationKey, StoredOperation), sqlx::Error> {
    let body: Option<String> = row.try_get("body")?;
    let headers = serde_json::from_str(row.try_get("headers")?).map_err(unreadable)?;
    let status = row.try_get("status")?;
    let operation = StoredOperation {
        kind: Kind::parse(row.try_get("kind")?).ok_or_else(|| unreadable(UnknownKind))?,
        post: PostId::from_uuid(row.try_get("post_id")?).map_err(unreadable)?,
        fingerprint: Fingerprint {
            version: row.try_get("fingerprint_version")?,
            digest: digest(row.try_get("fingerprint")?)?,
        },
        answer: body.map(|body| KeptAnswer { status, headers, body }),
        write_id: row.try_get("write_id")?,
    };
    Ok(((UserId(row.try_get("user_id")?), row.try_get("key")?), operation))
}

impl SqliteStore {
    pub(super) async fn find_key_state(
        &self,
        author: UserId,
        key: &str,
    ) -> Result<Option<KeyState>, StoreError> {
        let rows = self.rows(sqlx::query(FIND_KEY).bind(author.as_uuid()).bind(key)).await?;
        let gone = rows.first().map(|row| row.try_get(0)).transpose().map_err(StoreError::NotApplied)?;
        Ok(gone.map(|gone| KeyState { gone }))
    }
}
