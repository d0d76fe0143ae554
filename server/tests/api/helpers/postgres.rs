//! The Postgres cluster that the stories share.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use sqlx::Connection;
use sqlx::postgres::PgConnection;

/// The cluster, and the child that stops it when this process ends, however it ends.
struct Cluster {
    url: String,
    _warden: Option<Child>,
}

static CLUSTER: OnceLock<Cluster> = OnceLock::new();

/// The cluster named by `TEST_POSTGRES_URL`; a throw-away one of this process where that is unset.
fn cluster() -> &'static Cluster {
    CLUSTER.get_or_init(|| match std::env::var("TEST_POSTGRES_URL") {
        Ok(url) => Cluster { url, _warden: None },
        Err(_) => start(),
    })
}

fn start() -> Cluster {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/postgres");
    let folder = format!("{}/postgres-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id());
    let started = Command::new(script).args(["start", &folder]).stderr(Stdio::inherit()).output().unwrap();
    assert!(
        started.status.success(),
        "Postgres did not start, and without it half of the stories cannot be told"
    );
    let url = String::from_utf8(started.stdout).unwrap().trim().to_owned();
    // The warden reads until this process is gone: its end of the pipe closes with the process.
    let mut warden = Command::new("sh")
        .args(["-c", "cat >/dev/null; \"$0\" stop \"$1\"; rm -rf \"$1\"", script, &folder])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    warden.stdin.as_mut().unwrap().flush().unwrap();
    Cluster { url, _warden: Some(warden) }
}

/// The URL of a database in the cluster.
pub fn url_of(database: &str) -> String {
    let url = &cluster().url;
    let (address, query) = url.split_once('?').map_or((url.as_str(), None), |(a, q)| (a, Some(q)));
    let server = address.rsplit_once('/').map_or(address, |(server, _)| server);
    match query {
        Some(query) => format!("{server}/{database}?{query}"),
        None => format!("{server}/{database}"),
    }
}

/// Runs a statement of administration.
pub async fn execute(statement: &str) {
    let mut connection = PgConnection::connect(&cluster().url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
