//! A database of a test's own, and a look into it past the server.

use std::collections::BTreeSet;
use std::path::Path;

use sqlx::Connection;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use uuid::Uuid;

use super::postgres;

/// Which database a story runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// One empty database, made for one story.
pub struct Database {
    pub engine: Engine,
    pub url: String,
    /// Its name in the shared cluster, or its file. Empty where the whole cluster is the story's.
    name: String,
}

/// A row of `posts`, as far as the invariants need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRow {
    pub id: Uuid,
    pub user_id: Uuid,
    /// `None` in a tombstone.
    pub content: Option<String>,
    pub room: Option<String>,
    pub deleted: bool,
}

impl StoredRow {
    pub fn is_post(&self) -> bool {
        !self.deleted
    }
}

const ROWS: &str = "select id, user_id, content, room, deleted_at is not null from posts order by sequence";

/// A name for each version of each row. Postgres names every one itself; on SQLite it is what a write draws anew.
const VERSIONS_SQLITE: &str = "
select 'post ' || hex(id) || hex(write_id) || change from posts
union all select 'user ' || hex(id) from users
union all select 'operation ' || hex(user_id) || key || hex(write_id) || (body is null) from operations";
const VERSIONS_POSTGRES: &str = "
select 'post ' || ctid::text || ' ' || xmin::text from posts
union all select 'user ' || ctid::text || ' ' || xmin::text from users
union all select 'operation ' || ctid::text || ' ' || xmin::text from operations";

impl Database {
    pub async fn create(engine: Engine, folder: &Path) -> Self {
        match engine {
            Engine::Sqlite => {
                let file = folder.join("posts.db").display().to_string();
                Self { engine, url: format!("sqlite://{file}"), name: file }
            }
            Engine::Postgres => {
                let name = format!("story_{}", Uuid::now_v7().simple());
                postgres::execute(&format!("create database {name}")).await;
                Self { engine, url: postgres::url_of(&name), name }
            }
        }
    }

    /// Has the cluster turn everybody away from this database, or let them in again. Of the two engines only Postgres
    /// can be away while its files are there.
    pub async fn set_away(&self, away: bool) {
        assert_eq!(self.engine, Engine::Postgres);
        let name = &self.name;
        postgres::execute(&format!("alter database {name} allow_connections {}", !away)).await;
        if away {
            let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname";
            postgres::execute(&format!("{end} = '{name}'")).await;
        }
    }

    /// The database of a cluster that is the story's own.
    pub fn of_cluster(url: &str) -> Self {
        Self { engine: Engine::Postgres, url: url.to_owned(), name: String::new() }
    }

    /// Removes it; only after a story that held, so that a failed one can be looked into.
    pub async fn remove(&self) {
        if self.engine == Engine::Postgres && !self.name.is_empty() {
            postgres::execute(&format!("drop database {} with (force)", self.name)).await;
        }
    }

    async fn sqlite(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(&self.name);
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    async fn postgres(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }

    /// Every row of `posts` in the order of the feed's sequence, tombstones included.
    pub async fn rows(&self) -> Vec<StoredRow> {
        type Columns = (Uuid, Uuid, Option<String>, Option<String>, bool);
        let rows: Vec<Columns> = match self.engine {
            Engine::Sqlite => sqlx::query_as(ROWS).fetch_all(&mut self.sqlite().await).await,
            Engine::Postgres => sqlx::query_as(ROWS).fetch_all(&mut self.postgres().await).await,
        }
        .unwrap();
        rows.into_iter()
            .map(|(id, user_id, content, room, deleted)| StoredRow { id, user_id, content, room, deleted })
            .collect()
    }

    /// The rows of one id: one at the most.
    pub async fn rows_of(&self, id: Uuid) -> Vec<StoredRow> {
        self.rows().await.into_iter().filter(|row| row.id == id).collect()
    }

    /// The only row of an id.
    pub async fn row(&self, id: Uuid) -> Option<StoredRow> {
        let rows = self.rows_of(id).await;
        assert!(rows.len() <= 1, "{} rows of one id", rows.len());
        rows.into_iter().next()
    }

    /// Whether the id stands in the database as a post.
    pub async fn has_post(&self, id: Uuid) -> bool {
        self.row(id).await.is_some_and(|row| row.is_post())
    }

    /// How many rows the control arm holds.
    pub async fn naive_rows(&self) -> i64 {
        self.count("select count(*) from naive_posts").await
    }

    /// How many rows of the control arm say `content`.
    pub async fn naive_rows_saying(&self, content: &str) -> usize {
        const CONTENTS: &str = "select content from naive_posts";
        let contents: Vec<String> = match self.engine {
            Engine::Sqlite => sqlx::query_scalar(CONTENTS).fetch_all(&mut self.sqlite().await).await,
            Engine::Postgres => sqlx::query_scalar(CONTENTS).fetch_all(&mut self.postgres().await).await,
        }
        .unwrap();
        contents.iter().filter(|stored| *stored == content).count()
    }

    /// How many keys still keep what was answered under them.
    pub async fn kept_answers(&self) -> i64 {
        self.count("select count(*) from operations where body is not null").await
    }

    /// The answer that the only operation under `key` keeps.
    pub async fn kept_answer(&self, key: &str) -> String {
        match self.engine {
            Engine::Sqlite => {
                let query = sqlx::query_scalar("select body from operations where key = ?1").bind(key);
                query.fetch_one(&mut self.sqlite().await).await
            }
            Engine::Postgres => {
                let query = sqlx::query_scalar("select body from operations where key = $1").bind(key);
                query.fetch_one(&mut self.postgres().await).await
            }
        }
        .unwrap()
    }

    /// The posts that refused records of the log were about.
    pub async fn refused_posts(&self) -> Vec<Uuid> {
        let query = "select post_id from dead_letters where post_id is not null";
        match self.engine {
            Engine::Sqlite => sqlx::query_scalar(query).fetch_all(&mut self.sqlite().await).await,
            Engine::Postgres => sqlx::query_scalar(query).fetch_all(&mut self.postgres().await).await,
        }
        .unwrap()
    }

    /// What stands in the tables of posts, such that a row that was written since has another name.
    pub async fn versions(&self) -> BTreeSet<String> {
        let versions: Vec<String> = match self.engine {
            Engine::Sqlite => sqlx::query_scalar(VERSIONS_SQLITE).fetch_all(&mut self.sqlite().await).await,
            Engine::Postgres => {
                sqlx::query_scalar(VERSIONS_POSTGRES).fetch_all(&mut self.postgres().await).await
            }
        }
        .unwrap();
        versions.into_iter().collect()
    }

    pub async fn users(&self) -> i64 {
        self.count("select count(*) from users").await
    }

    async fn count(&self, query: &'static str) -> i64 {
        match self.engine {
            Engine::Sqlite => sqlx::query_scalar(query).fetch_one(&mut self.sqlite().await).await,
            Engine::Postgres => sqlx::query_scalar(query).fetch_one(&mut self.postgres().await).await,
        }
        .unwrap()
    }
}
