//! What only this store has: connections that several writes share.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::time::Instant;

use crate::store::testing::{TestDatabase, create, delete_by, new_id, room};
use crate::store::{ChangeNotice, Command, DatabaseFault, Store, StoreError, Verdict};

use super::apply::WRITE_LOCK;
use super::{PostgresStore, create as at_once, read};

async fn store() -> PostgresStore {
    let store = PostgresStore::open(&TestDatabase::postgres().await.url).unwrap();
    store.migrate().await.unwrap();
    store
}

/// Which connection the next write that is not hit will use.
async fn connection_of_the_unharmed(store: &PostgresStore) -> i32 {
    let (mut slot, mut connection) = store.writer(None).await.unwrap();
    let pid = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut *connection).await.unwrap();
    *slot = Some(connection);
    pid
}

fn command() -> Command {
    create(new_id(), "hello").into()
}

#[tokio::test]
async fn a_write_that_is_hit_costs_its_neighbours_no_connection() {
    let store = store().await;
    let before = connection_of_the_unharmed(&store).await;
    for fault in [DatabaseFault::RolledBack, DatabaseFault::CommitAckLost, DatabaseFault::ConnectRefused] {
        store.apply(&[command()], Some(fault)).await.unwrap_err();
    }
    assert_eq!(connection_of_the_unharmed(&store).await, before);
}

#[tokio::test]
async fn a_neighbour_does_not_wait_for_a_write_that_is_hit() {
    let store = store().await;
    let (_held, _connection) = store.writer(Some(DatabaseFault::RolledBack)).await.unwrap();
    let write = [command()];
    let verdicts = tokio::time::timeout(Duration::from_secs(1), store.apply(&write, None)).await;
    assert!(matches!(verdicts.unwrap().unwrap()[..], [Verdict::Created(_)]));
}

