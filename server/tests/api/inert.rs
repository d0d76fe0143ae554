//! A text is never more than a text: not a tag, not a script, not an event of its own.

use serde_json::json;

use crate::forms::Browser;
use crate::helpers::{Answer, TestApp, id, stories};

stories![
    a_text_is_inert_in_the_feed_and_in_the_stream,
    a_text_is_inert_on_the_page_that_refuses_it,
    what_a_url_says_is_inert_on_every_page,
];

const TEXTS: [&str; 10] = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "'-alert(1)-'",
    "<!-- <script>alert(1)",
    "]]>{{alert(1)}}</textarea><iframe src=javascript:alert(1)>",
    "\u{202e}txt.exe\u{2066}",
    "\u{1}\u{1b}[31m\u{7f}\u{85}\u{2028}\u{2029}",
    "x\n\nevent: deleted\ndata: {\"id\": \"0\"}\n\nid: 9\r\rdata: y",
    "&lt;script&gt; &amp; &#x3c;script&#x3e;",
];

/// Nothing of the texts has become markup: every tag of a script is the page's own, and no other tag is there.
#[track_caller]
fn assert_inert(page: &Answer) {
    assert!(page.header("content-type").unwrap().starts_with("text/html"), "{page}");
    let html = page.text();
    let policy = page.header("content-security-policy").unwrap();
    let nonce = policy.split_once("'nonce-").map(|(_, rest)| rest.split('\'').next().unwrap());
    let opened: Vec<&str> = html.match_indices("<script").map(|(at, _)| &html[at..]).collect();
    for tag in &opened {
        let tag = tag.split('>').next().unwrap();
        let own = nonce.is_some_and(|nonce| tag.contains(&format!("nonce=\"{nonce}\"")));
        assert!(own, "{tag} is not the page's own");
    }
    assert_eq!(html.matches("</script").count(), opened.len(), "a script was ended early");
    for tag in ["<img src=x", "<svg onload", "<iframe", "<script>alert"] {
        assert!(!html.contains(tag), "{tag} in {}", page.asked);
    }
}

async fn a_text_is_inert_in_the_feed_and_in_the_stream(app: &mut TestApp) {
    let ada = app.visitor().await;
    let mut stream = app.events("lobby").await;
    for text in TEXTS {
        let id = id();
        assert_eq!(ada.put(id, text).await.assert_created().content, text);
        let event = stream.next().await.unwrap();
        let told: serde_json::Value = serde_json::from_str(&event.data).unwrap();
        assert_eq!((event.kind.as_str(), told["content"].as_str()), ("post", Some(text)));
        assert_eq!(event.post_id(), id);
    }
    let page = app.stranger().get("/feed").await;
    assert_inert(page.assert_status(200));
    assert_eq!(page.text().matches("data-testid=\"post\"").count(), TEXTS.len());
    // Each text stands in a paragraph with a direction of its own, so that it cannot turn its neighbours around.
    assert_eq!(page.text().matches("dir=\"auto\" class=\"content\"").count(), TEXTS.len());
    // Whoever reads JSON by mistake as a page sees no page.
    let json = ada.feed("limit=100").await;
    json.assert_header("content-type", "application/json").assert_header("x-content-type-options", "nosniff");
}

/// Every byte escaped, as a form may send it.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn a_text_is_inert_on_the_page_that_refuses_it(app: &mut TestApp) {
    let browser = Browser::open(app).await;
    for text in TEXTS {
        let id = id();
        browser.submit(id, &escaped(text)).await.assert_status(303);
        let both = browser.submit(id, &escaped(&format!("{text} again"))).await;
        assert_inert(both.assert_status(422));
        assert!(both.text().contains("data-testid=\"stored-text\""), "{both}");
        // Another site can send a form, too. It is refused by a page that shows what was sent.
        let forged = browser.submit(id, &escaped(text)).without_header("sec-fetch-site");
        let forged = forged.header("sec-fetch-site", "cross-site").await;
        assert_inert(forged.assert_status(403));
    }
    let ada = app.visitor().await;
    for text in TEXTS {
        // A field of that name is said in the answer, which is no page.
        let refused = ada.put(id(), "").json(&json!({ "content": "a", text: 1 })).await;
        refused.assert_problem(400, "malformed-body");
        refused.assert_header("x-content-type-options", "nosniff");
    }
}

async fn what_a_url_says_is_inert_on_every_page(app: &mut TestApp) {
    let nobody = app.stranger();
    for text in TEXTS {
        let text = escaped(text);
        let pages = [
            format!("/feed?room={text}"),
            format!("/feed?before={text}"),
            format!("/lab?text={text}&v=1"),
            format!("/lab?scenario={text}"),
            format!("/museum?exhibit={text}"),
            format!("/tour/{text}"),
            format!("/{text}"),
            format!("/?next={text}"),
            format!("/problems/{text}"),
        ];
        for path in pages {
            assert_inert(&nobody.get(&path).await);
        }
    }
}
