//! Reading: the feed and its pages, one post, where an operation stands, what the server can do.

use protocol::wire::{Capabilities, FeedPage};
use uuid::Uuid;

use crate::helpers::{TestApp, id, stories};

stories![
    the_feed_shows_a_room_newest_first_by_the_servers_order,
    pages_are_stable_while_posts_arrive,
    the_limit_of_a_page_is_1_to_100_and_20_by_default,
    a_query_that_cannot_be_read_is_refused,
    a_post_has_an_etag_and_needs_no_identity,
    the_status_of_an_operation_is_for_its_author,
    the_server_says_what_it_can_do,
    health_readiness_and_metrics_are_there,
];
stories![with Setup::with_faults(); faults_are_advertised_where_they_are_on];

fn ids(page: &FeedPage) -> Vec<Uuid> {
    page.posts.iter().map(|post| post.id.as_uuid()).collect()
}

/// Case 45: neither the client's clock nor the id's time orders the feed.
async fn the_feed_shows_a_room_newest_first_by_the_servers_order(app: &mut TestApp) {
    let ada = app.visitor().await;
    let mut minted: Vec<Uuid> = (0..5).map(|_| id()).collect();
    minted.reverse();
    for id in &minted {
        ada.put(*id, "hello").await.assert_created();
        ada.put_in("attic", crate::helpers::id(), "elsewhere").await.assert_created();
    }
    let page: FeedPage = app.stranger().feed("room=lobby").await.assert_status(200).json();
    minted.reverse();
    assert_eq!((ids(&page), page.next), (minted.clone(), None));
    let default: FeedPage = app.stranger().get("/api/posts").await.assert_status(200).json();
    assert_eq!(ids(&default), minted);
    let empty: FeedPage = app.stranger().feed("room=cellar").await.assert_status(200).json();
    assert_eq!((empty.posts.len(), empty.next), (0, None));
}

async fn pages_are_stable_while_posts_arrive(app: &mut TestApp) {
    let ada = app.visitor().await;
    let mut expected = Vec::new();
    for number in 0..10 {
        let id = id();
        ada.put(id, &format!("post {number}")).await.assert_created();
        expected.insert(0, id);
    }
    let gone = expected.remove(6);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page: FeedPage = ada.feed(&format!("limit=3{cursor}")).await.assert_status(200).json();
        assert!(page.posts.len() <= 3);
        seen.extend(ids(&page));
        // Between two pages somebody posts, and somebody deletes.
        ada.put(id(), "meanwhile").await.assert_created();
        let _ = ada.delete(gone).await;
        let Some(next) = page.next else { break };
        cursor = format!("&before={next}");
    }
    assert_eq!(seen, expected);
}

async fn the_limit_of_a_page_is_1_to_100_and_20_by_default(app: &mut TestApp) {
    let ada = app.visitor().await;
    for _ in 0..101 {
        ada.put(id(), "hello").await.assert_created();
    }
    for (query, count, more) in [("", 20, true), ("limit=1", 1, true), ("limit=100", 100, true)] {
        let page: FeedPage = ada.feed(query).await.assert_status(200).json();
        assert_eq!((page.posts.len(), page.next.is_some()), (count, more), "{query}");
    }
    let first: FeedPage = ada.feed("limit=100").await.json();
    let last: FeedPage = ada.feed(&format!("limit=1&before={}", first.next.unwrap())).await.json();
    assert_eq!((last.posts.len(), last.next), (1, None));
}

async fn a_query_that_cannot_be_read_is_refused(app: &mut TestApp) {
    let ada = app.visitor().await;
    for query in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=1.5",
        "limit=ten",
        "limit=",
        "limit=99999999999999999999",
        "limit=1&limit=2",
        "before=",
        "before=nonsense",
        "before=-1",
        "before=99999999999999999999999",
        "before=%00",
        "before=%ff",
        "room=",
        "room=Lobby",
        "room=a%20b",
        "room=%ff",
        "room=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        ada.feed(query).await.assert_problem(400, "invalid-query");
    }
    for room in ["Lobby", "a%20b", "%ff", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        ada.get(&format!("/api/rooms/{room}/events")).await.assert_problem(400, "invalid-query");
    }
}

async fn a_post_has_an_etag_and_needs_no_identity(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let created = ada.put(id, "hello").await;
    created.assert_created();
    let read = app.stranger().read(id).await;
    assert_eq!(read.assert_status(200).body, created.body);
    let tag = read.header("etag").unwrap();
    assert!(tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    ada.put(id, "hello").await.assert_replayed();
    app.stranger().read(id).await.assert_header("etag", tag);
    app.stranger().read(crate::helpers::id()).await.assert_problem(404, "post-not-found");
}

async fn the_status_of_an_operation_is_for_its_author(app: &mut TestApp) {
    let (ada, bob, id) = (app.visitor().await, app.visitor().await, id());
    let expect = async |who: &crate::helpers::Visitor, state: &str| {
        let answer = who.status(id).await;
        answer.assert_status(200);
        assert_eq!(answer.json::<serde_json::Value>(), serde_json::json!({ "state": state }), "{answer}");
    };
    expect(&ada, "absent").await;
    ada.put(id, "hello").await.assert_created();
    expect(&ada, "stored").await;
    expect(&bob, "absent").await;
    expect(&app.stranger(), "absent").await;
    ada.delete(id).await.assert_status(200);
    expect(&ada, "deleted").await;
    expect(&bob, "absent").await;
}

/// Case 61: a client can tell whether this server knows ids before it relies on them.
async fn the_server_says_what_it_can_do(app: &mut TestApp) {
    let answer = app.stranger().get("/api/capabilities").await;
    let capabilities: Capabilities = answer.assert_status(200).json();
    assert_eq!(capabilities.id_versions, [4, 7]);
    assert_eq!((capabilities.key_retention.as_str(), capabilities.in_flight.as_str()), ("forever", "attach"));
    assert!(!capabilities.faults);
    let limits = capabilities.limits;
    assert_eq!((limits.content_chars, limits.body_bytes, limits.page_posts), (2_048, 65_536, 100));
}

async fn faults_are_advertised_where_they_are_on(app: &mut TestApp) {
    let capabilities: Capabilities = app.stranger().get("/api/capabilities").await.json();
    assert!(capabilities.faults);
}

async fn health_readiness_and_metrics_are_there(app: &mut TestApp) {
    let nobody = app.stranger();
    nobody.get("/healthz").await.assert_status(200);
    nobody.get("/readyz").await.assert_status(200);
    let metrics = nobody.get("/metrics").await;
    assert!(metrics.assert_status(200).header("content-type").unwrap().starts_with("text/plain"));
}
