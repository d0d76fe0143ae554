//! SIGTERM: what was accepted is finished, and nothing else is begun.

use std::time::{Duration, Instant};

use futures::future::join_all;

use crate::helpers::{TestApp, eventually, id, stories};

stories![
    an_idle_server_ends_at_once,
    streams_end_when_the_server_does,
    a_crowd_is_answered_or_turned_away_but_never_lied_to,
];
stories![with Setup::with_faults(); a_request_under_way_is_answered];

/// The contract's limit for ending.
const LIMIT: Duration = Duration::from_secs(10);

async fn terminate(app: &mut TestApp) {
    let began = Instant::now();
    app.process().terminate();
    let status = app.process().exited().await;
    assert_eq!(status.code(), Some(0), "{status}");
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
}

async fn an_idle_server_ends_at_once(app: &mut TestApp) {
    let ada = app.visitor().await;
    let silent = app.connect().await;
    ada.put(id(), "hello").await.assert_created();
    terminate(app).await;
    drop(silent);
    app.restart().await;
}

async fn streams_end_when_the_server_does(app: &mut TestApp) {
    let mut stream = app.events("lobby").await;
    terminate(app).await;
    assert_eq!(stream.next().await, None);
    app.restart().await;
}

async fn a_request_under_way_is_answered(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let slow = tokio::spawn(ada.put(id, "hello").fault("slow; delay=1000").into_future());
    eventually("the commit", async || app.database.has_post(id).await.then_some(())).await;
    terminate(app).await;
    slow.await.unwrap().assert_created();
    app.restart().await;
    ada.put(id, "hello").attempt(2).await.assert_replayed();
}

/// Whoever got an answer finds it true afterwards: the invariants see to that. Whoever got none may ask again.
async fn a_crowd_is_answered_or_turned_away_but_never_lied_to(app: &mut TestApp) {
    let ada = app.visitor().await;
    let ids: Vec<_> = (0..300).map(|_| id()).collect();
    let puts: Vec<_> = ids.iter().map(|id| tokio::spawn(ada.put(*id, "hello").attempt_once())).collect();
    terminate(app).await;
    let answers: Vec<_> = join_all(puts).await.into_iter().map(Result::unwrap).collect();
    for answer in answers.iter().flatten() {
        assert_eq!(answer.status, 201, "{answer}");
    }
    app.restart().await;
    for id in ids {
        let again = ada.put(id, "hello").attempt(2).await;
        assert!(matches!(again.status, 200 | 201), "{again}");
    }
    assert_eq!(app.database.rows().await.len(), 300);
}
