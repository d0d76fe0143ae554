//! Whose request it is: what it says itself, beside what its credential says.

use http::Method;
use serde_json::json;
use uuid::Uuid;

use crate::forms::Browser;
use crate::helpers::{TestApp, id, stories};

stories![
    r3_a_request_that_names_somebody_else_changes_nothing,
    r3_a_form_that_was_opened_by_somebody_else_changes_nothing_and_gives_the_text_back,
    r5_a_refused_form_gives_the_text_back,
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

async fn r3_a_form_that_was_opened_by_somebody_else_changes_nothing_and_gives_the_text_back(
    app: &mut TestApp,
) {
    let (browser, other, id) = (Browser::open(app).await, app.visitor().await, id());
    let named = format!("some+words&as_user={}", other.user_id);
    let refused = browser.submit(id, &named).await;
    refused.assert_status(409);
    assert!(refused.text().contains("some words"), "{refused}");
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
