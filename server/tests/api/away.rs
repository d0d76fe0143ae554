//! While the database is away: nothing is said that was not looked up, and nothing is lost.

use protocol::problem::Outcome;

use crate::helpers::{Engine, Setup, TestApp, eventually, id, tell};

#[test]
fn while_the_database_is_away_reads_say_so_and_writes_may_be_asked_again() {
    tell(Engine::Postgres, &Setup::default(), &story);
}

async fn story(app: &mut TestApp) {
    let (ada, stored, meant) = (app.visitor().await, id(), id());
    ada.put(stored, "before").await.assert_created();
    app.database.set_away(true).await;
    for read in [ada.read(stored), ada.read(id()), ada.feed("")] {
        let answer = read.await;
        let problem = answer.assert_problem(503, "store-unavailable");
        assert!(problem.retry_after_ms.is_some(), "{answer}");
    }
    // Its status can be told by nobody but the database or the log.
    ada.status(stored).await.assert_problem(503, "store-unavailable");
    ada.get("/healthz").await.assert_status(200);
    let answer = ada.put(meant, "hello").await;
    if answer.status != 202 {
        let problem = answer.assert_problem(503, "store-unavailable");
        assert!(problem.outcome == Outcome::NotApplied && problem.same_key_safe, "{answer}");
    }

    app.database.set_away(false).await;
    eventually("the database", async || (ada.read(stored).await.status == 200).then_some(())).await;
    eventually("the post", async || {
        (matches!(ada.put(meant, "hello").await.status, 200 | 201)).then_some(())
    })
    .await;
    assert_eq!(app.database.rows_of(meant).await.len(), 1);
}
