//! The server dies, or its client does, in the middle of things.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use uuid::Uuid;

use crate::helpers::{Answer, Raw, TestApp, Visitor, eventually, id, stories};

stories![a_kill_among_64_writers_loses_and_doubles_nothing, a_client_that_hangs_up_is_written_once,];
stories![with Setup::with_faults();
    a_kill_after_the_commit_leaves_the_row_for_the_retry,
    a_kill_before_the_commit_leaves_nothing_and_the_retry_stores,
];

const WRITERS: usize = 64;

/// How many answers the crowd has got before the server is killed under it.
const ANSWERS_BEFORE_KILL: usize = 500;

/// Cases 24 and 25, wherever the kill finds each writer.
async fn a_kill_among_64_writers_loses_and_doubles_nothing(app: &mut TestApp) {
    let authors = join_all((0..WRITERS).map(|_| app.visitor())).await;
    let answered = Arc::new(AtomicUsize::new(0));
    let crowd: Vec<_> = authors
        .iter()
        .map(|author| tokio::spawn(write_until_cut_off(author.clone(), Arc::clone(&answered))))
        .collect();
    eventually("a crowd in full swing", async || {
        (answered.load(Ordering::Relaxed) >= ANSWERS_BEFORE_KILL).then_some(())
    })
    .await;
    app.kill().await;
    let logs: Vec<Log> = join_all(crowd).await.into_iter().map(Result::unwrap).collect();
    app.restart().await;
    let retries = authors.iter().zip(logs).map(|(author, log)| tokio::spawn(retry(author.clone(), log)));
    let ids: Vec<Uuid> = join_all(retries).await.into_iter().flat_map(Result::unwrap).collect();
    let mut stored: Vec<Uuid> = app.database.rows().await.iter().map(|row| row.id).collect();
    let mut sent = ids;
    stored.sort_unstable();
    sent.sort_unstable();
    assert_eq!(stored, sent);
}

/// What one writer knows when its server is gone.
struct Log {
    answered: Vec<(Uuid, Answer)>,
    /// Sent, and no answer came: it may be stored or not.
    unknown: Uuid,
}

async fn write_until_cut_off(author: Visitor, count: Arc<AtomicUsize>) -> Log {
    let mut answered = Vec::new();
    loop {
        let id = id();
        match author.put(id, &format!("post {id}")).attempt_once().await {
            Ok(answer) => {
                answer.assert_created();
                answered.push((id, answer));
                count.fetch_add(1, Ordering::Relaxed);
            }
            Err(_) => return Log { answered, unknown: id },
        }
    }
}

/// Sends everything again: what was answered is a replay of the same bytes, the rest is stored or replayed.
async fn retry(author: Visitor, log: Log) -> Vec<Uuid> {
    let mut ids = vec![log.unknown];
    for (id, first) in log.answered {
        let again = author.put(id, &format!("post {id}")).attempt(2).await;
        again.assert_replayed();
        assert_eq!(again.body, first.body);
        ids.push(id);
    }
    let last = author.put(log.unknown, &format!("post {}", log.unknown)).attempt(2).await;
    if last.status == 201 {
        last.assert_created()
    } else {
        last.assert_replayed()
    };
    ids
}

/// Case 23.
async fn a_client_that_hangs_up_is_written_once(app: &mut TestApp) {
    let ada = app.visitor().await;
    for _ in 0..20 {
        let id = id();
        let mut raw = app.connect().await;
        raw.send(Raw::put(&ada, id, "hello", "")).await;
        drop(raw);
        eventually("the write of a client that is gone", async || {
            app.database.has_post(id).await.then_some(())
        })
        .await;
        ada.put(id, "hello").await.assert_replayed();
    }
    // Whoever goes in the middle of a request has not asked for anything.
    let id = id();
    let whole = Raw::put(&ada, id, "hello", "");
    let mut raw = app.connect().await;
    raw.send(&whole[..whole.len() - 1]).await;
    drop(raw);
    ada.put(id, "hello").await.assert_created();
}

/// Case 25: the answer is held, the row is there, the server dies.
async fn a_kill_after_the_commit_leaves_the_row_for_the_retry(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let held = tokio::spawn(ada.put(id, "hello").fault("slow; delay=60000").attempt_once());
    eventually("the commit", async || app.database.has_post(id).await.then_some(())).await;
    app.kill().await;
    assert!(held.await.unwrap().is_err());
    app.restart().await;
    ada.put(id, "hello").attempt(2).await.assert_replayed();
}

/// Case 24: the request is held before it is registered, and the server dies.
async fn a_kill_before_the_commit_leaves_nothing_and_the_retry_stores(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let held = tokio::spawn(ada.put(id, "hello").fault("request-late; delay=60000").attempt_once());
    eventually("the arrival", async || (app.metric("postonce_faults_total").await == 1.0).then_some(()))
        .await;
    app.kill().await;
    assert!(held.await.unwrap().is_err());
    assert_eq!(app.row(id).await, None);
    app.restart().await;
    ada.put(id, "hello").attempt(2).await.assert_created();
}
