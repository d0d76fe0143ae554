//! The live stream of a room: in order, resumable, without a gap.

use std::collections::BTreeSet;

use protocol::post::Post;
use uuid::Uuid;

use crate::helpers::{Event, Events, TestApp, id, stories};

stories![
    posts_arrive_in_the_order_of_the_feed,
    a_stream_resumes_after_its_last_event,
    the_header_wins_over_the_query,
    a_deletion_is_an_event_of_its_own,
    what_changed_nothing_is_no_event,
    an_unusable_cursor_starts_from_now_with_a_reset,
    no_post_is_missed_while_many_are_written,
    a_stream_survives_a_restart_by_its_cursor,
];
stories![with Setup::with_faults(); a_write_that_was_rolled_back_is_no_event];

async fn posts_arrive_in_the_order_of_the_feed(app: &mut TestApp) {
    let ada = app.visitor().await;
    let (mut lobby, mut attic) = (app.events("lobby").await, app.events("attic").await);
    let ids = [id(), id(), id()];
    for id in ids.iter().rev() {
        let created = ada.put(*id, "hello").await;
        ada.put_in("attic", crate::helpers::id(), "elsewhere").await.assert_created();
        let event = lobby.expect("post").await;
        // The data is the post as the API answers it.
        assert_eq!(serde_json::from_str::<Post>(&event.data).unwrap(), created.assert_created());
        assert!(event.id.is_some());
        attic.expect("post").await;
    }
}

async fn collect(stream: &mut Events, count: usize) -> Vec<Event> {
    let mut events = Vec::new();
    while events.len() < count {
        events.push(stream.expect("post").await);
    }
    events
}

/// Case 57.
async fn a_stream_resumes_after_its_last_event(app: &mut TestApp) {
    let ada = app.visitor().await;
    let mut first = app.events("lobby").await;
    let ids: Vec<Uuid> = (0..6).map(|_| id()).collect();
    for id in &ids[..3] {
        ada.put(*id, "hello").await.assert_created();
    }
    let seen = collect(&mut first, 3).await;
    drop(first);
    for id in &ids[3..] {
        ada.put_in("attic", crate::helpers::id(), "elsewhere").await.assert_created();
        ada.put(*id, "hello").await.assert_created();
    }
    let cursor = seen[1].id.as_deref().unwrap();
    let mut by_header = Events::open(app, "lobby", "", Some(cursor)).await;
    let mut by_query = Events::open(app, "lobby", &format!("?after={cursor}"), None).await;
    for stream in [&mut by_header, &mut by_query] {
        let resumed: Vec<Uuid> = collect(stream, 4).await.iter().map(Event::post_id).collect();
        assert_eq!(resumed, ids[2..]);
    }
}

/// An `EventSource` that reconnects keeps the URL of its page and brings a newer cursor in the header.
async fn the_header_wins_over_the_query(app: &mut TestApp) {
    let ada = app.visitor().await;
    let mut stream = app.events("lobby").await;
    for _ in 0..3 {
        ada.put(id(), "hello").await.assert_created();
    }
    let seen = collect(&mut stream, 3).await;
    let old = format!("?after={}", seen[0].id.as_deref().unwrap());
    let mut resumed = Events::open(app, "lobby", &old, seen[1].id.as_deref()).await;
    assert_eq!(resumed.expect("post").await, seen[2]);
}

async fn a_deletion_is_an_event_of_its_own(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let mut stream = app.events("lobby").await;
    ada.put(id, "a secret").await.assert_created();
    let created = stream.expect("post").await;
    ada.delete(id).await.assert_status(200);
    let deleted = stream.expect("deleted").await;
    assert_eq!(deleted.data, format!("{{\"id\":\"{id}\"}}"));
    assert_ne!(deleted.id, created.id);
    // Whoever comes back after it was erased is told that it is gone, and nothing else.
    let mut resumed = Events::open(app, "lobby", "", created.id.as_deref()).await;
    assert_eq!(resumed.expect("deleted").await, deleted);
}

