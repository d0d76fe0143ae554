//! A batch that only creates posts, which nearly every batch does: begun, written and committed in one go to the
//! connection's thread. Between two goes the thread has to be woken, which costs more than the statements do.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use protocol::key::PostId;
use protocol::user::UserId;
use sqlx::{AssertSqlSafe, Either, Executor as _, Row as _};
use tokio::time::Instant;

use super::apply::{INSERT_USERS, creates_json};
use super::connection::{Known, WriteConnection};
use super::insert::{self, ROWS_MAX};
use super::read::{select_posts, stored_row};
use crate::store::deadline::within;
use crate::store::error::connection_lost;
use crate::store::judgement::{Findings, StoredRow, Written, conclude};
use crate::store::operation::json;
use crate::store::{Command, Create, StoreError};

/// The numbers are those that follow the newest one which the connection knows. SQLite would make a copy of every row
/// before it inserts one whose number is read from the same table, so the numbers come as parameters, and a number of
/// another process must spoil the batch: `json` refuses what is no JSON.
const BEGIN: &str = "begin immediate;
select iif(coalesce(max(change), 0) = ?, 0, json('another process drew numbers')) from posts;
";

/// What stands at the ids of the rows before, if any of them gave way.
const FIND_IF_GIVEN_WAY: &str = select_posts!(
    "from json_each(iif(changes() < ?, ?, '[]')) as wanted
join posts on posts.id = unhex(wanted.value)
join users on users.id = posts.user_id;
"
);

const FIND_NAMES: &str = "select id, name from users where id in (select unhex(value) from json_each(?));
";

/// The creates of a batch that holds nothing else, none of them under an opaque key or with a picture.
pub(super) fn only_posts(batch: &[Command]) -> Option<Vec<&Create>> {
    let plain = |create: &&Create| create.key.is_none() && create.post.image_id.is_none();
    batch.iter().map(|command| command.as_create().filter(plain)).collect()
}

/// Stores the posts and commits. Where a statement fails, everything is rolled back and the connection is as new: then
/// the batch is to be written step by step, which does not rely on what the connection knew, and tells what is wrong.
pub(super) async fn store(
    writer: &mut WriteConnection,
    batch: &[Command],
    creates: &[&Create],
    deadline: Instant,
) -> Result<Option<Written>, StoreError> {
    writer.gate.open();
    let error = match within(deadline, write(writer, creates)).await {
        Ok(findings) => return Ok(Some(conclude(batch, &findings))),
        Err(error) => error,
    };
    if !writer.gate.close() {
        return Err(StoreError::Unknown(error));
    }
    let rolled_back = match &error {
        sqlx::Error::Database(_) => {
            within(deadline, sqlx::query("rollback").execute(&mut **writer)).await.is_ok()
        }
        _ => false,
    };
    if !rolled_back {
        return Err(StoreError::NotApplied(error));
    }
    writer.known = Known::default();
    writer.gate.open();
    Ok(None)
}

/// Writes the posts and commits: in one go, or several where they are more than a statement takes.
async fn write(writer: &mut WriteConnection, creates: &[&Create]) -> Result<Findings, sqlx::Error> {
    let known = match writer.known.newest {
        Some(newest) => newest,
        None => {
            let newest = sqlx::query_scalar("select coalesce(max(change), 0) from posts");
            newest.fetch_one(&mut **writer).await?
        }
    };
    writer.known.authors.make_room(creates.len());
    let rows: Vec<(i64, &Create)> = (known + 1..).zip(creates.iter().copied()).collect();
    let strangers: Vec<_> =
        rows.iter().copied().filter(|(_, create)| !writer.known.authors.know(create.author)).collect();
    let mut standing = BTreeMap::new();
    let last = rows.len().saturating_sub(1) / ROWS_MAX;
    for (part, rows) in rows.chunks(ROWS_MAX).enumerate() {
        let begin = (part == 0).then_some(known);
        standing.extend(go(writer, begin, rows, &strangers, part == last).await?);
    }

    let findings = Findings::of_creates(rows.into_iter(), standing, true, &writer.known.authors);
    let newest = findings.inserted.values().map(|(_, change)| *change).max();
    writer.known.newest = Some(newest.unwrap_or(known));
    Ok(findings)
}

/// One go: begins after the newest change if there is one, inserts posts, and commits if it is the last. Returns all that
/// stands at the posts' ids if any of them gave way, and nothing otherwise.
async fn go(
    writer: &mut WriteConnection,
    begin: Option<i64>,
    rows: &[(i64, &Create)],
    strangers: &[(i64, &Create)],
    last: bool,
) -> Result<BTreeMap<PostId, StoredRow>, sqlx::Error> {
    let mut text = String::new();
    let mut statements = 2;
    if begin.is_some() {
        text.extend([BEGIN, INSERT_USERS, ";\n"]);
        statements += 3;
    }
    text.extend([&insert::statement(rows.len()), ";\n", FIND_IF_GIVEN_WAY]);
    if last {
        text.extend([FIND_NAMES, "commit"]);
        statements += 2;
    }
    // The text is made of what stands above.
    let mut query = sqlx::query(AssertSqlSafe(text));
    if let Some(newest) = begin {
        query = query.bind(newest).bind(creates_json(strangers)?);
    }
    query = rows.iter().fold(query, insert::bind);
    let ids = rows.iter().map(|(_, create)| create.id.as_uuid().simple().to_string());
    query = query.bind(rows.len() as i64).bind(json(&ids.collect::<Vec<_>>())?);
    if last {
        let authors = strangers.iter().map(|(_, create)| create.author.as_uuid().simple().to_string());
        query = query.bind(json(&authors.collect::<Vec<_>>())?);
    }

    let WriteConnection { connection, known, .. } = writer;
    let mut standing = BTreeMap::new();
    let mut items = connection.fetch_many(query);
    while let Some(item) = items.try_next().await? {
        let row = match item {
            Either::Left(_) => {
                statements -= 1;
                continue;
            }
            Either::Right(row) => row,
        };
        // Each statement's rows are as wide as no other's.
        match row.len() {
            1 => {}
            2 => known.authors.learn(UserId(row.try_get(0)?), row.try_get(1)?),
            _ => {
                let row = stored_row(&row)?;
                standing.insert(row.id, row);
            }
        }
    }
    // A thread that broke off says nothing more.
    if statements == 0 { Ok(standing) } else { Err(connection_lost()) }
}
