//! Which content is acceptable, and that it is kept to the letter.

use serde_json::json;

use crate::helpers::{TestApp, id, stories};

stories![
    unacceptable_content_is_refused_with_a_pointer,
    content_is_counted_in_characters,
    content_comes_back_to_the_letter,
    refused_content_leaves_the_id_free,
];

/// Case 51 for NUL: Postgres cannot store it, and SQLite could.
async fn unacceptable_content_is_refused_with_a_pointer(app: &mut TestApp) {
    let ada = app.visitor().await;
    let long = "x".repeat(2_049);
    for content in ["", "\0", "a\0b", &long] {
        let problem = ada.put(id(), content).await.assert_problem(422, "invalid-content");
        assert_eq!(problem.pointer.as_deref(), Some("/content"));
    }
    let long_room = "r".repeat(33);
    for room in ["", "Lobby", "a room", "a_b", "zoë", "../lobby", "a\0", &long_room] {
        let problem = ada.put_in(room, id(), "hello").await.assert_problem(422, "invalid-content");
        assert_eq!(problem.pointer.as_deref(), Some("/room"), "{room:?}");
    }
    assert_eq!(app.database.rows().await, []);
}

/// A character is a Unicode scalar value: neither a byte, nor a UTF-16 unit, nor what looks like one.
async fn content_is_counted_in_characters(app: &mut TestApp) {
    let ada = app.visitor().await;
    for character in ["x", "é", "\u{1F600}"] {
        let (id, longest) = (id(), character.repeat(2_048));
        ada.put(id, &longest).await.assert_created();
        assert_eq!(app.row(id).await.unwrap().content, Some(longest.clone()));
        let problem = ada
            .put(crate::helpers::id(), &(longest + character))
            .await
            .assert_problem(422, "invalid-content");
        assert_eq!(problem.pointer.as_deref(), Some("/content"));
    }
    for room in ["a", "0", "-", "room-42", &"r".repeat(32)] {
        ada.put_in(room, id(), "hello").await.assert_created();
    }
}

/// Case 48: no hidden trimming or normalising.
async fn content_comes_back_to_the_letter(app: &mut TestApp) {
    let ada = app.visitor().await;
    for content in [
        " ",
        "\n",
        "  \t leading and trailing \r\n",
        "é is not e\u{301}",
        "e\u{301} is not é",
        "\u{feff}a byte order mark",
        "\u{202e}right to left",
        "\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}",
        "\u{fffd}\u{10ffff}",
        "<script>alert(1)</script>",
        "'; drop table posts; --",
        "\\u0041 %41 &amp; {{content}}",
        "\u{1}\u{7f}\u{85}",
    ] {
        let id = id();
        assert_eq!(ada.put(id, content).await.assert_created().content, content);
        assert_eq!(ada.read(id).await.assert_status(200).assert_post().content, content);
        assert_eq!(app.row(id).await.unwrap().content.as_deref(), Some(content));
        ada.put(id, content).await.assert_replayed();
        ada.put(id, &format!("{content} ")).await.assert_problem(422, "key-reused");
    }
}

/// A refusal is never remembered: the same id may be sent again with what is acceptable.
async fn refused_content_leaves_the_id_free(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    ada.put(id, "").await.assert_problem(422, "invalid-content");
    ada.put(id, "").json(&json!([])).await.assert_problem(400, "malformed-body");
    ada.put(id, "hello").await.assert_created();
}