/// A plan that was made while the table was small is kept while it grows: one that reads the whole table would slow
/// every write down more and more.
#[tokio::test]
async fn no_write_reads_the_whole_table_even_where_it_is_small() {
    let store = store().await;
    for _ in 0..20 {
        let create = create(new_id(), "hello");
        let delete = delete_by(1, create.id);
        for command in [create.clone().into(), create.into(), delete] {
            store.apply(&[command], None).await.unwrap();
        }
    }
    let counted = store.readers.clone();
    // The connection tells what it did when it closes at the latest.
    drop(store);
    let counts = "select n_tup_ins, seq_scan from pg_stat_user_tables where relname = 'posts'";
    let scans = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            let (inserted, scans): (i64, i64) = sqlx::query_as(counts).fetch_one(&counted).await.unwrap();
            if inserted == 20 {
                return scans;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    // The migration may have looked at it.
    assert!(scans.await.unwrap() < 10);
}

const MANY_POSTS: &str = "
insert into posts (id, user_id, content, create_timestamp, room, sequence, change, fingerprint, fingerprint_version,
    write_id, was_stored)
select gen_random_uuid(), gen_random_uuid(), 'hello', now(), 'lobby', n, n, sha256('hello'), 1, gen_random_uuid(), true
from generate_series(1, 20000) as n";

/// The planner, which knows nothing of these rows, would sort a share of the room for each page.
#[tokio::test]
async fn a_page_is_read_in_the_order_of_an_index_even_where_nothing_is_known_of_the_table() {
    let store = store().await;
    // Their authors have no rows, which the planner does not ask for.
    for statement in ["set session_replication_role = replica", MANY_POSTS] {
        let (mut slot, mut connection) = store.writer(None).await.unwrap();
        sqlx::raw_sql(statement).execute(&mut *connection).await.unwrap();
        *slot = Some(connection);
    }
    for statement in [read::FEED, read::CHANGES] {
        let explain = sqlx::AssertSqlSafe(format!("explain {statement}"));
        let explain = sqlx::query_scalar::<_, String>(explain).bind("lobby").bind(1_000_i64).bind(20_i64);
        let plan = explain.fetch_all(&store.readers).await.unwrap().join("\n");
        assert!(plan.contains("Index Scan") && !plan.contains("Sort") && !plan.contains("Bitmap"), "{plan}");
    }
}

#[tokio::test]
async fn an_author_whose_row_is_gone_gets_a_new_one() {
    let store = store().await;
    store.apply(&[command()], None).await.unwrap();
    let (mut slot, mut connection) = store.writer(None).await.unwrap();
    sqlx::raw_sql("delete from posts; delete from users").execute(&mut *connection).await.unwrap();
    *slot = Some(connection);
    drop(slot);
    let before = connection_of_the_unharmed(&store).await;
    assert!(matches!(store.apply(&[command()], None).await.unwrap()[..], [Verdict::Created(_)]));
    assert_eq!(connection_of_the_unharmed(&store).await, before);
}

/// Case 20: under a stricter default of the database, a row that was committed meanwhile would be invisible to the
/// statement that looks for it.
#[tokio::test]
async fn case_20_writes_are_read_committed_whatever_the_database_prefers() {
    let store = store().await;
    for level in ["serializable", "repeatable read"] {
        let (mut slot, mut connection) = store.writer(None).await.unwrap();
        let name: String =
            sqlx::query_scalar("select current_database()").fetch_one(&mut *connection).await.unwrap();
        let prefer = format!("alter database {name} set default_transaction_isolation = '{level}'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(prefer)).execute(&mut *connection).await.unwrap();
        // The next write has to connect anew, and so learns the database's preference.
        *slot = None;
        drop((slot, connection));
        let (_slot, mut connection) = store.writer(None).await.unwrap();
        let chosen: String =
            sqlx::query_scalar("show transaction_isolation").fetch_one(&mut *connection).await.unwrap();
        assert_eq!(chosen, "read committed");
    }
}

/// Another session that holds the lock of writes; it lets go of it when it is dropped.
async fn writer_elsewhere(store: &PostgresStore) -> PgConnection {
    let mut session = PgConnection::connect_with(&store.options).await.unwrap();
    let lock = AssertSqlSafe(format!("select pg_advisory_lock({WRITE_LOCK})"));
    sqlx::query(lock).execute(&mut session).await.unwrap();
    session
}

#[tokio::test]
async fn a_batch_that_waits_for_another_instance_too_long_is_not_stored() {
    let store = store().await;
    let elsewhere = writer_elsewhere(&store).await;
    let command = command();
    let error = store.apply(std::slice::from_ref(&command), None).await.unwrap_err();
    assert!(matches!(error, StoreError::NotApplied(_)) && error.is_transient(), "{error}");
    elsewhere.close().await.unwrap();
    assert_eq!(store.find(command.id()).await.unwrap(), None);
    assert!(matches!(store.apply(&[command], None).await.unwrap()[..], [Verdict::Created(_)]));
}

/// The commit follows the statement without being asked for.
#[tokio::test]
async fn a_batch_that_was_given_up_on_is_unknown_and_recognised_later() {
    let store = store().await;
    let elsewhere = writer_elsewhere(&store).await;
    let create = create(new_id(), "hello");
    let batch = [create.clone().into()];
    let (_, mut connection) = store.writer(None).await.unwrap();
    let deadline = Instant::now() + Duration::from_millis(100);
    let gave_up = at_once::store(&mut connection, &batch, &[&create], deadline).await;
    assert!(matches!(gave_up, Err(StoreError::Unknown(_))));
    elsewhere.close().await.unwrap();
    assert!(matches!(store.apply(&batch, None).await.unwrap()[..], [Verdict::Created(_)]));
    drop(connection);
}

#[tokio::test]
async fn a_session_that_the_database_ends_in_the_middle_of_a_batch_has_stored_nothing() {
    let store = store().await;
    let mut elsewhere = writer_elsewhere(&store).await;
    let pid = connection_of_the_unharmed(&store).await;
    let command = command();
    let batch = std::slice::from_ref(&command);
    let end = async {
        let waits = "select pg_terminate_backend(pid) from pg_locks where pid = $1 and not granted";
        while sqlx::query(waits).bind(pid).fetch_optional(&mut elsewhere).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    };
    let (ended, ()) = tokio::join!(store.apply(batch, None), end);
    assert!(matches!(ended, Err(StoreError::NotApplied(_))), "{ended:?}");
    elsewhere.close().await.unwrap();
    assert_eq!(store.find(command.id()).await.unwrap(), None);
    assert!(matches!(store.apply(batch, None).await.unwrap()[..], [Verdict::Created(_)]));
}

const FAIL_AT_COMMIT: &str = "
create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
create constraint trigger refuse after insert on posts deferrable initially deferred
for each row execute function refuse()";

#[tokio::test]
async fn a_commit_that_fails_is_unknown() {
    let store = store().await;
    let (mut slot, mut connection) = store.writer(None).await.unwrap();
    sqlx::raw_sql(FAIL_AT_COMMIT).execute(&mut *connection).await.unwrap();
    *slot = Some(connection);
    drop(slot);
    let failed = store.apply(&[command()], None).await;
    assert!(matches!(failed, Err(StoreError::Unknown(_))), "{failed:?}");
}

/// Nobody may have been told of it.
#[tokio::test]
async fn a_command_that_recognises_its_row_tells_of_it_again() {
    let store = PostgresStore::open(&TestDatabase::postgres().await.url).unwrap();
    let mut notices = store.notices();
    store.migrate().await.unwrap();
    // It hears what is said once it has said that it missed what was said before.
    assert_eq!(notices.recv().await.unwrap(), ChangeNotice::Missed);
    let batch = [command()];
    store.apply(&batch, Some(DatabaseFault::CommitAckLost)).await.unwrap_err();
    store.apply(&batch, None).await.unwrap();
    for _ in 0..2 {
        let told = ChangeNotice::Touched { room: room("lobby"), from: 1, to: 1 };
        assert_eq!(notices.recv().await.unwrap(), told);
    }
}
