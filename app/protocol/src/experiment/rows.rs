//! The rows of a run, as they are read from the database at its end.

use serde::Deserialize;
use uuid::Uuid;

use crate::trace::{Lane, Row};

use super::request::{Names, room};

/// Where the rows of a lane are read. Both lanes of the product's own API share a room.
pub fn rows_path(lane: Lane, run: Uuid) -> String {
    match lane {
        Lane::Naive => format!("/api/naive/posts?run={run}&limit=100"),
        Lane::Uuid | Lane::Key => format!("/api/posts?room={}&limit=100", room(run)),
        Lane::CheckThenInsert
        | Lane::KeyAfterCommit
        | Lane::Cache
        | Lane::RetryWithoutKey
        | Lane::NewKeyPerEdit
        | Lane::ServerMinted => format!("/api/lab/museum/{lane}/posts?run={run}"),
    }
}

#[derive(Deserialize)]
struct Page {
    posts: Vec<Stored>,
}

#[derive(Deserialize)]
struct Stored {
    id: serde_json::Value,
    content: String,
}

/// The lane's own rows in an answer of [`rows_path`]; `None` where the text is no page of posts. In a shared room
/// the UUID lane's post is the one that the browser named.
pub fn own_rows(lane: Lane, names: &Names, page: &str) -> Option<Vec<Row>> {
    let page: Page = serde_json::from_str(page).ok()?;
    let named = names.id.to_string();
    let rows = page.posts.into_iter().map(|post| {
        let id = post.id.as_str().map_or_else(|| post.id.to_string(), str::to_owned);
        Row { id, content: post.content }
    });
    Some(match lane {
        Lane::Uuid => rows.filter(|row| row.id == named).collect(),
        Lane::Key => rows.filter(|row| row.id != named).collect(),
        Lane::Naive
        | Lane::CheckThenInsert
        | Lane::KeyAfterCommit
        | Lane::Cache
        | Lane::RetryWithoutKey
        | Lane::NewKeyPerEdit
        | Lane::ServerMinted => rows.collect(),
    })
}
