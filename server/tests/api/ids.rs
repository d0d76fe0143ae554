//! Which ids are accepted, and that an id is sixteen bytes, not a spelling.

use http::Method;
use uuid::Uuid;

use crate::helpers::{TestApp, id, stories};

stories![
    an_id_that_is_none_is_refused_everywhere,
    every_spelling_of_an_id_is_the_same_id,
    versions_4_and_7_are_accepted_from_any_time,
    identity_is_checked_before_the_id_and_the_id_before_the_body,
];

/// Cases 8, 9 and 11.
async fn an_id_that_is_none_is_refused_everywhere(app: &mut TestApp) {
    let ada = app.visitor().await;
    let good = id();
    let wrong = [
        Uuid::nil().to_string(),
        Uuid::max().to_string(),
        format!("%7B{good}%7D"),
        format!("urn:uuid:{good}"),
        "c232ab00-9414-11ec-b3c8-9e6bdeced846".to_owned(), // version 1
        "5df41881-3aed-3515-88a7-2f4a814cf09e".to_owned(), // version 3
        "2ed6657d-e927-568b-95e1-2665a8aea6a2".to_owned(), // version 5
        "1ec9414c-232a-6b00-b3c8-9e6bdeced846".to_owned(), // version 6
        "2489e9ad-2ee2-8e00-8ec9-32d5f69181c0".to_owned(), // version 8
        "0190163d-8694-739b-0ea5-966c26f8ad91".to_owned(), // an older variant
        "0190163d-8694-739b-cea5-966c26f8ad91".to_owned(), // another vendor's variant
        good.to_string()[..35].to_owned(),
        format!("{good}0"),
        good.simple().to_string()[..31].to_owned(),
        good.to_string().replacen('-', "", 1),
        format!("{}g", &good.to_string()[..35]),
        good.to_string().replace('-', "_"),
        format!("%20{good}"),
        format!("%EF%BC%90{}", &good.to_string()[1..]), // a full-width digit
        "%FF%FE".to_owned(),
        "1".to_owned(),
    ];
    for spelling in &wrong {
        let problem = ada.put_spelled(spelling, "hello").await.assert_problem(400, "invalid-id");
        assert!(problem.new_key_safe && !problem.same_key_safe);
        for (method, rest) in [(Method::GET, ""), (Method::DELETE, ""), (Method::GET, "/status")] {
            let path = format!("/api/posts/{spelling}{rest}");
            ada.ask(method, path).await.assert_problem(400, "invalid-id");
        }
    }
    assert_eq!(app.database.rows().await, []);
}

/// Case 9.
async fn every_spelling_of_an_id_is_the_same_id(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let spellings = [
        id.to_string(),
        id.to_string().to_uppercase(),
        id.simple().to_string(),
        id.simple().to_string().to_uppercase(),
    ];
    let first = ada.put_spelled(&spellings[1], "hello").await;
    first.assert_created();
    first.assert_header("location", &format!("/api/posts/{id}"));
    for spelling in &spellings {
        let again = ada.put_spelled(spelling, "hello").await;
        again.assert_replayed();
        assert_eq!(again.body, first.body);
        ada.post_with_key(spelling, "hello").await.assert_post_replayed();
        ada.put(id, "hello").key(spelling).await.assert_replayed();
        ada.get(&format!("/api/posts/{spelling}")).await.assert_status(200);
    }
    assert_eq!(app.database.rows().await.len(), 1);
}

/// Case 46: the time inside an id is a hint, and orders nothing.
async fn versions_4_and_7_are_accepted_from_any_time(app: &mut TestApp) {
    let ada = app.visitor().await;
    let future: Uuid = "ffffffff-ffff-7fff-bfff-ffffffffffff".parse().unwrap();
    let past: Uuid = "00000000-0000-7000-8000-000000000001".parse().unwrap();
    let ids = [future, Uuid::new_v4(), past];
    for id in ids {
        ada.put(id, "hello").await.assert_created();
    }
    let sequence: Vec<Uuid> = app.database.rows().await.iter().map(|row| row.id).collect();
    assert_eq!(sequence, ids);
}

async fn identity_is_checked_before_the_id_and_the_id_before_the_body(app: &mut TestApp) {
    let (ada, nobody) = (app.visitor().await, app.stranger());
    let everything_wrong =
        |who: &crate::helpers::Visitor| who.put_spelled("no-id", "").body("text/plain", "{");
    everything_wrong(&nobody).await.assert_problem(401, "not-signed-in");
    everything_wrong(&ada).await.assert_problem(400, "invalid-id");
    ada.put(id(), "").body("text/plain", "{").await.assert_problem(415, "unsupported-media-type");
    ada.put(id(), "").json_text(vec![b'{'; 70_000]).await.assert_problem(413, "too-large");
    ada.put(id(), "").json_text("{").await.assert_problem(400, "malformed-body");
}
