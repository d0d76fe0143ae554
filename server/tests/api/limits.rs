//! `--write-rate`: how fast one identity may bring new ids.

use crate::helpers::{TestApp, Visitor, id, stories};

stories![with Setup { write_rate: 1, ..Setup::default() };
    a_flood_of_new_ids_is_refused_and_may_come_back,
    a_replay_passes_with_an_empty_bucket,
    one_identitys_flood_is_not_anothers,
    the_rate_does_not_tell_a_strangers_id_from_none,
];

/// Writes until the bucket is empty; returns the refused id and how many were stored.
async fn drain(author: &Visitor) -> (uuid::Uuid, Vec<uuid::Uuid>) {
    let mut stored = Vec::new();
    loop {
        let id = id();
        let answer = author.put(id, "hello").await;
        if answer.status == 429 {
            let problem = answer.assert_problem(429, "too-many-writes");
            assert!(
                problem.same_key_safe && problem.retry_after_ms.is_some_and(|ms| ms <= 1_000),
                "{answer}"
            );
            return (id, stored);
        }
        answer.assert_created();
        stored.push(id);
        assert!(stored.len() < 100, "a rate of one in a second is not held");
    }
}

/// Case 53: the refusal is not remembered with the id.
async fn a_flood_of_new_ids_is_refused_and_may_come_back(app: &mut TestApp) {
    let ada = app.visitor().await;
    let (refused, stored) = drain(&ada).await;
    assert!(stored.len() >= 10, "the burst is ten seconds' worth, and {} were taken", stored.len());
    assert_eq!(app.row(refused).await, None);
    crate::helpers::eventually("a new token", async || {
        let answer = ada.put(refused, "hello").await;
        (answer.status != 429).then(|| answer.assert_created())
    })
    .await;
    // A deletion of an id never seen leaves a tombstone, so it counts as a new id.
    drain(&ada).await;
    ada.delete(id()).await.assert_problem(429, "too-many-writes");
}

/// Case 54.
async fn a_replay_passes_with_an_empty_bucket(app: &mut TestApp) {
    let ada = app.visitor().await;
    let (_, stored) = drain(&ada).await;
    for id in &stored {
        ada.put(*id, "hello").await.assert_replayed();
        ada.post_with_key(&id.to_string(), "hello").await.assert_post_replayed();
        ada.put(*id, "other").await.assert_problem(422, "key-reused");
    }
    ada.delete(stored[0]).await.assert_status(200);
}

async fn one_identitys_flood_is_not_anothers(app: &mut TestApp) {
    let (ada, bob) = (app.visitor().await, app.visitor().await);
    drain(&ada).await;
    bob.put(id(), "hello").await.assert_created();
}

/// Case 62: a stranger's id costs what an id never seen costs, be there a token or none.
async fn the_rate_does_not_tell_a_strangers_id_from_none(app: &mut TestApp) {
    let (ada, bob) = (app.visitor().await, app.visitor().await);
    let (post, deleted) = (id(), id());
    for id in [post, deleted] {
        ada.put(id, "hello").await.assert_created();
    }
    ada.delete(deleted).await.assert_status(200);
    let mut taken = 0;
    for stranger in [post, deleted].into_iter().cycle() {
        let answer = bob.delete(stranger).await;
        if answer.status == 429 {
            break;
        }
        answer.assert_problem(404, "post-not-found");
        taken += 1;
        assert!(taken < 100, "the deletion of what is somebody else's costs nothing");
    }
    assert!(taken >= 10, "{taken}");
    for id in [post, deleted, id()] {
        bob.delete(id).await.assert_problem(429, "too-many-writes");
    }
    ada.put(post, "hello").await.assert_replayed();
}
