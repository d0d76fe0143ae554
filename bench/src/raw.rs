//! Inserts without a server, over one connection: what the database takes at most in such batches.

use std::time::{Duration, Instant};

use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use uuid::Uuid;

const CONTENT: &str = "The network may lose the answer; the post stays one, however often it is sent.";

/// A connection to a database that has the tables of a server.
pub(crate) enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Whose rows they are.
const AUTHOR: Uuid = Uuid::from_u128(0xbe7c);

impl Raw {
    /// Connects with the durability that the server has: SQLite with `synchronous = full`, Postgres as it is.
    pub(crate) async fn connect(url: &str) -> anyhow::Result<Self> {
        if url.starts_with("sqlite:") {
            let mut connection = SqliteConnection::connect(url).await?;
            connection.execute("pragma synchronous = full").await?;
            let author = "insert or ignore into users (id, name, create_timestamp) values (?1, 'raw', 0)";
            sqlx::query(author).bind(AUTHOR).execute(&mut connection).await?;
            Ok(Self::Sqlite(connection))
        } else {
            let mut connection = PgConnection::connect(url).await?;
            let author = "insert into users (id, name, create_timestamp) values ($1, 'raw', now())
                on conflict do nothing";
            sqlx::query(author).bind(AUTHOR).execute(&mut connection).await?;
            Ok(Self::Postgres(connection))
        }
    }

    /// Rows per second, inserted `batch` at a time for `time`, each batch in a transaction of its own. A batch of one
    /// is a bare INSERT without BEGIN and COMMIT.
    pub(crate) async fn rate(&mut self, batch: usize, time: Duration) -> anyhow::Result<f64> {
        let mut change = self.newest().await?;
        let statement = self.statement(batch);
        let (start, mut rows) = (Instant::now(), 0_usize);
        while start.elapsed() < time {
            self.insert(&statement, batch, change).await?;
            change += i64::try_from(batch)?;
            rows += batch;
        }
        Ok(rows as f64 / start.elapsed().as_secs_f64())
    }

    async fn newest(&mut self) -> anyhow::Result<i64> {
        let newest = "select coalesce(max(change), 0) from posts";
        Ok(match self {
            Self::Sqlite(connection) => sqlx::query_scalar(newest).fetch_one(connection).await?,
            Self::Postgres(connection) => sqlx::query_scalar(newest).fetch_one(connection).await?,
        })
    }

    /// SQLite takes rows of parameters; Postgres a column in each.
    fn statement(&self, batch: usize) -> String {
        let insert =
            "insert into posts (id, user_id, content, create_timestamp, room, sequence, change, fingerprint,
            fingerprint_version, write_id, was_stored) ";
        match self {
            Self::Sqlite(_) => {
                let row = "(?, ?, ?, ?, 'lobby', ?, ?, ?, 1, ?, 1)";
                format!("{insert} values {}", vec![row; batch].join(", "))
            }
            Self::Postgres(_) => format!(
                "{insert} select c.id, c.author, c.content, timestamptz 'epoch' + c.time * interval '1 millisecond',
                    'lobby', c.change, c.change, c.fingerprint, 1, c.write, true
                from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::bytea[], $7::uuid[])
                    as c (id, author, content, time, change, fingerprint, write)"
            ),
        }
    }

    async fn insert(&mut self, statement: &str, batch: usize, newest: i64) -> anyhow::Result<()> {
        let changes: Vec<i64> = (1..).take(batch).map(|n| newest + n).collect();
        let time = 1_700_000_000_000_i64;
        // The text is made of what stands above.
        let statement = sqlx::AssertSqlSafe(statement);
        match self {
            Self::Sqlite(connection) => {
                let mut insert = sqlx::query(statement);
                for change in &changes {
                    insert = insert.bind(Uuid::now_v7()).bind(AUTHOR).bind(CONTENT).bind(time).bind(*change);
                    insert = insert.bind(*change).bind(fingerprint()).bind(Uuid::new_v4());
                }
                if batch == 1 {
                    insert.execute(connection).await?;
                } else {
                    let mut transaction = connection.begin_with("begin immediate").await?;
                    insert.execute(&mut *transaction).await?;
                    transaction.commit().await?;
                }
            }
            Self::Postgres(connection) => {
                let ids = changes.iter().map(|_| Uuid::now_v7());
                let insert = sqlx::query(statement)
                    .bind(ids.collect::<Vec<_>>())
                    .bind(vec![AUTHOR; batch])
                    .bind(vec![CONTENT; batch])
                    .bind(vec![time; batch])
                    .bind(&changes)
                    .bind(changes.iter().map(|_| fingerprint()).collect::<Vec<_>>())
                    .bind(changes.iter().map(|_| Uuid::new_v4()).collect::<Vec<_>>());
                if batch == 1 {
                    insert.execute(connection).await?;
                } else {
                    let mut transaction = connection.begin().await?;
                    insert.execute(&mut *transaction).await?;
                    transaction.commit().await?;
                }
            }
        }
        Ok(())
    }
}

/// As long as a fingerprint is, and as random.
fn fingerprint() -> Vec<u8> {
    [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat()
}
