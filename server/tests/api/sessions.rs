//! Who is calling: bearer tokens, cookies, and requests that another site's page makes.

use http::Method;
use uuid::Uuid;

use crate::helpers::{Ask, TestApp, Visitor, id, stories};

stories![
    a_session_is_an_identity_that_outlives_the_server,
    a_token_that_was_not_signed_here_is_refused,
    a_page_gives_a_browser_its_identity_once,
    another_sites_page_cannot_post_with_the_cookie,
    a_bearer_token_is_not_the_business_of_other_sites,
];

async fn a_session_is_an_identity_that_outlives_the_server(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    assert_ne!(ada.user_id, app.visitor().await.user_id);
    ada.put(id, "hello").await.assert_created();
    app.restart().await;
    ada.put(id, "hello").await.assert_replayed();
}

async fn a_token_that_was_not_signed_here_is_refused(app: &mut TestApp) {
    let (ada, bob) = (app.visitor().await, app.visitor().await);
    let (own, other) = (ada.token.clone().unwrap(), bob.token.clone().unwrap());
    let (ada_id, ada_mac) = own.split_once('.').unwrap();
    let (bob_id, _) = other.split_once('.').unwrap();
    let mut flipped = own.clone().into_bytes();
    let last = flipped.last_mut().unwrap();
    *last = if *last == b'0' { b'1' } else { b'0' };
    let forged = [
        format!("{bob_id}.{ada_mac}"),
        String::from_utf8(flipped).unwrap(),
        ada_id.to_owned(),
        format!("{ada_id}."),
        format!("{own}0"),
        own[..own.len() - 1].to_owned(),
        ".".to_owned(),
        String::new(),
        Uuid::nil().to_string(),
        "x".repeat(10_000),
    ];
    for token in forged {
        let mut thief = app.stranger();
        thief.token = Some(token);
        thief.put(id(), "hello").await.assert_problem(401, "not-signed-in");
    }
    for value in ["Bearer", "Basic YTpi", "bearer ", own.as_str()] {
        let answer = app.stranger().put(id(), "hello").header("authorization", value).await;
        answer.assert_problem(401, "not-signed-in");
    }
    let bytes = app.stranger().put(id(), "hello").raw_header("authorization", b"Bearer \xff").await;
    bytes.assert_problem(401, "not-signed-in");
    assert_eq!(app.database.rows().await, []);
}

/// The cookie that a first page sets, as a browser would send it back.
async fn cookie(app: &TestApp) -> String {
    let page = app.stranger().get("/feed").await;
    let set = page.assert_status(200).header("set-cookie").unwrap_or_else(|| panic!("no cookie in {page}"));
    let attributes: Vec<String> = set.split("; ").map(str::to_ascii_lowercase).collect();
    for needed in ["httponly", "samesite=lax", "path=/"] {
        assert!(attributes.iter().any(|attribute| attribute == needed), "{needed} in {set}");
    }
    set.split(';').next().unwrap().to_owned()
}

fn put_with(browser: &Visitor, cookie: &str, id: Uuid) -> Ask {
    browser.put(id, "hello").header("cookie", cookie)
}

async fn a_page_gives_a_browser_its_identity_once(app: &mut TestApp) {
    let (cookie, browser, id) = (cookie(app).await, app.stranger(), id());
    let page = browser.get("/feed").header("cookie", &cookie).await;
    assert_eq!(page.assert_status(200).header("set-cookie"), None);
    let control = page.header("cache-control").unwrap();
    assert!(control.contains("private") && control.contains("no-cache") && !control.contains("no-store"));
    assert_eq!(app.database.users().await, 0);
    let first = put_with(&browser, &cookie, id).await.assert_created();
    let other_cookies = format!("theme=dark; {cookie}; last=1");
    let again = put_with(&browser, &other_cookies, id).await.assert_replayed();
    assert_eq!(first, again);
}

async fn another_sites_page_cannot_post_with_the_cookie(app: &mut TestApp) {
    let (cookie, browser, host) = (cookie(app).await, app.stranger(), app.address.to_string());
    let own = format!("http://{host}");
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "nonsense"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:1"),
    ] {
        let put = put_with(&browser, &cookie, id()).header(name, value).await;
        put.assert_problem(403, "cross-site");
        let delete = browser.delete(id()).header("cookie", &cookie).header(name, value).await;
        delete.assert_problem(403, "cross-site");
    }
    assert_eq!(app.database.rows().await, []);
    for headers in [
        vec![("sec-fetch-site", "same-origin")],
        vec![("sec-fetch-site", "none")],
        vec![("origin", own.as_str())],
        vec![("sec-fetch-site", "same-origin"), ("origin", own.as_str())],
        vec![],
    ] {
        let mut put = put_with(&browser, &cookie, id());
        for (name, value) in headers {
            put = put.header(name, value);
        }
        put.await.assert_created();
    }
    // Reads are safe, whoever asks.
    let read = browser
        .ask(Method::GET, "/api/posts")
        .header("cookie", &cookie)
        .header("sec-fetch-site", "cross-site");
    read.await.assert_status(200);
}

async fn a_bearer_token_is_not_the_business_of_other_sites(app: &mut TestApp) {
    let ada = app.visitor().await;
    ada.put(id(), "hello").header("sec-fetch-site", "cross-site").await.assert_created();
    ada.put(id(), "hello").header("origin", "https://elsewhere.example").await.assert_created();
}
