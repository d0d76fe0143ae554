//! Headers that protect whoever reads an answer.

use crate::helpers::{Answer, TestApp, id, stories};

stories![
    every_answer_carries_the_security_headers,
    nothing_of_the_api_is_kept_by_caches,
    a_page_allows_its_own_scripts_only,
    the_type_of_every_problem_is_a_page,
];

#[track_caller]
fn assert_secure(answer: &Answer) {
    answer.assert_header("x-content-type-options", "nosniff");
    answer.assert_header("referrer-policy", "strict-origin-when-cross-origin");
    let permissions =
        answer.header("permissions-policy").unwrap_or_else(|| panic!("no permissions: {answer}"));
    for feature in ["camera", "geolocation", "microphone", "payment", "usb"] {
        assert!(permissions.contains(&format!("{feature}=()")), "{feature} in {permissions}");
    }
    let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("no policy in {answer}"));
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    for hole in ["'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:"] {
        assert!(!policy.split([' ', ';']).any(|word| word == hole), "{hole} in {policy}");
    }
    assert_eq!(answer.header("server"), None);
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

async fn every_answer_carries_the_security_headers(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let created = ada.put(id, "hello").await;
    created.assert_created();
    assert_secure(&created);
    for path in ["/", "/feed", "/lab", "/museum", "/tour/1", "/api/posts", "/api/nothing", "/nothing"] {
        assert_secure(&ada.get(path).await);
    }
    let long = format!("/feed?room={}", "x".repeat(9_000));
    for path in ["/healthz", "/readyz", "/metrics", "/problems/key-reused", "/favicon.svg", long.as_str()] {
        assert_secure(&ada.get(path).await);
    }
    for method in [http::Method::OPTIONS, http::Method::HEAD, http::Method::TRACE] {
        assert_secure(&ada.ask(method, "/api/posts").await);
    }
    assert_secure(&app.stranger().put(id, "hello").await);
    let form = ada.ask(http::Method::POST, "/posts").body("application/x-www-form-urlencoded", "");
    assert_secure(&form.await);
    // A stream never ends, so its head is read from the wire.
    let mut raw = app.connect().await;
    raw.send("GET /api/rooms/lobby/events HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let head = raw.read_until(|text| text.contains("\r\n\r\n")).await.to_ascii_lowercase();
    for line in [
        "x-content-type-options: nosniff",
        "cache-control: no-store",
        "content-security-policy: default-src 'none'",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
}

/// Case 56.
async fn nothing_of_the_api_is_kept_by_caches(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "hello").await.assert_created();
    for answer in [
        ada.put(id, "hello").await,
        ada.read(id).await,
        ada.status(id).await,
        ada.feed("").await,
        ada.get("/api/capabilities").await,
        ada.get("/api/nothing").await,
        ada.ask(http::Method::OPTIONS, "/api/posts").await,
        ada.ask(http::Method::POST, "/api/session").await,
    ] {
        answer.assert_header("cache-control", "no-store");
    }
}

async fn a_page_allows_its_own_scripts_only(app: &mut TestApp) {
    let nobody = app.stranger();
    let (first, second) = (nobody.get("/feed").await, nobody.get("/feed").await);
    let nonce = |page: &Answer| {
        let policy = page.header("content-security-policy").unwrap().to_owned();
        let (_, rest) = policy.split_once("'nonce-").unwrap_or_else(|| panic!("no nonce in {policy}"));
        rest.split('\'').next().unwrap().to_owned()
    };
    assert_ne!(nonce(&first), nonce(&second), "a nonce is used once");
    let policy = first.header("content-security-policy").unwrap();
    let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
    let script = format!("script-src 'self' 'nonce-{}' 'wasm-unsafe-eval'", nonce(&first));
    for directive in
        ["default-src 'none'", "style-src 'self'", "base-uri 'none'", "form-action 'self'", &script]
    {
        assert!(directives.contains(&directive), "{directive} in {policy}");
    }
    let html = first.text();
    for (at, _) in html.match_indices("<script") {
        let tag = html[at..].split('>').next().unwrap();
        assert!(tag.contains(&format!("nonce=\"{}\"", nonce(&first))), "{tag} lacks the nonce");
    }
    for inline in [" onclick=", " onload=", " style=", "javascript:"] {
        assert!(!html.contains(inline), "{inline} in the page");
    }
}

async fn the_type_of_every_problem_is_a_page(app: &mut TestApp) {
    let nobody = app.stranger();
    for name in protocol::problem::ProblemName::ALL {
        let page = nobody.get(&format!("/problems/{}", name.as_str())).await;
        assert!(page.assert_status(200).header("content-type").unwrap().starts_with("text/html"));
        assert!(page.text().contains(name.as_str()));
    }
    nobody.get("/problems/no-such-problem").await.assert_status(404);
}
