//! The rows of new posts, as parameters: a statement for each number of rows, prepared once.
//!
//! As one JSON parameter the rows of a batch would share a statement, and cost twice as much to take apart again.

use std::collections::BTreeSet;

use protocol::key::PostId;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments};
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::store::Create;

/// Rows in one statement; more are inserted by several.
pub(super) const ROWS_MAX: usize = 64;

/// How many statements the write connection keeps: three for each number of rows, which may be a batch, the end of a
/// larger one or a part of any other, and those of everything else.
pub(super) const STATEMENTS: usize = 3 * ROWS_MAX + 64;

macro_rules! insert_posts {
    ($rows:literal) => {
        concat!(
            "
insert into posts (id, user_id, image_id, content, create_timestamp, room, sequence, change,
    fingerprint, fingerprint_version, write_id, was_stored)
",
            $rows
        )
    };
}

const VALUES: &str = insert_posts!("values ");
const ROW: &str = "(?, ?, null, ?, ?, ?, ?, ?, ?, ?, ?, 1)";
const GIVE_WAY: &str = "\non conflict (id) do nothing";

/// What is sent for one post.
pub(super) const INSERT_POST: &str = insert_posts!(
    "values (?, ?, null, ?, ?, ?, ?, ?, ?, ?, ?, 1)
on conflict (id) do nothing"
);

/// A post with a picture, which has to be there.
const INSERT_WITH_PICTURE: &str = insert_posts!(
    "select ?2, ?3, ?1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1
where exists (select 1 from images where images.id = ?1)
on conflict (id) do nothing"
);

/// Inserts posts, each with its change, and returns the ids of those that were not: something stands there, or a
/// picture is missing.
pub(super) async fn insert(
    transaction: &mut SqliteConnection,
    creates: &[(i64, &Create)],
) -> Result<BTreeSet<PostId>, sqlx::Error> {
    let (plain, pictured): (Vec<_>, Vec<_>) =
        creates.iter().copied().partition(|(_, create)| create.post.image_id.is_none());
    let mut missing = BTreeSet::new();
    for rows in plain.chunks(ROWS_MAX) {
        // The text is made of what stands above.
        let statement = sqlx::query(AssertSqlSafe(statement(rows.len())));
        let statement = rows.iter().fold(statement, bind);
        let inserted = statement.execute(&mut *transaction).await?.rows_affected();
        if inserted < rows.len() as u64 {
            missing.extend(not_of_this_write(transaction, rows).await?);
        }
    }
    for row in pictured {
        let statement = sqlx::query(INSERT_WITH_PICTURE).bind(row.1.post.image_id.map(|image| image.0));
        if bind(statement, &row).execute(&mut *transaction).await?.rows_affected() == 0 {
            missing.insert(row.1.id);
        }
    }
    Ok(missing)
}

/// Inserts so many posts.
pub(super) fn statement(rows: usize) -> String {
    [VALUES, &vec![ROW; rows].join(", "), GIVE_WAY].concat()
}

pub(super) fn bind<'q>(
    statement: Query<'q, Sqlite, SqliteArguments>,
    (change, create): &(i64, &Create),
) -> Query<'q, Sqlite, SqliteArguments> {
    statement
        .bind(create.id.as_uuid())
        .bind(create.author.as_uuid())
        .bind(create.post.content.clone())
        .bind(create.create_timestamp.unix_ms())
        .bind(create.post.room.as_str().to_owned())
        .bind(*change)
        .bind(*change)
        .bind(create.fingerprint.digest.to_vec())
        .bind(create.fingerprint.version)
        .bind(create.write_id)
}

/// Of rows that an insert was to make, those that something else stands in the way of.
async fn not_of_this_write(
    transaction: &mut SqliteConnection,
    rows: &[(i64, &Create)],
) -> Result<Vec<PostId>, sqlx::Error> {
    let mut missing = Vec::new();
    for (change, create) in rows {
        let ours = "select 1 from posts where id = ?1 and write_id = ?2 and change = ?3";
        let ours = sqlx::query(ours).bind(create.id.as_uuid()).bind(create.write_id).bind(*change);
        if ours.fetch_optional(&mut *transaction).await?.is_none() {
            missing.push(create.id);
        }
    }
    Ok(missing)
}
