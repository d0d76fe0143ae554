//! Feed pages, changes and notices.

use protocol::post::Room;
use protocol::time::Timestamp;
use uuid::Uuid;

use super::super::testing::{create, create_in, delete_by, new_id, room};
use super::super::{ChangeNotice, Changed, Command, NaiveInsert, Verdict};
use super::{Pair, apply};

pub(super) async fn sequence_order_is_commit_order(stores: Pair) {
    let writers = (0..8).map(|writer| {
        let store = if writer % 2 == 0 { stores.one.clone() } else { stores.two.clone() };
        tokio::spawn(async move {
            for number in 0..10 {
                apply(&store, create(new_id(), &format!("{writer}-{number}"))).await;
            }
        })
    });
    let writing = futures::future::try_join_all(writers);
    tokio::pin!(writing);
    // Whoever reads while others write must never see a number appear below one it has seen.
    let mut seen: Vec<i64> = Vec::new();
    loop {
        let done = futures::poll!(&mut writing).is_ready();
        let after = seen.last().copied().unwrap_or(0);
        let page = stores.one.changes(&Room::lobby(), after, 100).await.unwrap();
        seen.extend(page.iter().map(|change| change.change));
        if done && page.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), 80);
    let feed = stores.two.feed(&Room::lobby(), None, 100).await.unwrap();
    assert!(feed.iter().rev().map(|(sequence, _)| *sequence).eq(seen), "the feed has another order");
}

pub(super) async fn a_page_is_stable_while_posts_arrive(stores: Pair) {
    let mut expected = Vec::new();
    for number in 0..9 {
        let first = create(new_id(), &number.to_string());
        expected.push(first.id);
        apply(&stores.one, first).await;
    }
    apply(&stores.one, create_in("attic", new_id(), "elsewhere")).await;
    expected.reverse();
    let (mut before, mut read) = (None, Vec::new());
    loop {
        let page = stores.two.feed(&Room::lobby(), before, 4).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        before = Some(*last);
        read.extend(page.into_iter().map(|(_, post)| post.id));
        apply(&stores.one, create(new_id(), "meanwhile")).await;
    }
    assert_eq!(read, expected);
}

pub(super) async fn changes_tell_each_post_at_its_last_change(stores: Pair) {
    let (kept, erased) = (new_id(), new_id());
    apply(&stores.one, create(erased, "going")).await;
    let Verdict::Created(post) = apply(&stores.one, create(kept, "staying")).await else { panic!() };
    let cursor = stores.two.latest_change().await.unwrap();
    apply(&stores.one, delete_by(1, erased)).await;

    let all = stores.two.changes(&Room::lobby(), 0, 10).await.unwrap();
    let told: Vec<_> = all.iter().map(|change| change.what.clone()).collect();
    assert_eq!(told, [Changed::Post(post.as_ref().clone()), Changed::Deleted(erased)]);
    let later = stores.two.changes(&Room::lobby(), cursor, 10).await.unwrap();
    assert_eq!(later, all[1..]);
    assert_eq!(stores.two.latest_change().await.unwrap(), later[0].change);
    assert_eq!(stores.two.changes(&room("attic"), 0, 10).await.unwrap(), []);
    assert_eq!(stores.two.changes(&Room::lobby(), 0, 1).await.unwrap(), all[..1]);
}

pub(super) async fn a_tombstone_that_came_first_is_no_change(stores: Pair) {
    let id = new_id();
    apply(&stores.one, delete_by(1, id)).await;
    apply(&stores.one, create(id, "late")).await;
    assert_eq!(stores.one.changes(&Room::lobby(), 0, 10).await.unwrap(), []);
    assert!(matches!(apply(&stores.one, create(new_id(), "next")).await, Verdict::Created(_)));
}

pub(super) async fn every_commit_is_told_and_names_its_rooms(stores: Pair) {
    let mut notices = stores.one.notices();
    let (first, second) = (new_id(), new_id());
    let batch: [Command; 2] = [create(first, "a").into(), create_in("attic", second, "b").into()];
    // On Postgres the listener may not be connected yet: then it says that something was missed.
    stores.one.apply(&batch, None).await.unwrap();
    let mut untold = vec![room("attic"), Room::lobby()];
    while !untold.is_empty() {
        match notices.recv().await.unwrap() {
            ChangeNotice::Touched { room, from, to } => {
                assert!(from <= to && to <= 2, "{from}-{to}");
                untold.retain(|other| *other != room);
            }
            ChangeNotice::Missed => untold.clear(),
        }
    }
    apply(&stores.one, delete_by(1, second)).await;
    loop {
        if let ChangeNotice::Touched { room: told, from: 3, to: 3 } = notices.recv().await.unwrap() {
            assert_eq!(told, room("attic"));
            break;
        }
    }
}

pub(super) async fn the_control_arm_stores_every_arrival(stores: Pair) {
    let run = Uuid::new_v4();
    let row = NaiveInsert {
        post: create(new_id(), "hello").post,
        run: Some(run),
        create_timestamp: Timestamp::from_unix_ms(1_700_000_000_123),
    };
    let one = stores.one.insert_naive(&row, None).await.unwrap();
    let two = stores.two.insert_naive(&row, None).await.unwrap();
    let other = NaiveInsert { run: None, ..row.clone() };
    let three = stores.two.insert_naive(&other, None).await.unwrap();
    assert!(one.id < two.id && two.id < three.id);
    assert_eq!(one.create_timestamp, row.create_timestamp);
    let page = |run, before, limit| {
        let store = stores.one.clone();
        async move { store.naive_feed(Some(&Room::lobby()), run, before, limit).await.unwrap() }
    };
    assert_eq!(page(Some(run), None, 10).await, [two.clone(), one.clone()]);
    assert_eq!(page(None, None, 2).await, [three, two.clone()]);
    assert_eq!(page(None, Some(two.id), 10).await, [one]);
    assert_eq!(stores.one.naive_feed(Some(&room("attic")), None, None, 10).await.unwrap(), []);
    assert_eq!(stores.one.feed(&Room::lobby(), None, 10).await.unwrap(), []);
}
