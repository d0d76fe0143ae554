//! Followers of a room over a real store.

use std::pin::Pin;
use std::sync::Arc;

use futures::{FutureExt, Stream, StreamExt};
use protocol::post::Room;

use super::{BROADCAST, Hub, LiveEvent, LiveKind};
use crate::store::testing::{TestDatabase, create, create_in, delete_by, new_id};
use crate::store::{Command, Store};

type Following = Pin<Box<dyn Stream<Item = Arc<LiveEvent>> + Send>>;

fn follow(hub: &Hub, after: Option<i64>) -> Following {
    Box::pin(hub.subscribe(Room::lobby(), after).flatten_stream())
}

async fn post(store: &Arc<dyn Store>, content: &str) {
    store.apply(&[create(new_id(), content).into()], None).await.unwrap();
}

async fn changes(following: &mut Following, count: usize) -> Vec<i64> {
    following.take(count).map(|event| event.change).collect().await
}

async fn every_change_comes_once_and_in_order(database: TestDatabase) {
    let (store, other) = (database.store().await, database.store().await);
    // Notices of another process reach this one on Postgres alone; SQLite has one process.
    let other = if database.url.starts_with("sqlite") { store.clone() } else { other };
    let hub = Hub::start(store.clone());
    let writing = tokio::spawn(async move {
        for number in 0..100 {
            post(if number % 2 == 0 { &store } else { &other }, &number.to_string()).await;
        }
    });
    // They join while posts arrive, each at another moment.
    let followers = (0..8).map(|_| {
        let mut following = follow(&hub, Some(0));
        tokio::spawn(async move { changes(&mut following, 100).await })
    });
    for seen in futures::future::try_join_all(followers).await.unwrap() {
        assert!(seen.into_iter().eq(1..=100));
    }
    writing.await.unwrap();
    assert_eq!(hub.rooms(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_57_every_change_comes_once_and_in_order_on_sqlite() {
    every_change_comes_once_and_in_order(TestDatabase::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn case_57_every_change_comes_once_and_in_order_on_postgres() {
    every_change_comes_once_and_in_order(TestDatabase::postgres().await).await;
}

#[tokio::test]
async fn a_slow_follower_is_caught_up_and_not_dropped() {
    let store = TestDatabase::sqlite();
    let database = store.store().await;
    let hub = Hub::start(database.clone());
    let (mut slow, mut quick) = (follow(&hub, None), follow(&hub, Some(0)));
    post(&database, "first").await;
    // The slow one has nothing to catch up with yet, so from now on it takes part in the broadcast.
    assert_eq!(changes(&mut quick, 1).await, [1]);
    let mut slow_first = Box::pin(slow.next());
    while futures::poll!(&mut slow_first).is_pending() {
        post(&database, "until it listens").await;
    }
    drop(slow_first);
    let reached = database.latest_change().await.unwrap();
    let total = reached + 3 * i64::try_from(BROADCAST).unwrap();
    let batch: Vec<Command> = (reached..total).map(|_| create(new_id(), "many").into()).collect();
    database.apply(&batch, None).await.unwrap();
    let last = total;
    while quick.next().await.unwrap().change < last {}
    let mut seen = vec![slow.next().await.unwrap().change];
    while seen[seen.len() - 1] < last {
        seen.push(slow.next().await.unwrap().change);
    }
    let begun = seen[0];
    assert!(begun <= reached + 1 && seen.into_iter().eq(begun..=last));
}

#[tokio::test]
async fn events_carry_posts_and_deletions_of_their_room() {
    let database = TestDatabase::sqlite();
    let store = database.store().await;
    let hub = Hub::start(store.clone());
    let mut following = follow(&hub, Some(0));
    let first = create(new_id(), "hello");
    store.apply(&[create_in("attic", new_id(), "elsewhere").into()], None).await.unwrap();
    store.apply(&[first.clone().into()], None).await.unwrap();
    let event = following.next().await.unwrap();
    let told: protocol::post::Post = serde_json::from_str(&event.data).unwrap();
    assert_eq!((event.kind, event.change, told.id), (LiveKind::Post, 2, first.id));
    store.apply(&[delete_by(1, first.id)], None).await.unwrap();
    let event = following.next().await.unwrap();
    assert_eq!((event.kind, event.change), (LiveKind::Deleted, 3));
    assert_eq!(event.data, format!("{{\"id\":\"{}\"}}", first.id));
}

#[tokio::test]
async fn a_cursor_that_was_never_given_out_starts_from_now_with_a_reset() {
    let database = TestDatabase::sqlite();
    let store = database.store().await;
    let hub = Hub::start(store.clone());
    post(&store, "before").await;
    for cursor in [-1, 2, i64::MAX] {
        let event = follow(&hub, Some(cursor)).next().await.unwrap();
        assert_eq!((event.kind, event.change), (LiveKind::Reset, 1), "{cursor}");
    }
    let mut following = follow(&hub, Some(1));
    post(&store, "after").await;
    assert_eq!(changes(&mut following, 1).await, [2]);
    drop(following);
    assert_eq!(hub.rooms(), 0);
}
