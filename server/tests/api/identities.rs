//! Whose request it is: what it says itself, beside what its credential says.

use http::Method;
use serde_json::json;
use uuid::Uuid;

use crate::forms::Browser;
use crate::helpers::{TestApp, id, stories};

stories![
    r3_a_request_that_names_somebody_else_changes_nothing,
    r3_a_refusal_that_looks_at_nothing_reads_the_body_all_the_same,
    r3_a_form_that_was_opened_by_somebody_else_changes_nothing_and_gives_the_text_back,
    r5_a_refused_form_gives_the_text_back,
    r5_a_form_that_cannot_be_read_gives_back_what_can,
    r5_a_text_that_is_refused_can_be_corrected_under_its_id,
    r5_another_sites_form_takes_no_identity_away,
    r5_a_proxy_that_replaces_the_host_is_told_of_once,
    r17_a_cookie_of_the_former_name_is_taken_and_renamed,
];

async fn r3_a_request_that_names_somebody_else_changes_nothing(app: &mut TestApp) {
    let (ada, bob, stored) = (app.visitor().await, app.visitor().await, id());
    ada.put(stored, "hello").await.assert_created();
    let bobs = bob.user_id.to_string();
    for target in [stored, id()] {
        let asked = [
            ada.put(target, "hello"),
            ada.ask(Method::DELETE, format!("/api/posts/{target}")),
            ada.ask(Method::GET, format!("/api/posts/{target}")),
            ada.ask(Method::GET, format!("/api/posts/{target}/status")),
            ada.post("hello").key(&target.to_string()),
            ada.ask(Method::PATCH, format!("/api/posts/{target}"))
                .key("edit")
                .json(&json!({ "content": "changed" })),
        ];
        for ask in asked {
            let answer = ask.header("as-user", &bobs).await;
            answer.assert_problem(409, "other-identity");
            let problem: serde_json::Value = answer.json();
            assert_eq!(problem["outcome"], "not_applied", "{answer}");
            assert_eq!(problem["same_key_safe"], true, "{answer}");
            assert_eq!(problem["new_key_safe"], false, "{answer}");
        }
    }
    assert_eq!(app.database.rows().await.len(), 1);
    ada.put(stored, "hello").header("as-user", &ada.user_id.to_string()).await.assert_replayed();
    for named in ["me", "", &format!("{bobs},{bobs}")] {
        let answer = ada.put(id(), "hello").header("as-user", named).await;
        answer.assert_problem(400, "malformed-header");
    }
    let nobody = app.stranger();
    nobody.put(id(), "hello").header("as-user", &bobs).await.assert_problem(401, "not-signed-in");
    let status = nobody.ask(Method::GET, format!("/api/posts/{stored}/status"));
    status.header("as-user", &bobs).await.assert_problem(401, "not-signed-in");
}

/// Closing on unread bytes resets the connection, and a reset overtakes the answer.
async fn r3_a_refusal_that_looks_at_nothing_reads_the_body_all_the_same(app: &mut TestApp) {
    let (ada, bob) = (app.visitor().await, app.visitor().await);
    for _ in 0..5 {
        let put = ada.put(id(), &"x".repeat(900_000)).header("as-user", &bob.user_id.to_string());
        put.await.assert_problem(409, "other-identity");
    }
    assert_eq!(app.database.rows().await, []);
}

async fn r3_a_form_that_was_opened_by_somebody_else_changes_nothing_and_gives_the_text_back(
    app: &mut TestApp,
) {
    let (browser, other, id) = (Browser::open(app).await, app.visitor().await, id());
    let named = format!("some+words&as_user={}", other.user_id);
    let refused = browser.submit(id, &named).await;
    refused.assert_status(409);
    assert!(refused.text().contains("some words"), "{refused}");
    // Under a new id the other's post, should it be stored, would be there twice.
    assert!(refused.text().contains(&format!("value=\"{id}\"")), "{refused}");
    let unreadable = browser.submit(id, "some+words&as_user=nobody").await;
    unreadable.assert_status(400);
    assert!(unreadable.text().contains("some words"), "{unreadable}");
    assert_eq!(app.database.rows().await, []);

    // The page names whom it was rendered for, and what it sends is taken.
    let page = browser.visitor.get("/feed").header("cookie", &browser.cookie).await;
    let html = page.assert_status(200).text();
    let (_, rest) = html.split_once("name=\"as_user\"").expect("the form says whose it is");
    let (_, rest) = rest.split_once("value=\"").unwrap();
    let user: Uuid = rest.split('"').next().unwrap().parse().unwrap();
    browser.submit(id, &format!("some+words&as_user={user}")).await.assert_status(303);
}

async fn r5_a_refused_form_gives_the_text_back(app: &mut TestApp) {
    let browser = Browser::open(app).await;
    let ask = || browser.submit(id(), "words+to+keep");
    for (status, ask) in [
        (401, ask().without_header("cookie")),
        (401, ask().without_header("cookie").header("cookie", "postonce_session=broken")),
        (403, ask().without_header("sec-fetch-site").header("sec-fetch-site", "cross-site")),
        (403, ask().without_header("sec-fetch-site").header("origin", "http://post.example")),
        (401, ask().header("authorization", "Bearer broken")),
        (422, browser.submit(id(), &format!("words+to+keep{}", "x".repeat(2_048)))),
    ] {
        let refused = ask.await;
        refused.assert_status(status);
        assert!(refused.text().contains("words to keep"), "{status}: {refused}");
    }
    assert_eq!(app.database.rows().await, []);
    // Basic is a proxy's, and hides no cookie.
    ask().header("authorization", "Basic dXNlcjpwYXNz").await.assert_status(303);
}

