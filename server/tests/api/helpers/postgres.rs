//! The Postgres cluster that the stories share.

use std::sync::OnceLock;

use sqlx::Connection;
use sqlx::postgres::PgConnection;

use super::warden::Warden;

/// The URL of the cluster named by `TEST_POSTGRES_URL`; of a throw-away one of this process where that is unset.
fn cluster() -> &'static str {
    static CLUSTER: OnceLock<Result<String, Warden>> = OnceLock::new();
    let cluster = CLUSTER
        .get_or_init(|| std::env::var("TEST_POSTGRES_URL").map_err(|_| Warden::start("postgres", "shared")));
    cluster.as_ref().unwrap_or_else(|warden| &warden.address)
}

/// The URL of a database in the cluster.
pub fn url_of(database: &str) -> String {
    let url = cluster();
    let (address, query) = url.split_once('?').map_or((url, None), |(a, q)| (a, Some(q)));
    let server = address.rsplit_once('/').map_or(address, |(server, _)| server);
    match query {
        Some(query) => format!("{server}/{database}?{query}"),
        None => format!("{server}/{database}"),
    }
}

/// Runs a statement of administration.
pub async fn execute(statement: &str) {
    let mut connection = PgConnection::connect(cluster()).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
