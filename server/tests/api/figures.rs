//! What a long outage costs, in figures. They take minutes, so they are asked for:
//!
//! ```sh
//! cargo test --profile ci -p server --test api figures -- --ignored --nocapture --test-threads 1
//! ```

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::post::NewPost;
use protocol::time::Timestamp;
use protocol::user::UserId;
use server::log::{self, Log, Record};
use server::relay::{Relay, Step, replay};
use server::store::{self, Command, Create, Store};
use server::writer::Breaker;
use tempfile::TempDir;
use uuid::Uuid;

use crate::helpers::{Database, Engine, Setup, TestApp, file_log, id};

const AUTHORS: u128 = 100;

/// As many as the writer and the relay take at once.
const BATCH: usize = 1_024;

fn command(number: u128) -> Command {
    let post =
        NewPost::check(format!("The post with the number {number} of a long outage"), None, None).unwrap();
    Command::from(Create {
        id: PostId::from_uuid(Uuid::now_v7()).unwrap(),
        author: UserId(Uuid::from_u128(number % AUTHORS)),
        key: None,
        fingerprint: Fingerprint::of_create(&post),
        post,
        write_id: Uuid::new_v4(),
        create_timestamp: Timestamp::from_unix_ms(1_700_000_000_000),
    })
}

fn commands(count: u128) -> Vec<Command> {
    (0..count).map(command).collect()
}

async fn append(log: &dyn Log, count: u128) {
    let mut numbers = (0..count).peekable();
    while numbers.peek().is_some() {
        let page: Vec<Record> = numbers
            .by_ref()
            .take(BATCH)
            .map(|number| Record { command: command(number), until_ms: 0 })
            .collect();
        log.append(&page).await.unwrap();
    }
}

async fn open_log(url: &str) -> Arc<dyn Log> {
    log::open(url).await.unwrap().unwrap()
}

/// A database of its own, with its tables.
async fn open_store(engine: Engine, folder: &TempDir) -> (Database, Arc<dyn Store>) {
    let database = Database::create(engine, folder.path()).await;
    let store = store::open(&database.url).unwrap();
    store.migrate().await.unwrap();
    (database, store)
}

fn per_second(count: u128, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}

/// 100,000 posts written straight to one database, and as many to another from the log; then the log twice more.
async fn drain_and_replay(engine: Engine) {
    const RECORDS: u128 = 100_000;
    let (direct, queued) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (database, store) = open_store(engine, &direct).await;
    let commands = commands(RECORDS);
    let began = Instant::now();
    for batch in commands.chunks(BATCH) {
        store.apply(batch, None).await.unwrap();
    }
    let written = per_second(RECORDS, began);
    store.close().await;
    database.remove().await;

    let (database, store) = open_store(engine, &queued).await;
    let log = open_log(&file_log(&queued, "log.db")).await;
    let began = Instant::now();
    append(&*log, RECORDS).await;
    let appended = per_second(RECORDS, began);
    let relay = Relay::new(Arc::clone(&store), Arc::clone(&log), Arc::new(Breaker::new_open()));
    let began = Instant::now();
    while relay.step().await != Step::Empty {}
    let drained = per_second(RECORDS, began);
    assert_eq!(u128::from(relay.counts().applied), RECORDS);

    let mut hashes = Vec::new();
    for turn in 1..=2 {
        let began = Instant::now();
        let replayed = replay::replay(&*store, &*log, 0).await.unwrap();
        eprintln!("{engine:?}, replay {turn}, {:.1} s: {replayed:?}", began.elapsed().as_secs_f64());
        assert_eq!((u128::from(replayed.records), replayed.applied), (RECORDS, 0));
        hashes.extend([replayed.feed_hash_before, replayed.feed_hash_after]);
    }
    hashes.dedup();
    assert_eq!(hashes.len(), 1, "the feed has changed");
    let ratio = drained / written;
    eprintln!(
        "{engine:?}, records a second: {appended:.0} appended, {drained:.0} drained, {written:.0} written directly in \
         the same batches; the drain has {ratio:.2} of their speed"
    );
    assert!(ratio >= 0.5, "the drain is too slow");
    log.close().await;
    store.close().await;
    database.remove().await;
}

#[ignore = "takes a minute; prints figures"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_and_two_replays_of_a_hundred_thousand_records() {
    drain_and_replay(Engine::Sqlite).await;
    drain_and_replay(Engine::Postgres).await;
}

/// A line of /proc/<pid>/<file> as a number.
fn line(pid: u32, file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

const MIB: f64 = 1_048_576.0;

/// Starts a server on a database that is away and a log with so many records; prints and returns what it costs.
async fn start(waiting: u128) -> (TestApp, f64) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::create(Engine::Postgres, folder.path()).await;
    let file = folder.path().join("log.db");
    let url = file_log(&folder, "log.db");
    let log = open_log(&url).await;
    append(&*log, waiting).await;
    log.close().await;
    database.set_away(true).await;
    let began = Instant::now();
    let mut app = TestApp::start_on(database, url, folder, Setup::default()).await;
    let started = began.elapsed().as_secs_f64();
    let pid = app.process().pid();
    eprintln!(
        "{waiting} records wait in {:.0} MiB: the server starts in {started:.2} s, has read {:.1} MiB, and holds {:.0} MiB",
        size(&file) as f64 / MIB,
        line(pid, "io", "rchar:") as f64 / MIB,
        line(pid, "status", "VmRSS:") as f64 / 1_024.0,
    );
    (app, started)
}

#[ignore = "takes some minutes; prints figures"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_records_that_wait_cost_neither_memory_nor_a_start() {
    const RECORDS: u128 = 1_000_000;
    let (mut none, without) = start(0).await;
    let bare = line(none.process().pid(), "status", "VmHWM:");
    none.kill().await;
    none.database.set_away(false).await;
    none.database.remove().await;

    let (mut app, with) = start(RECORDS).await;
    // The time of both starts is that which a database gets that is away.
    assert!(with - without < 1.0, "the start reads the log");
    let ada = app.visitor().await;
    for _ in 0..100 {
        ada.put(id(), "one more").await.assert_queued();
    }
    app.database.set_away(false).await;
    let began = Instant::now();
    while app.metric("postonce_log_lag").await > 0.0 {
        assert!(began.elapsed() < Duration::from_secs(400), "it does not drain");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let most = line(app.process().pid(), "status", "VmHWM:");
    eprintln!(
        "the drain of all of them takes {:.0} s; the server held {:.0} MiB at the most, and {:.0} MiB without a log to drain",
        began.elapsed().as_secs_f64(),
        most as f64 / 1_024.0,
        bare as f64 / 1_024.0,
    );
    assert!(most < bare + 128 * 1_024, "memory grows with what waits");
    app.kill().await;
    app.database.remove().await;
}