async fn r5_a_form_that_cannot_be_read_gives_back_what_can(app: &mut TestApp) {
    let browser = Browser::open(app).await;
    let form = "application/x-www-form-urlencoded";
    let long = format!("words to keep{}", "x".repeat(100_000));
    let by_parts =
        "--b\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\nwords to keep\r\n--b--\r\n";
    for (status, media, body) in [
        (413, form, format!("id={}&content={}", id(), long.replace(' ', "+"))),
        (413, form, format!("content={}&id={}", "words+to+keep".repeat(60_000), id())),
        (415, "text/plain", format!("id={}\r\ncontent=words to keep\r\nroom=lobby\r\n", id())),
        (415, "text/plain", "words to keep".to_owned()),
        (415, "multipart/form-data; boundary=b", by_parts.to_owned()),
        (415, "application/json", json!({ "content": "words to keep" }).to_string()),
        (400, form, format!("id={}&content=words+to+keep+%ff", id())),
        (400, form, format!("id={}&content=words+to+keep&content=others", id())),
        (400, form, format!("id={}&content=words+to+keep&as_user=", id())),
        (400, form, "id=none&content=words+to+keep".to_owned()),
        (422, form, format!("id={}&content=words+to+keep&room=no%2Froom", id())),
        (422, form, format!("id={}&content=words+to+keep%00", id())),
    ] {
        let refused = browser.submit(id(), "").body(media, body).await;
        refused.assert_status(status);
        assert!(refused.text().contains("words to keep"), "{status} {media}: {refused}");
    }
    let markup = browser.submit(id(), "</textarea><b>words&id=twice").await;
    markup.assert_status(400);
    assert!(!markup.text().contains("<b>words"), "{markup}");
    assert_eq!(app.database.rows().await, []);
}

async fn r5_a_text_that_is_refused_can_be_corrected_under_its_id(app: &mut TestApp) {
    let (browser, id) = (Browser::open(app).await, id());
    let long = browser.submit(id, &"x".repeat(2_049)).await;
    long.assert_status(422);
    let (_, field) = long.text().split_once("<textarea").expect("the text is given back");
    let tag = field.split('>').next().unwrap();
    assert!(!tag.contains("readonly"), "{tag}");
    assert!(long.text().contains(&format!("value=\"{id}\"")), "{long}");
    browser.submit(id, "shorter").await.assert_status(303);
}

/// A browser sends no cookie with another site's form, and would take a new one for its own.
async fn r5_another_sites_form_takes_no_identity_away(app: &mut TestApp) {
    let browser = Browser::open(app).await;
    let ask = || browser.submit(id(), "words").without_header("cookie").without_header("sec-fetch-site");
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let refused = ask().header(name, value).await;
        assert_eq!(refused.assert_status(401).header("set-cookie"), None, "{refused}");
        assert!(!refused.text().contains("name=\"as_user\""), "{refused}");
    }
    let own = ask().header("sec-fetch-site", "same-origin").await;
    assert!(own.assert_status(401).header("set-cookie").is_some(), "{own}");
}

async fn r5_a_proxy_that_replaces_the_host_is_told_of_once(app: &mut TestApp) {
    let browser = Browser::open(app).await;
    let put = || browser.visitor.put(id(), "words").header("cookie", &browser.cookie);
    let told = |app: &TestApp| app.stderr().matches("proxy_set_header Host").count();
    // These say nothing of proxies.
    put().header("sec-fetch-site", "cross-site").await.assert_problem(403, "cross-site");
    put().header("origin", "null").await.assert_problem(403, "cross-site");
    assert_eq!(told(app), 0, "{}", app.stderr());
    for _ in 0..3 {
        let put = put().header("origin", "http://post.example").header("x-forwarded-host", "post.example");
        let problem = put.await.assert_problem(403, "cross-site");
        assert!(problem.detail.contains("proxy") && problem.detail.contains("Host"), "{}", problem.detail);
    }
    assert_eq!(told(app), 1, "{}", app.stderr());
    let line = app.stderr().lines().find(|line| line.contains("proxy_set_header")).unwrap().to_owned();
    assert!(line.contains("post.example") && line.contains(&app.address.to_string()), "{line}");
}

async fn r17_a_cookie_of_the_former_name_is_taken_and_renamed(app: &mut TestApp) {
    let browser = Browser::open(app).await;
    let former = browser.cookie.replacen("postonce_session=", "session=", 1);
    assert_ne!(former, browser.cookie, "the cookie has a name of its own");
    let page = browser.visitor.get("/feed").header("cookie", &former).await;
    let set = page.assert_status(200).header("set-cookie").unwrap().to_owned();
    assert!(set.starts_with(&format!("{};", browser.cookie)), "{set}");
    let again = browser.visitor.get("/feed").header("cookie", &format!("session=of-another; {set}")).await;
    assert_eq!(again.assert_status(200).header("set-cookie"), None);
}
