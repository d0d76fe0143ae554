//! What a body must be before anybody asks what it says.

use http::Method;
use serde_json::json;

use crate::helpers::{TestApp, id, stories};

stories![
    a_body_that_cannot_be_read_is_refused,
    the_media_type_must_be_json,
    a_body_over_64_kib_is_too_large,
    a_form_that_cannot_be_read_is_refused,
];

/// Case 48 for the duplicate keys.
async fn a_body_that_cannot_be_read_is_refused(app: &mut TestApp) {
    let ada = app.visitor().await;
    let bodies: [&[u8]; 33] = [
        b"",
        b" ",
        b"{",
        b"null",
        b"true",
        b"3",
        b"\"hello\"",
        b"[]",
        b"[{\"content\":\"hello\"}]",
        b"[\"hello\",null,\"lobby\"]",
        b"{}",
        b"{\"room\":\"lobby\"}",
        b"{\"content\":null}",
        b"{\"content\":3}",
        b"{\"content\":[\"hello\"]}",
        b"{\"content\":{\"text\":\"hello\"}}",
        b"{\"content\":\"hello\",\"room\":3}",
        b"{\"content\":\"hello\",\"room\":[\"lobby\"]}",
        b"{\"content\":\"hello\",\"image_id\":3}",
        b"{\"content\":\"hello\",\"image_id\":\"\"}",
        b"{\"content\":\"hello\",\"image_id\":\"no uuid\"}",
        b"{\"content\":\"hello\",\"content\":\"hello\"}",
        b"{\"content\":\"hello\",\"c\\u006fntent\":\"other\"}",
        b"{\"content\":\"hello\",\"room\":null,\"room\":null}",
        b"{\"content\":\"hello\",\"unknown\":1}",
        b"{\"content\":\"hello\",\"id\":\"0190163d-8694-739b-aea5-966c26f8ad91\"}",
        b"{\"content\":\"hello\"} trailing",
        b"{\"content\":\"hello\"}{\"content\":\"hello\"}",
        b"{\"content\":\"hello\",}",
        b"{'content':'hello'}",
        b"{\"content\":\"\xff\xfe\"}",
        b"{\"content\":\"\xc0\x80\"}",
        b"{\"content\":\"a raw \x01 control\"}",
    ];
    let surrogates: [&[u8]; 4] = [
        b"{\"content\":\"\\ud800\"}",
        b"{\"content\":\"\\udc00\"}",
        b"{\"content\":\"\\ud800\\ud800\"}",
        b"{\"content\":\"\xed\xa0\x80\"}",
    ];
    for body in bodies.iter().chain(&surrogates) {
        let id = id();
        let put = ada.ask(Method::PUT, format!("/api/posts/{id}")).json_text(*body).await;
        put.assert_problem(400, "malformed-body");
        let post = ada.post("").key(&id.to_string()).json_text(*body).await;
        post.assert_problem(400, "malformed-body");
    }
    let deep = [b"{\"content\":".to_vec(), vec![b'['; 30_000], vec![b']'; 30_000], b"}".to_vec()].concat();
    ada.put(id(), "").json_text(deep).await.assert_problem(400, "malformed-body");
    assert_eq!(app.database.rows().await, []);
}

async fn the_media_type_must_be_json(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let body = r#"{"content":"hello"}"#;
    for media_type in
        ["text/plain", "text/json", "application/xml", "multipart/form-data; boundary=x", "nonsense", ""]
    {
        let answer = ada.put(id, "").body(media_type, body).await;
        answer.assert_problem(415, "unsupported-media-type");
    }
    let none = ada.put(id, "").json_text(body).without_header("content-type").await;
    none.assert_problem(415, "unsupported-media-type");
    assert_eq!(app.row(id).await, None);
    let mut first = None;
    for media_type in ["application/json", "Application/JSON", "application/json; charset=utf-8"] {
        let answer = ada.put(id, "").body(media_type, body).await;
        assert!(matches!(answer.status, 200 | 201), "{answer}");
        assert_eq!(*first.get_or_insert_with(|| answer.body.clone()), answer.body);
    }
}

async fn a_body_over_64_kib_is_too_large(app: &mut TestApp) {
    let ada = app.visitor().await;
    let padded = |bytes: usize| {
        let body = br#"{"content":"hello"}"#;
        [body.to_vec(), vec![b' '; bytes - body.len()]].concat()
    };
    ada.put(id(), "").json_text(padded(64 * 1024)).await.assert_created();
    let late = id();
    ada.put(late, "").json_text(padded(64 * 1024 + 1)).await.assert_problem(413, "too-large");
    assert_eq!(app.row(late).await, None);
    // The length that is announced is enough to refuse; the body is not waited for.
    let mut raw = app.connect().await;
    let token = ada.token.as_deref().unwrap();
    raw.send(format!(
        "PUT /api/posts/{late} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{{"
    ))
    .await;
    let answer = raw.read_until(|text| text.contains("too-large")).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    // Without an announced length it is counted as it comes.
    let mut raw = app.connect().await;
    raw.send(format!(
        "PUT /api/posts/{late} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n{}\r\n0\r\n\r\n",
        " ".repeat(0x10001)
    ))
    .await;
    let answer = raw.read_until(|text| text.contains("too-large")).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

async fn a_form_that_cannot_be_read_is_refused(app: &mut TestApp) {
    let ada = app.visitor().await;
    let form = "application/x-www-form-urlencoded";
    for body in
        ["", "room=lobby", "content=a&content=b", "content=%ff", "content=a&other=b", "content=a&image_id=b"]
    {
        let answer = ada.post("").key(&id().to_string()).body(form, body).await;
        answer.assert_problem(400, "malformed-body");
    }
    ada.put(id(), "").body(form, "content=a").await.assert_problem(415, "unsupported-media-type");
    assert_eq!(app.database.rows().await, []);
    // An emptied field is said, and invalid; it is not missing.
    let empty = ada.post("").key(&id().to_string()).body(form, "content=").await;
    assert_eq!(empty.assert_problem(422, "invalid-content").pointer.as_deref(), Some("/content"));
    ada.post("")
        .key(&id().to_string())
        .json(&json!({"content": ""}))
        .await
        .assert_problem(422, "invalid-content");
}
