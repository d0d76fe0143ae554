//! Posting from a page without JavaScript: a form with a hidden id, and a redirect.

use uuid::Uuid;

use crate::helpers::{Ask, TestApp, Visitor, id, stories};

stories![
    a_form_posts_once_however_often_it_is_sent,
    a_form_with_other_text_shows_both_to_its_author_only,
    a_form_that_another_site_sends_is_refused,
    what_is_refused_is_a_page_with_the_same_status,
];

/// A browser that has seen a page, and so has a cookie.
pub struct Browser {
    pub visitor: Visitor,
    pub cookie: String,
}

impl Browser {
    pub async fn open(app: &TestApp) -> Self {
        let visitor = app.stranger();
        let page = visitor.get("/feed").await;
        let cookie =
            page.assert_status(200).header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Self { visitor, cookie }
    }

    pub fn submit(&self, id: Uuid, content: &str) -> Ask {
        let body = format!("id={id}&content={content}&room=lobby");
        self.visitor
            .ask(http::Method::POST, "/posts")
            .header("cookie", &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .body("application/x-www-form-urlencoded", body)
    }
}

async fn a_form_posts_once_however_often_it_is_sent(app: &mut TestApp) {
    let browser = Browser::open(app).await;
    let page = browser.visitor.get("/feed").header("cookie", &browser.cookie).await;
    let html = page.assert_status(200).text();
    let (_, rest) = html.split_once("name=\"id\"").expect("the form has a hidden id");
    let (_, rest) = rest.split_once("value=\"").unwrap();
    let id: Uuid = rest.split('"').next().unwrap().parse().unwrap();
    for _ in 0..3 {
        let answer = browser.submit(id, "two+lines%0D%0Aof+text").await;
        answer.assert_status(303).assert_header("location", &format!("/feed?room=lobby#post-{id}"));
    }
    assert_eq!(app.database.rows().await.len(), 1);
    assert_eq!(app.row(id).await.unwrap().content.as_deref(), Some("two lines\nof text"));
    let feed = browser.visitor.get("/feed?room=lobby").await;
    assert!(feed.text().contains(&format!("id=\"post-{id}\"")), "the page holds the post");
}

async fn a_form_with_other_text_shows_both_to_its_author_only(app: &mut TestApp) {
    let (author, other, id) = (Browser::open(app).await, Browser::open(app).await, id());
    author.submit(id, "first+words").await.assert_status(303);
    let refusal = author.submit(id, "second+words").await;
    refusal.assert_status(422);
    assert!(refusal.header("content-type").unwrap().starts_with("text/html"));
    assert!(refusal.text().contains("first words") && refusal.text().contains("second words"), "{refusal}");
    let stranger = other.submit(id, "second+words").await;
    stranger.assert_status(409);
    assert!(!stranger.text().contains("first words"), "{stranger}");
    assert_eq!(app.row(id).await.unwrap().content.as_deref(), Some("first words"));
}

async fn a_form_that_another_site_sends_is_refused(app: &mut TestApp) {
    let (browser, id) = (Browser::open(app).await, id());
    let forged =
        browser.submit(id, "hello").without_header("sec-fetch-site").header("sec-fetch-site", "cross-site");
    forged.await.assert_status(403);
    let older =
        browser.submit(id, "hello").without_header("sec-fetch-site").header("origin", "https://evil.example");
    older.await.assert_status(403);
    assert_eq!(app.row(id).await, None);
}

async fn what_is_refused_is_a_page_with_the_same_status(app: &mut TestApp) {
    let (browser, id) = (Browser::open(app).await, id());
    let long = "x".repeat(2_049);
    let nil = Uuid::nil();
    for (answer, status) in [
        (browser.submit(id, "").await, 422),
        (browser.submit(id, "a%00b").await, 422),
        (browser.submit(id, &long).await, 422),
        (browser.submit(id, "%ff").await, 400),
        (browser.submit(nil, "hello").await, 400),
        (browser.submit(id, "hello").without_header("cookie").await, 401),
    ] {
        answer.assert_status(status);
        assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{answer}");
    }
    assert_eq!(app.database.rows().await, []);
    browser.submit(id, "hello").await.assert_status(303);
    app.visitor().await.delete(id).await.assert_problem(404, "post-not-found");
}
