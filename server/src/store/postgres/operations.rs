//! What is done under an opaque key, inside the transaction of a batch.

use std::collections::{BTreeMap, BTreeSet};

use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::user::UserId;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use super::PostgresStore;
use super::apply;
use super::read::{digest, unreadable};
use crate::store::judgement::{NoEdit, revise};
use crate::store::operation::{
    KeptAnswer, Kind, NewOperation, OperationKey, StoredOperation, UnknownKind, json,
};
use crate::store::{Command, Create, Edit, KeyState, StoreError};

const NAMES: &str = "select id, name from users where id = any($1)";

const INSERT: &str = "
insert into operations (user_id, key, kind, post_id, fingerprint, fingerprint_version,
    status, headers, body, write_id, create_timestamp)
select o.author, o.key, o.kind, o.post, o.fingerprint, o.version,
    o.status, o.headers, o.body, o.write, timestamptz 'epoch' + o.time * interval '1 millisecond'
from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::bytea[], $7::smallint[],
        $8::smallint[], $9::text[], $10::text[], $11::uuid[], $12::bigint[])
    as o (author, key, kind, post, image, fingerprint, version, status, headers, body, write, time)
where o.image is null or exists (select 1 from images where images.id = o.image)
on conflict (user_id, key) do nothing
returning post_id";

const FIND: &str = "
select operations.user_id, operations.key, kind, post_id, fingerprint, fingerprint_version, status, headers, body,
    write_id
from unnest($1::uuid[], $2::text[]) as wanted (author, key)
join operations on operations.user_id = wanted.author and operations.key = wanted.key";

const EDIT_POST: &str = "
update posts set content = $2, change = $3, write_id = $4
where id = $1";

const FIND_KEY: &str = "select body is null from operations where user_id = $1 and key = $2";

/// Erases what kept answers say of posts that their authors have deleted.
pub(super) const ERASE_ANSWERS: &str = "
update operations set body = null
where post_id = any($1)
    and exists (select 1 from posts where posts.id = post_id and posts.deleted_at is not null)";

/// Claims the keys of those creates that have one, and returns the ids of those that were the first.
pub(super) async fn claim(
    transaction: &mut PgConnection,
    creates: &[(i64, &Create)],
) -> Result<BTreeSet<PostId>, sqlx::Error> {
    let keyed = || creates.iter().filter_map(|(_, create)| Some((*create, create.key.as_deref()?)));
    let authors: Vec<Uuid> = keyed().map(|(create, _)| create.author.as_uuid()).collect();
    if authors.is_empty() {
        return Ok(BTreeSet::new());
    }
    let names = sqlx::query_as::<_, (Uuid, String)>(NAMES).bind(authors);
    let names: BTreeMap<Uuid, String> = names.fetch_all(&mut *transaction).await?.into_iter().collect();
    let claims = keyed().map(|(create, key)| {
        let name = names.get(&create.author.as_uuid()).ok_or(sqlx::Error::RowNotFound)?;
        NewOperation::create(create, key, name.clone())
    });
    insert(transaction, &claims.collect::<Result<Vec<_>, _>>()?).await
}

async fn insert(
    transaction: &mut PgConnection,
    operations: &[NewOperation<'_>],
) -> Result<BTreeSet<PostId>, sqlx::Error> {
    let column = || operations.iter();
    let headers: Vec<String> =
        column().map(|operation| json(&operation.answer.headers)).collect::<Result<_, _>>()?;
    let status = |operation: &NewOperation<'_>| i16::try_from(operation.answer.status).map_err(unreadable);
    let inserted = sqlx::query_scalar::<_, Uuid>(INSERT)
        .bind(column().map(|operation| operation.author.as_uuid()).collect::<Vec<_>>())
        .bind(column().map(|operation| operation.key).collect::<Vec<_>>())
        .bind(column().map(|operation| operation.kind.as_str()).collect::<Vec<_>>())
        .bind(column().map(|operation| operation.post.as_uuid()).collect::<Vec<_>>())
        .bind(column().map(|operation| operation.image.map(|image| image.0)).collect::<Vec<_>>())
        .bind(column().map(|operation| operation.fingerprint.digest.to_vec()).collect::<Vec<_>>())
        .bind(column().map(|operation| i16::from(operation.fingerprint.version)).collect::<Vec<_>>())
        .bind(column().map(status).collect::<Result<Vec<_>, _>>()?)
        .bind(headers)
        .bind(column().map(|operation| operation.answer.body.as_str()).collect::<Vec<_>>())
        .bind(column().map(|operation| operation.write_id).collect::<Vec<_>>())
        .bind(column().map(|operation| operation.timestamp.unix_ms()).collect::<Vec<_>>());
    let inserted = inserted.fetch_all(transaction).await?;
    inserted.into_iter().map(|id| PostId::from_uuid(id).map_err(unreadable)).collect()
}

/// Edits a post and keeps the answer, unless the key was used or a rule refuses; the refusal is returned.
pub(super) async fn edit(
    transaction: &mut PgConnection,
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
    transaction: &mut PgConnection,
    batch: &[Command],
) -> Result<BTreeMap<OperationKey, StoredOperation>, sqlx::Error> {
    let keyed = batch.iter().filter_map(|command| Some((command.author().as_uuid(), command.key()?)));
    let (authors, keys): (Vec<Uuid>, Vec<&str>) = keyed.unzip();
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = sqlx::query(FIND).bind(authors).bind(keys).fetch_all(transaction).await?;
    rows.iter().map(stored_operation).collect()
}

fn stored_operation(row: &PgRow) -> Result<(OperationKey, StoredOperation), sqlx::Error> {
    let body: Option<String> = row.try_get("body")?;
    let headers = serde_json::from_str(row.try_get("headers")?).map_err(unreadable)?;
    let status = row.try_get::<i16, _>("status")?.try_into().map_err(unreadable)?;
    let operation = StoredOperation {
        kind: Kind::parse(row.try_get("kind")?).ok_or_else(|| unreadable(UnknownKind))?,
        post: PostId::from_uuid(row.try_get("post_id")?).map_err(unreadable)?,
        fingerprint: Fingerprint {
            version: row.try_get::<i16, _>("fingerprint_version")?.try_into().map_err(unreadable)?,
            digest: digest(row.try_get("fingerprint")?)?,
        },
        answer: body.map(|body| KeptAnswer { status, headers, body }),
        write_id: row.try_get("write_id")?,
    };
    Ok(((UserId(row.try_get("user_id")?), row.try_get("key")?), operation))
}

impl PostgresStore {
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
