//! What the server counts, and where it can be read.

use crate::helpers::{Answer, TestApp, id, stories};

stories![with Setup::with_faults();
    what_arrived_and_what_it_became_is_counted,
    duplicates_are_counted_where_there_are_any,
    every_chart_is_a_file,
];

mod where_faults_are_off {
    use super::*;

    stories![creates_are_counted_all_the_same];

    async fn creates_are_counted_all_the_same(app: &mut TestApp) {
        let (ada, post) = (app.visitor().await, id());
        ada.put(post, "hello").run(id()).await.assert_created();
        ada.put(post, "hello").run(id()).attempt(2).await.assert_replayed();
        assert_eq!(counts(app).await, [2, 1, 0, 0, 0]);
    }
}

/// Attempts, rows, naive rows, naive duplicates, duplicates of a UUID.
async fn counts(app: &TestApp) -> [u64; 5] {
    let mut counts = [0; 5];
    let names = ["attempts", "rows", "naive_rows", "naive_duplicates", "uuid_duplicates"];
    for (count, name) in counts.iter_mut().zip(names) {
        *count = app.metric(&format!("postonce_{name}_total")).await as u64;
    }
    counts
}

async fn what_arrived_and_what_it_became_is_counted(app: &mut TestApp) {
    let (ada, post, run) = (app.visitor().await, id(), id());
    ada.put(id(), "of no run").await.assert_created();
    ada.put(post, "hello").run(run).fault("reply-lost").attempt_once().await.unwrap_err();
    assert_eq!(app.metric("postonce_until_answered_seconds_count").await, 0.0);
    ada.put(post, "hello").run(run).attempt(2).await.assert_replayed();
    ada.delete(post).run(run).await.assert_status(200);
    ada.post_with_key(&id().to_string(), "hello").run(run).fault("commit-ack-lost").await.assert_created();
    assert_eq!(counts(app).await, [4, 3, 0, 0, 0]);
    assert_eq!(app.metric("postonce_first_try_seconds_count").await, 1.0);
    assert_eq!(app.metric("postonce_until_answered_seconds_count").await, 2.0);
}

async fn duplicates_are_counted_where_there_are_any(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    ada.naive_post(run, "hello").fault("reply-lost").attempt_once().await.unwrap_err();
    ada.naive_post(run, "hello").attempt(2).await.assert_status(201);
    // Two rows within one request, of which the server knows one.
    ada.naive_post(id(), "hello").fault("commit-ack-lost").await.assert_status(201);
    ada.naive_post(id(), "hello").fault("rolled-back; tries=1").await.assert_status(201);
    assert_eq!(counts(app).await, [4, 5, 5, 2, 0]);
    assert_eq!(app.database.naive_rows().await, 5);
}

#[track_caller]
fn lines(answer: &Answer) -> Vec<String> {
    answer.assert_status(200).assert_header("content-type", "text/csv; charset=utf-8");
    answer.text().lines().map(ToOwned::to_owned).collect()
}

async fn every_chart_is_a_file(app: &mut TestApp) {
    let (ada, run) = (app.visitor().await, id());
    for attempt in 1..=2 {
        ada.naive_post(run, "hello").attempt(attempt).await.assert_status(201);
    }
    let attempts = lines(&ada.get("/numbers/attempts.csv").await);
    assert_eq!(attempts[..2], ["at_ms,attempts,meant,stored", "0,0,0,0"]);
    assert!(attempts.last().unwrap().ends_with(",2,1,2"), "{attempts:?}");
    let duplicates = lines(&ada.get("/numbers/duplicates.csv").await);
    assert!(duplicates.last().unwrap().ends_with(",2,1,0"), "{duplicates:?}");
    let queue = lines(&ada.get("/numbers/queue.csv").await);
    assert_eq!(queue[..2], ["at_ms,queue", "0,0"]);
    let latency = lines(&ada.get("/numbers/latency.csv").await);
    assert_eq!(latency[0], "at_most_us,first_try,until_answered");
    let answered = latency[1..].iter().map(|line| line.rsplit(',').next().unwrap().parse::<u64>().unwrap());
    assert_eq!(answered.sum::<u64>(), 1);
    ada.get("/numbers/nonsense.csv").await.assert_status(404);
}
