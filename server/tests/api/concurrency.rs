//! The same post, many times at once.

use futures::future::join_all;

use crate::helpers::{DEADLINE, Raw, TestApp, eventually, id, stories};

stories![
    two_puts_of_one_id_at_once_are_one_201_one_200_and_one_row,
    two_authors_with_one_id_at_once_have_one_winner,
    two_contents_under_one_id_at_once_have_one_winner,
    many_posts_at_once_are_all_stored,
];
stories![with Setup::with_faults();
    a_thousand_puts_of_one_id_are_one_row_and_cost_no_memory];

/// Case 17.
async fn two_puts_of_one_id_at_once_are_one_201_one_200_and_one_row(app: &mut TestApp) {
    let ada = app.visitor().await;
    let same_ada = ada.on_another_device();
    for _ in 0..30 {
        let id = id();
        let answers = join_all([
            tokio::spawn(ada.put(id, "hello").into_future()),
            tokio::spawn(same_ada.put(id, "hello").into_future()),
        ])
        .await;
        let mut answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
        answers.sort_by_key(|answer| answer.status);
        answers[0].assert_replayed();
        answers[1].assert_created();
        assert_eq!(answers[0].body, answers[1].body);
        assert_eq!(app.database.rows_of(id).await.len(), 1);
    }
}

const CROWD: usize = 1_000;
const ROUNDS: usize = 10;

/// Case 37, a thousand times. The first answer is held until the crowd is there, so that all of them really are
/// under way at once, in the last round as in the first.
async fn a_thousand_puts_of_one_id_are_one_row_and_cost_no_memory(app: &mut TestApp) {
    let ada = app.visitor().await;
    let mut resident = Vec::new();
    for _ in 0..ROUNDS {
        let id = id();
        let mut connections = join_all((0..CROWD).map(|_| app.connect())).await;
        let request = Raw::put(&ada, id, "hello", "Connection: close\r\n");
        let held = Raw::put(&ada, id, "hello", "Connection: close\r\nFault: slow; delay=700\r\n");
        connections[0].send(held).await;
        eventually("the commit", async || app.database.has_post(id).await.then_some(())).await;
        for raw in &mut connections[1..] {
            raw.send(&request).await;
        }
        let reads = connections.into_iter().map(|mut raw| async move { raw.read_to_end(DEADLINE).await.0 });
        let answers: Vec<String> = join_all(reads).await;
        let with_status = |status| answers.iter().filter(|text| text.starts_with(status)).count();
        assert_eq!((with_status("HTTP/1.1 201 "), with_status("HTTP/1.1 200 ")), (1, CROWD - 1));
        let body = |text: &str| text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        assert!(answers.iter().all(|text| body(text) == body(&answers[0])));
        assert_eq!(app.database.rows_of(id).await.len(), 1);
        eventually("an empty in-flight table", async || {
            (app.metric("postonce_in_flight").await == 0.0).then_some(())
        })
        .await;
        resident.push(app.resident_kib());
    }
    // The allocator gives back what a crowd took a moment after the crowd is gone.
    eventually(&format!("at most 1.1 times the first of {resident:?} KiB"), async || {
        (app.resident_kib() * 10 <= resident[0] * 11).then_some(())
    })
    .await;
}

async fn two_authors_with_one_id_at_once_have_one_winner(app: &mut TestApp) {
    let (ada, bob) = (app.visitor().await, app.visitor().await);
    for _ in 0..20 {
        let id = id();
        let puts = [&ada, &bob].map(|author| tokio::spawn(author.put(id, "hello").into_future()));
        let mut answers: Vec<_> = join_all(puts).await.into_iter().map(Result::unwrap).collect();
        answers.sort_by_key(|answer| answer.status);
        let winner = answers[0].assert_created();
        answers[1].assert_problem(409, "id-unavailable");
        assert_eq!(app.row(id).await.unwrap().user_id, winner.user_id.as_uuid());
    }
}

/// Case 18.
async fn two_contents_under_one_id_at_once_have_one_winner(app: &mut TestApp) {
    let ada = app.visitor().await;
    for _ in 0..20 {
        let id = id();
        let puts = ["one", "two"].map(|content| tokio::spawn(ada.put(id, content).into_future()));
        let mut answers: Vec<_> = join_all(puts).await.into_iter().map(Result::unwrap).collect();
        answers.sort_by_key(|answer| answer.status);
        let winner = answers[0].assert_created();
        answers[1].assert_problem(422, "key-reused");
        assert_eq!(app.row(id).await.unwrap().content, Some(winner.content));
    }
}

/// Batches hold many posts, and twins of them.
async fn many_posts_at_once_are_all_stored(app: &mut TestApp) {
    let authors = join_all((0..8).map(|_| app.visitor())).await;
    let intents: Vec<_> = (0..200).map(|number| (number, id())).collect();
    let puts = intents.iter().chain(&intents).map(|(number, id)| {
        tokio::spawn(authors[number % authors.len()].put(*id, &format!("post {number}")).into_future())
    });
    let answers: Vec<_> = join_all(puts).await.into_iter().map(Result::unwrap).collect();
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    let replayed = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((created, replayed), (intents.len(), intents.len()));
    assert_eq!(app.database.rows().await.len(), intents.len());
}