async fn what_changed_nothing_is_no_event(app: &mut TestApp) {
    let (ada, bob, id) = (app.visitor().await, app.visitor().await, id());
    let mut stream = app.events("lobby").await;
    ada.put(id, "hello").await.assert_created();
    stream.expect("post").await;
    ada.put(id, "hello").await.assert_replayed();
    ada.put(id, "other").await.assert_problem(422, "key-reused");
    bob.put(id, "hello").await.assert_problem(409, "id-unavailable");
    bob.delete(id).await.assert_problem(404, "post-not-found");
    ada.delete(crate::helpers::id()).await.assert_problem(404, "post-not-found");
    let next = crate::helpers::id();
    ada.put(next, "next").await.assert_created();
    assert_eq!(stream.expect("post").await.post_id(), next);
}

async fn a_write_that_was_rolled_back_is_no_event(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let mut stream = app.events("lobby").await;
    ada.put(id, "hello").fault("rolled-back").await.assert_problem(503, "store-unavailable");
    let next = crate::helpers::id();
    ada.put(next, "next").fault("commit-ack-lost").await.assert_created();
    assert_eq!(stream.expect("post").await.post_id(), next);
    ada.put(id, "hello").attempt(2).await.assert_created();
    assert_eq!(stream.expect("post").await.post_id(), id);
}

async fn an_unusable_cursor_starts_from_now_with_a_reset(app: &mut TestApp) {
    let ada = app.visitor().await;
    ada.put(id(), "before").await.assert_created();
    for cursor in ["nonsense", "-1", "99999999999999999999999999", "%00"] {
        let mut stream = Events::open(app, "lobby", &format!("?after={cursor}"), None).await;
        stream.expect("reset").await;
        let id = id();
        ada.put(id, "after").await.assert_created();
        assert_eq!(stream.expect("post").await.post_id(), id);
    }
    let mut stream = Events::open(app, "lobby", "", Some("nonsense")).await;
    stream.expect("reset").await;
}

/// Case 57: a cursor that a late commit could overtake would lose posts here.
async fn no_post_is_missed_while_many_are_written(app: &mut TestApp) {
    let authors = futures::future::join_all((0..8).map(|_| app.visitor())).await;
    let ids: Vec<Vec<Uuid>> = (0..8).map(|_| (0..40).map(|_| id()).collect()).collect();
    let expected: BTreeSet<Uuid> = ids.iter().flatten().copied().collect();
    // Both follow before the first post: one that came earlier would be waited for in vain.
    let mut steady = app.events("lobby").await;
    let mut restless = app.events("lobby").await;
    let writers: Vec<_> = authors
        .into_iter()
        .zip(ids)
        .map(|(author, ids)| {
            tokio::spawn(async move {
                for id in ids {
                    author.put(id, "hello").await.assert_created();
                }
            })
        })
        .collect();
    let mut in_order = Vec::new();
    let (mut seen, mut last) = (BTreeSet::new(), None);
    while in_order.len() < expected.len() {
        in_order.push(steady.expect("post").await.post_id());
        // The other subscriber loses its connection after every seventh post.
        if in_order.len() % 7 == 0 {
            let cursor: Option<String> = last.take();
            if let Some(cursor) = &cursor {
                restless = Events::open(app, "lobby", "", Some(cursor)).await;
            }
        }
        if seen.len() < expected.len() {
            let event = restless.expect("post").await;
            seen.insert(event.post_id());
            last = event.id;
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    while seen.len() < expected.len() {
        seen.insert(restless.expect("post").await.post_id());
    }
    assert_eq!(seen, expected);
    let stored: Vec<Uuid> = app.database.rows().await.iter().map(|row| row.id).collect();
    assert_eq!(in_order, stored, "the stream's order is the feed's");
}

async fn a_stream_survives_a_restart_by_its_cursor(app: &mut TestApp) {
    let (ada, before, after) = (app.visitor().await, id(), id());
    let mut stream = app.events("lobby").await;
    ada.put(before, "before").await.assert_created();
    let last = stream.expect("post").await;
    app.kill().await;
    assert_eq!(stream.next().await, None);
    app.restart().await;
    ada.put(after, "after").await.assert_created();
    let mut resumed = Events::open(app, "lobby", "", last.id.as_deref()).await;
    assert_eq!(resumed.expect("post").await.post_id(), after);
}
