//! Who is calling: bearer tokens, cookies, and requests that another site's page makes.

use http::Method;
use serde_json::json;
use uuid::Uuid;

use crate::helpers::{Ask, TestApp, Visitor, id, stories};

stories![
    a_session_is_an_identity_that_outlives_the_server,
    a_token_that_was_not_signed_here_is_refused,
    a_page_gives_a_browser_its_identity_once,
    another_sites_page_cannot_post_with_the_cookie,
    a_bearer_token_is_not_the_business_of_other_sites,
    every_unsafe_method_is_refused_to_other_sites,
    the_signing_key_can_be_replaced_without_signing_anybody_out,
    a_replay_is_authorised_like_a_first_request,
    a_cookie_that_came_over_tls_is_never_sent_in_the_clear,
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

async fn every_unsafe_method_is_refused_to_other_sites(app: &mut TestApp) {
    app.restart_as(|setup| setup.faults = true).await;
    let (cookie, browser, id) = (cookie(app).await, app.stranger(), id());
    let kept = put_with(&browser, &cookie, id).await.assert_created();
    let naive = browser.naive_post(crate::helpers::id(), "hello").header("cookie", &cookie).await;
    let naive: serde_json::Value = naive.assert_status(201).json();
    let run = crate::helpers::id();
    let asks = || {
        [
            browser.put(crate::helpers::id(), "hello"),
            browser.put(id, "hello"),
            browser.post_with_key(&id.to_string(), "hello"),
            browser.post_with_key("opaque", "hello"),
            browser.append(id, "edit", "!"),
            browser.delete(id),
            browser.naive_post(run, "hello"),
            browser
                .ask(Method::PATCH, format!("/api/naive/posts/{}", naive["id"]))
                .json(&json!({"append": "!"})),
            browser.museum_post("cache", run, "hello").key("k"),
            browser.ask(Method::POST, "/posts").body(
                "application/x-www-form-urlencoded",
                format!("id={}&content=hello&room=lobby", crate::helpers::id()),
            ),
        ]
    };
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        for ask in asks() {
            let answer = ask.header("cookie", &cookie).header(name, value).await;
            answer.assert_status(403);
        }
    }
    // Nothing of it was applied, be it a replay.
    assert_eq!(browser.read(id).await.assert_post(), kept);
    assert_eq!(app.database.rows().await.len(), 1);
    assert_eq!(app.database.naive_rows().await, 1);
}

async fn the_signing_key_can_be_replaced_without_signing_anybody_out(app: &mut TestApp) {
    let (old, new, third) = ("0a".repeat(32), "0b".repeat(32), "0c".repeat(32));
    app.restart_as(|setup| setup.session_key = Some(old.clone())).await;
    let (ada, browser, id) = (app.visitor().await, app.stranger(), id());
    let cookie = cookie(app).await;
    let post = ada.put(id, "hello").await.assert_created();
    let from_browser = crate::helpers::id();
    put_with(&browser, &cookie, from_browser).await.assert_created();

    // While both are known, what the old one signed is good, and the new one signs.
    app.restart_as(|setup| setup.session_key = Some(format!("{new},{old}"))).await;
    assert_eq!(ada.put(id, "hello").await.assert_replayed(), post);
    put_with(&browser, &cookie, from_browser).await.assert_replayed();
    let bob = app.visitor().await;
    bob.put(crate::helpers::id(), "hello").await.assert_created();

    app.restart_as(|setup| setup.session_key = Some(format!("{third},{new}"))).await;
    ada.put(id, "hello").await.assert_problem(401, "not-signed-in");
    put_with(&browser, &cookie, from_browser).await.assert_problem(401, "not-signed-in");
    bob.put(crate::helpers::id(), "hello").await.assert_created();
    // A browser whose cookie is good no longer gets another identity with its next page.
    let page = browser.get("/feed").header("cookie", &cookie).await;
    assert!(page.assert_status(200).header("set-cookie").is_some());
}

/// Case 55: knowing an id or a key, and even the content, is not enough to see the answer again.
async fn a_replay_is_authorised_like_a_first_request(app: &mut TestApp) {
    let (ada, bob, id) = (app.visitor().await, app.visitor().await, id());
    ada.put(id, "hello").await.assert_created();
    let under_key = ada.post_with_key("key", "hello").await.assert_created();
    ada.append(id, "edit", "!").await.assert_status(200);

    let mut thief = app.stranger();
    thief.token = Some(format!("{}.{}", ada.user_id, "00".repeat(32)));
    for nobody in [app.stranger(), thief] {
        nobody.put(id, "hello").await.assert_problem(401, "not-signed-in");
        nobody.post_with_key(&id.to_string(), "hello").await.assert_problem(401, "not-signed-in");
        nobody.post_with_key("key", "hello").await.assert_problem(401, "not-signed-in");
        nobody.append(id, "edit", "!").await.assert_problem(401, "not-signed-in");
        nobody.delete(id).await.assert_problem(401, "not-signed-in");
    }
    bob.put(id, "hello").await.assert_problem(409, "id-unavailable");
    bob.post_with_key(&id.to_string(), "hello").await.assert_problem(409, "id-unavailable");
    bob.append(id, "edit", "!").await.assert_problem(404, "post-not-found");
    // The same key in another hand is another key.
    let bobs = bob.post_with_key("key", "hello").await.assert_created();
    assert!(bobs.id != under_key.id && bobs.user_id != under_key.user_id);
    ada.put(id, "hello").await.assert_replayed();
}

async fn a_cookie_that_came_over_tls_is_never_sent_in_the_clear(app: &mut TestApp) {
    let is_secure = async |forwarded: &[&str]| {
        let ask = app.stranger().get("/feed");
        let ask = forwarded.iter().fold(ask, |ask, value| ask.header("x-forwarded-proto", value));
        let page = ask.await;
        let set = page.assert_status(200).header("set-cookie").unwrap().to_owned();
        assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
        set.split("; ").any(|attribute| attribute == "Secure")
    };
    assert!(!is_secure(&[]).await && !is_secure(&["http"]).await && !is_secure(&["http, https"]).await);
    assert!(is_secure(&["https"]).await && is_secure(&["HTTPS, http"]).await);
}
