//! Databases to measure on, and the rows they begin with.

use std::path::{Path, PathBuf};

use anyhow::Context;
use sqlx::{Connection, PgConnection, SqliteConnection};

/// Where databases are made.
pub(crate) enum Place {
    /// In files of this folder.
    Sqlite(PathBuf),
    /// Beside the database of this URL.
    Postgres(String),
}

/// SQLite always, Postgres where there is one.
pub(crate) fn places(folder: &Path, postgres: Option<&str>) -> Vec<Place> {
    let postgres = postgres.map(|url| Place::Postgres(url.to_owned()));
    std::iter::once(Place::Sqlite(folder.to_owned())).chain(postgres).collect()
}

impl Place {
    /// What figures of it are called.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// Makes an empty database, where there was another of that name, too; returns its URL.
    pub(crate) async fn make(&self, name: &str) -> anyhow::Result<String> {
        match self {
            Self::Sqlite(folder) => {
                for end in ["", "-wal", "-shm"] {
                    let path = folder.join(format!("{name}.db{end}"));
                    match std::fs::remove_file(&path) {
                        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                            return Err(error).with_context(|| format!("{} is in the way", path.display()));
                        }
                        _ => {}
                    }
                }
                Ok(format!("sqlite://{}", folder.join(format!("{name}.db")).display()))
            }
            Self::Postgres(url) => {
                let (server, _) = url.rsplit_once('/').context("the Postgres URL names no database")?;
                let mut connection = PgConnection::connect(url).await?;
                for command in ["drop database if exists bench_", "create database bench_"] {
                    // The names are those of this program.
                    let statement = sqlx::AssertSqlSafe(format!("{command}{name}"));
                    sqlx::query(statement).execute(&mut connection).await?;
                }
                Ok(format!("{server}/bench_{name}"))
            }
        }
    }
}

/// Posts in a transaction while a database is filled.
const CHUNK: u64 = 100_000;

/// Posts as a server leaves them: ids of version 7, one room, a thousand authors.
const FILL: &str = "
insert into posts (id, user_id, content, create_timestamp, room, sequence, change, fingerprint,
    fingerprint_version, write_id, was_stored)
with recursive numbers (n) as (select ?1 union all select n + 1 from numbers where n < ?2)
select unhex(printf('%012x7%03x8%s', 1700000000000 + n, n % 4096, substr(hex(randomblob(8)), 2))),
    unhex(printf('%032x', n % 1000)), 'A post among many, with some words to read. Its number is ' || n,
    1700000000000 + n, 'lobby', n, n, randomblob(32), 1, randomblob(16), 1
from numbers";

const AUTHORS: &str = "
insert into users (id, name, create_timestamp)
with recursive numbers (n) as (select 0 union all select n + 1 from numbers where n < 999)
select unhex(printf('%032x', n)), 'Author ' || n, 1700000000000 from numbers";

/// The same for Postgres.
const FILL_POSTGRES: &str = "
insert into posts (id, user_id, content, create_timestamp, room, sequence, change, fingerprint,
    fingerprint_version, write_id, was_stored)
select (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0')
        || '8' || substr(md5(n::text), 1, 15))::uuid,
    lpad(to_hex(n % 1000), 32, '0')::uuid, 'A post among many, with some words to read. Its number is ' || n,
    timestamptz 'epoch' + (1700000000000 + n) * interval '1 millisecond', 'lobby', n, n, sha256(n::text::bytea), 1,
    md5(n::text)::uuid, true
from generate_series($1::bigint, $2::bigint) as n";

const AUTHORS_POSTGRES: &str = "
insert into users (id, name, create_timestamp)
select lpad(to_hex(n), 32, '0')::uuid, 'Author ' || n, now() from generate_series(0, 999) as n";

/// Fills a database, which no server has open, with `rows` posts. It is not safe against a power cut meanwhile; what is
/// measured afterwards is.
pub(crate) async fn fill(url: &str, rows: u64) -> anyhow::Result<()> {
    if url.starts_with("sqlite:") { fill_sqlite(url, rows).await } else { fill_postgres(url, rows).await }
}

async fn fill_postgres(url: &str, rows: u64) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    // Foreign keys that hold by what is inserted need not be looked up.
    for setting in
        ["set synchronous_commit = off", "set session_replication_role = replica", AUTHORS_POSTGRES]
    {
        sqlx::query(setting).execute(&mut connection).await?;
    }
    let (first, last) = (1_i64, i64::try_from(rows)?);
    sqlx::query(FILL_POSTGRES).bind(first).bind(last).execute(&mut connection).await?;
    // What the server would do about so many new rows by itself, in the midst of what is measured.
    for chore in ["vacuum (analyze) posts", "checkpoint"] {
        sqlx::query(chore).execute(&mut connection).await?;
    }
    connection.close().await?;
    Ok(())
}

async fn fill_sqlite(url: &str, rows: u64) -> anyhow::Result<()> {
    let mut connection = SqliteConnection::connect(url).await?;
    for setting in ["pragma synchronous = off", "pragma cache_size = -200000"] {
        sqlx::query(setting).execute(&mut connection).await?;
    }
    sqlx::query(AUTHORS).execute(&mut connection).await?;
    let mut first = 1;
    while first <= rows {
        let last = (first + CHUNK - 1).min(rows);
        let insert = sqlx::query(FILL).bind(i64::try_from(first)?).bind(i64::try_from(last)?);
        insert.execute(&mut connection).await?;
        first = last + 1;
    }
    sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut connection).await?;
    connection.close().await?;
    // Nothing of it is left to be written while something is measured.
    std::fs::File::open(url.trim_start_matches("sqlite://"))?.sync_all()?;
    Ok(())
}
