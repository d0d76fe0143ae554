//! What only this store has: a file that has to survive a power cut.

use crate::store::Store;
use crate::store::testing::TestDatabase;

use super::SqliteStore;

#[tokio::test]
async fn case_28_what_was_acknowledged_survives_a_power_cut() {
    let database = TestDatabase::sqlite();
    let store = SqliteStore::open(&database.url).unwrap();
    store.migrate().await.unwrap();
    let (_slot, mut connection) = store.writer(None).await.unwrap();
    let synchronous: i64 = sqlx::query_scalar("pragma synchronous").fetch_one(&mut connection).await.unwrap();
    let journal: String = sqlx::query_scalar("pragma journal_mode").fetch_one(&mut connection).await.unwrap();
    // 2 is FULL: a commit is on the disk before it is answered, also with a write-ahead log.
    assert_eq!((synchronous, journal.as_str()), (2, "wal"));
}
