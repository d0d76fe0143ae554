//! Methods that break what their names promise, each on a row of its own.

use http::Method;
use protocol::wire::{NaivePage, NaivePost};
use serde_json::json;
use uuid::Uuid;

use crate::helpers::{Ask, TestApp, Visitor, id, stories};

stories![with Setup::with_faults();
    case_73_a_get_that_counts_changes_the_state,
    case_73_a_put_that_appends_changes_the_state_every_time,
    a_run_keeps_one_small_row,
    what_cannot_be_read_is_refused,
];

mod where_faults_are_off {
    use super::*;

    stories![nothing_breaks_its_promise];

    async fn nothing_breaks_its_promise(app: &mut TestApp) {
        let (ada, run) = (app.visitor().await, id());
        visit(&ada, run).await.assert_problem(404, "not-found");
        note(&ada, run, "a").await.assert_problem(404, "not-found");
        assert_eq!(app.database.naive_rows().await, 0);
    }
}

#[track_caller]
fn visit(visitor: &Visitor, run: Uuid) -> Ask {
    visitor.get(&format!("/api/lab/promise/visits/{run}"))
}

#[track_caller]
fn note(visitor: &Visitor, run: Uuid, content: &str) -> Ask {
    visitor.ask(Method::PUT, format!("/api/lab/promise/notes/{run}")).json(&json!({ "content": content }))
}

/// The content of the run's rows, read without changing them.
async fn rows(visitor: &Visitor, run: Uuid) -> Vec<String> {
    let page: NaivePage = visitor.naive_feed(&format!("run={run}")).await.assert_status(200).json();
    page.posts.into_iter().map(|post| post.content).collect()
}

async fn case_73_a_get_that_counts_changes_the_state(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    for visits in 1..=3 {
        let answer: serde_json::Value = visit(&ada, run).await.assert_status(200).json();
        assert_eq!(answer, json!({ "visits": visits }));
        assert_eq!(rows(&ada, run).await, ["|".repeat(visits)]);
    }
    // Nobody has to say who they are, and HEAD counts as GET does.
    let path = format!("/api/lab/promise/visits/{run}");
    app.stranger().ask(Method::HEAD, path).await.assert_status(200);
    assert_eq!(rows(&ada, run).await, ["||||"]);
    // Another run is another row.
    visit(&ada, id()).await.assert_status(200);
    assert_eq!(app.database.naive_rows().await, 2);
}

async fn case_73_a_put_that_appends_changes_the_state_every_time(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    for (status, content) in [(201, "ab"), (200, "abab"), (200, "ababab")] {
        let post: NaivePost = note(&ada, run, "ab").await.assert_status(status).json();
        assert_eq!(post.content, content);
        assert_eq!(rows(&ada, run).await, [content]);
    }
    assert_eq!(app.database.rows().await, [], "none of it is in the feed");
}

async fn a_run_keeps_one_small_row(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    let half = "x".repeat(1_024);
    note(&ada, run, &half).await.assert_status(201);
    note(&ada, run, &half).await.assert_status(200);
    let full = note(&ada, run, "x").await.assert_problem(422, "invalid-content");
    assert_eq!(full.pointer.as_deref(), Some("/content"));
    visit(&ada, run).await.assert_problem(422, "invalid-content");
    assert_eq!(app.database.naive_rows().await, 1);
}

async fn what_cannot_be_read_is_refused(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    ada.get("/api/lab/promise/visits/nonsense").await.assert_problem(400, "invalid-query");
    note(&ada, run, "").await.assert_problem(422, "invalid-content");
    note(&ada, run, "a").json_text("{").await.assert_problem(400, "malformed-body");
    note(&ada, run, "a").body("text/plain", "a").await.assert_problem(415, "unsupported-media-type");
    let method = ada.ask(Method::DELETE, format!("/api/lab/promise/notes/{run}")).await;
    method.assert_problem(405, "method-not-allowed");
    assert_eq!(app.database.naive_rows().await, 0);
}
