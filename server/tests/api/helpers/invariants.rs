//! What must be true after every story, whatever happened in it.

use std::collections::{BTreeMap, BTreeSet};

use protocol::history::Intent;
use protocol::post::Post;
use protocol::trace::Lane;
use protocol::wire::FeedPage;
use uuid::Uuid;

use super::app::TestApp;
use super::database::StoredRow;
use super::history::Promises;
use super::wait::eventually;

/// Reads the database past the server, and the feed through it.
pub async fn check(app: &TestApp) {
    nothing_is_in_flight(app).await;
    if app.has_log() {
        app.drained().await;
    }
    let rows = app.database.rows().await;
    let by_id = one_row_per_id(&rows);
    promises_are_kept(app, &by_id);
    what_was_queued_is_stored_or_refused(app, &by_id).await;
    feed_shows_exactly_what_is_stored(app, &rows).await;
    let stderr = app.stderr();
    assert!(!stderr.contains("panicked"), "the server panicked");
}

/// Held requests may outlive the client that asked; the story is over when the server is done with them.
async fn nothing_is_in_flight(app: &TestApp) {
    eventually("an empty in-flight table", async || {
        (app.metric("postonce_in_flight").await == 0.0).then_some(())
    })
    .await;
}

fn one_row_per_id(rows: &[StoredRow]) -> BTreeMap<Uuid, &StoredRow> {
    let by_id: BTreeMap<Uuid, &StoredRow> = rows.iter().map(|row| (row.id, row)).collect();
    assert_eq!(by_id.len(), rows.len(), "an id has two rows");
    by_id
}

/// Answered means stored, with the content that was answered; deleted means erased, for good.
fn promises_are_kept(app: &TestApp, by_id: &BTreeMap<Uuid, &StoredRow>) {
    let promises = app.history.promises();
    let intents = promises.stored.iter().map(|(id, post)| Intent {
        lane: Lane::Uuid,
        id: Some(id.to_string()),
        content: by_id.get(id).map_or(post.content.clone(), |row| content_of(&promises, row, post)),
        answered: true,
        // Some stories delete by means that leave no promise; then the tombstone tells.
        deleted: by_id.get(id).is_some_and(|row| row.deleted),
    });
    let rows = by_id.values().map(|row| protocol::history::StoredRow {
        lane: Lane::Uuid,
        id: row.id.to_string(),
        content: row.content.clone(),
    });
    let history = protocol::history::History { intents: intents.collect(), rows: rows.collect() };
    assert_eq!(history.check().violations, [], "the history is clear");

    for (id, post) in &promises.stored {
        let row = by_id.get(id).unwrap_or_else(|| panic!("{id} was answered and is not there"));
        assert_eq!(row.user_id, post.user_id.as_uuid(), "{id} changed hands");
        if row.is_post() {
            assert_eq!(row.room.as_deref(), Some(post.room.as_str()), "{id} is in another room");
        }
    }
    for id in &promises.deleted {
        let row = by_id.get(id).unwrap_or_else(|| panic!("{id} was deleted and left no tombstone"));
        assert!(row.deleted, "{id} was deleted and came back");
    }
    for row in by_id.values() {
        assert_eq!(
            row.content.is_none(),
            row.deleted,
            "a tombstone keeps what was said, or a post does not: {row:?}"
        );
    }
}

/// Nothing that was answered with 202 is lost.
async fn what_was_queued_is_stored_or_refused(app: &TestApp, by_id: &BTreeMap<Uuid, &StoredRow>) {
    let queued = app.history.promises().queued.clone();
    let refused = app.database.refused_posts().await;
    for id in queued {
        assert!(by_id.contains_key(&id) || refused.contains(&id), "{id} was queued and is lost");
    }
}

/// What the row of an answered post must say: after an edit, anything that an answer told.
fn content_of(promises: &Promises, row: &StoredRow, post: &Post) -> String {
    let told = promises.edited.contains(&row.id).then(|| promises.told.get(&row.id)).flatten();
    let stands = row.content.as_ref().filter(|content| told.is_some_and(|told| told.contains(*content)));
    stands.unwrap_or(&post.content).clone()
}

/// Every room, page by page: the stored posts, newest first, and nothing else.
async fn feed_shows_exactly_what_is_stored(app: &TestApp, rows: &[StoredRow]) {
    let rooms: BTreeSet<&str> = rows.iter().filter_map(|row| row.room.as_deref()).collect();
    for room in rooms {
        let stored: Vec<Uuid> = rows
            .iter()
            .filter(|row| row.is_post() && row.room.as_deref() == Some(room))
            .map(|row| row.id)
            .rev()
            .collect();
        let shown: Vec<Uuid> = whole_feed(app, room).await.iter().map(|post| post.id.as_uuid()).collect();
        assert_eq!(shown, stored, "the feed of {room}");
    }
}

/// All pages of a room, newest first.
async fn whole_feed(app: &TestApp, room: &str) -> Vec<Post> {
    let reader = app.stranger();
    let (mut posts, mut cursor) = (Vec::new(), String::new());
    loop {
        let page: FeedPage =
            reader.feed(&format!("room={room}&limit=100{cursor}")).await.assert_status(200).json();
        posts.extend(page.posts);
        match page.next {
            Some(next) => cursor = format!("&before={next}"),
            None => return posts,
        }
    }
}
