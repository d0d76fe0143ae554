//! Databases of their own for tests, on both kinds.

use std::sync::Arc;
use std::sync::OnceLock;

use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::post::{NewPost, Revision, Room};
use protocol::time::Timestamp;
use protocol::user::UserId;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

use super::{Command, Create, Delete, Edit, Store, open};

/// A database that nobody else uses.
pub(crate) struct TestDatabase {
    pub(crate) url: String,
    // Deletes the file when the test is over.
    _folder: Option<TempDir>,
}

impl TestDatabase {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/data/posts.db", folder.path().display());
        Self { url, _folder: Some(folder) }
    }

    pub(crate) async fn postgres() -> Self {
        let cluster = cluster_url();
        let name = format!("test_{}", Uuid::new_v4().simple());
        let mut connection = PgConnection::connect(&cluster).await.unwrap();
        sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await.unwrap();
        let (server, _) = cluster.rsplit_once('/').unwrap();
        Self { url: format!("{server}/{name}"), _folder: None }
    }

    /// Another instance on the same database.
    pub(crate) async fn store(&self) -> Arc<dyn Store> {
        let store = open(&self.url).unwrap();
        store.migrate().await.unwrap();
        store
    }
}

/// `TEST_POSTGRES_URL`, or a cluster of this process's own, which a child stops when the process is gone.
fn cluster_url() -> String {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| std::env::var("TEST_POSTGRES_URL").unwrap_or_else(|_| start_cluster())).clone()
}

fn start_cluster() -> String {
    start("postgres")
}

/// `TEST_KAFKA_BROKER`, or a broker of this process's own.
#[cfg(feature = "kafka")]
pub(crate) fn broker() -> String {
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS.get_or_init(|| std::env::var("TEST_KAFKA_BROKER").unwrap_or_else(|_| start("broker"))).clone()
}

/// Starts what a script starts, and leaves behind a child that stops it when this process is gone.
fn start(script: &str) -> String {
    let script = format!("{}/../scripts/{script}", env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap().keep();
    let started = std::process::Command::new(&script).arg("start").arg(&folder).output().unwrap();
    assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    // The shell leaves the watch in the background and is gone at once.
    let watch = "(while kill -0 \"$1\" 2>/dev/null; do sleep 1; done; exec \"$2\" stop \"$3\") &";
    let watching = std::process::Command::new("sh")
        .args(["-c", watch, "watch", &std::process::id().to_string(), &script])
        .arg(&folder)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(watching.success());
    String::from_utf8(started.stdout).unwrap().trim().to_owned()
}

pub(crate) fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

pub(crate) fn new_id() -> PostId {
    PostId::from_uuid(Uuid::now_v7()).unwrap()
}

pub(crate) fn room(name: &str) -> Room {
    Room::parse(name).unwrap()
}

/// A create by user 1 in the lobby, with a write id of its own.
pub(crate) fn create(id: PostId, content: &str) -> Create {
    let post = NewPost::check(content.to_owned(), None, None).unwrap();
    Create {
        id,
        author: user(1),
        key: None,
        fingerprint: Fingerprint::of_create(&post),
        post,
        write_id: Uuid::new_v4(),
        create_timestamp: Timestamp::from_unix_ms(1_700_000_000_123),
    }
}

pub(crate) fn create_by(author: u128, id: PostId, content: &str) -> Create {
    Create { author: user(author), ..create(id, content) }
}

pub(crate) fn create_in(name: &str, id: PostId, content: &str) -> Create {
    let post = NewPost::check(content.to_owned(), None, Some(name)).unwrap();
    Create { fingerprint: Fingerprint::of_create(&post), post, ..create(id, content) }
}

pub(crate) fn delete_by(author: u128, id: PostId) -> Command {
    let delete_timestamp = Timestamp::from_unix_ms(1_700_000_001_456);
    Command::Delete(Delete { id, author: user(author), write_id: Uuid::new_v4(), delete_timestamp })
}

/// A create by user 1 under an opaque key, with an id as the server mints it.
pub(crate) fn create_under(key: &str, content: &str) -> Create {
    Create { key: Some(key.to_owned()), ..create(new_id(), content) }
}

/// An edit by user 1.
pub(crate) fn edit(id: PostId, key: &str, revision: Revision) -> Edit {
    Edit {
        id,
        author: user(1),
        key: key.to_owned(),
        fingerprint: Fingerprint::of_edit(id, &revision),
        revision,
        if_match: None,
        write_id: Uuid::new_v4(),
        edit_timestamp: Timestamp::from_unix_ms(1_700_000_000_789),
    }
}

pub(crate) fn append(text: &str) -> Revision {
    Revision::Append(text.to_owned())
}
