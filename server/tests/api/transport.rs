//! What no honest client sends: garbage, floods of headers, and senders that never finish.

use std::time::Duration;

use crate::helpers::{End, Engine, Raw, Setup, TestApp, id, stories, tell};

stories![
    garbage_ends_its_own_connection_and_nothing_else,
    an_oversized_header_is_refused,
    a_url_without_end_is_refused,
    a_body_whose_length_is_ambiguous_is_refused,
    requests_in_a_pipeline_are_answered_in_order,
];

/// Longer than any patience the server may have with a client.
const PATIENCE: Duration = Duration::from_secs(60);

async fn garbage_ends_its_own_connection_and_nothing_else(app: &mut TestApp) {
    let ada = app.visitor().await;
    let mut noise = vec![0_u8; 4_096];
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    for byte in &mut noise {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state.to_le_bytes()[3];
    }
    let garbage: [&[u8]; 12] = [
        &noise,
        b"\0",
        b"\r\n\r\n\r\n\r\nnonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /api/posts HTTP/9.9\r\n\r\n",
        b"GET  /api/posts  HTTP/1.1\r\n\r\n",
        b"GET /api/\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /api/posts HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n",
        b"GET /api/posts HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
        b"PUT /api/posts/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"PUT /api/posts/1 HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
    ];
    for bytes in garbage {
        let mut raw = app.connect().await;
        raw.send(bytes).await;
        raw.finish_sending().await;
        let (read, _) = raw.read_to_end(PATIENCE).await;
        assert!(
            read.is_empty() || read.starts_with("HTTP/1.1 4"),
            "{:?} -> {read}",
            String::from_utf8_lossy(bytes)
        );
    }
    ada.put(id(), "still here").await.assert_created();
}

async fn an_oversized_header_is_refused(app: &mut TestApp) {
    let ada = app.visitor().await;
    let id = id();
    let big = Raw::put(&ada, id, "hello", &format!("X-Big: {}\r\n", "x".repeat(1 << 20)));
    let many = Raw::put(&ada, id, "hello", &(0..2_000).map(|n| format!("X-{n}: x\r\n")).collect::<String>());
    let long = format!("GET /api/posts?{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(1 << 20));
    for request in [big, many, long] {
        let mut raw = app.connect().await;
        // The server may have answered and closed before everything was sent.
        let _ = raw.try_send(request).await;
        let (read, end) = raw.read_to_end(PATIENCE).await;
        assert!(read.starts_with("HTTP/1.1 431 ") && end == End::Closed, "{read:?}, {end:?}");
    }
    assert_eq!(app.row(id).await, None);
    ada.put(id, "hello").await.assert_created();
}

async fn a_url_without_end_is_refused(app: &mut TestApp) {
    let ada = app.visitor().await;
    let of_length = |length: usize| format!("/api/posts?room=lobby&before={}", "x".repeat(length - 29));
    ada.get(&of_length(32_768)).await.assert_problem(400, "invalid-query");
    ada.get(&of_length(32_769)).await.assert_problem(414, "too-large");
    let long = format!("/api/posts/{}", "x".repeat(60_000));
    ada.ask(http::Method::PUT, long).json_text("{}").await.assert_problem(414, "too-large");
    let page = ada.get(&format!("/feed?room={}", "x".repeat(40_000))).await;
    assert!(page.assert_status(414).header("content-type").unwrap().starts_with("text/html"));
    ada.put(id(), "still here").await.assert_created();
}

/// Two readers that take different lengths for a body see two different requests after it.
async fn a_body_whose_length_is_ambiguous_is_refused(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let token = ada.token.as_deref().unwrap();
    let body = r#"{"content":"hello"}"#;
    for lengths in [
        "Content-Length: 19\r\nContent-Length: 20\r\n",
        "Content-Length: 19, 20\r\n",
        "Content-Length: +19\r\n",
    ] {
        let mut raw = app.connect().await;
        raw.send(format!(
            "PUT /api/posts/{id} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\n{lengths}\r\n{body}"
        ))
        .await;
        raw.finish_sending().await;
        let (read, _) = raw.read_to_end(PATIENCE).await;
        assert!(read.starts_with("HTTP/1.1 400"), "{lengths}: {read}");
        assert_eq!(app.row(id).await, None);
    }
}

async fn requests_in_a_pipeline_are_answered_in_order(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let twice = Raw::put(&ada, id, "hello", "") + &Raw::put(&ada, id, "hello", "Connection: close\r\n");
    let mut raw = app.connect().await;
    raw.send(twice).await;
    let (read, end) = raw.read_to_end(PATIENCE).await;
    let first = read.find("HTTP/1.1 201").expect("the first is stored");
    let second = read.find("HTTP/1.1 200").expect("the second is recognised");
    assert!(first < second && end == End::Closed);
}

/// Waiting for a client has an end. No database takes part, so one of them is enough.
#[test]
fn senders_that_never_finish_are_cut_off() {
    tell(Engine::Sqlite, &Setup::default(), &async |app: &mut TestApp| {
        let ada = app.visitor().await;
        let whole = Raw::put(&ada, id(), "hello", "");
        let head = whole.find("\r\n\r\n").unwrap();
        let mut connections = Vec::new();
        for part in [&whole[..0], &whole[..20], &whole[..head], &whole[..head + 6]] {
            let mut raw = app.connect().await;
            raw.send(part).await;
            connections.push((part, raw));
        }
        let waits = connections.iter_mut().map(|(part, raw)| async move {
            let (read, _) = raw.read_to_end(PATIENCE).await;
            assert!(read.is_empty() || read.starts_with("HTTP/1.1 408"), "{part:?} -> {read}");
        });
        // A byte now and then does not buy more time.
        let mut trickling = app.connect().await;
        trickling.send(whole[..head + 4].replace("Content-Length: 19", "Content-Length: 9999")).await;
        let trickle = async {
            for byte in std::iter::repeat_n(b" ", 60) {
                if trickling.try_send(byte).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            let (read, _) = trickling.read_to_end(PATIENCE).await;
            assert!(read.is_empty() || read.starts_with("HTTP/1.1 408"), "{read}");
        };
        futures::future::join(futures::future::join_all(waits), trickle).await;
        assert_eq!(app.database.rows().await, []);
        ada.put(id(), "still here").await.assert_created();
    });
}
