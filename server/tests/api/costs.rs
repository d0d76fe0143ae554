//! What an answer costs the database, in statements and written rows, as the server's own driver and the database report them.

use futures::future::join_all;
use uuid::Uuid;

use crate::helpers::{Answer, TestApp, Visitor, eventually, id, stories};

stories![with Setup { faults: true, log: Some("info,sqlx::query=debug"), ..Setup::default() };
    a_replay_costs_no_more_than_the_first_write,
    a_strangers_id_costs_what_an_unseen_id_costs,
    copies_that_attach_cost_nothing,
];

/// What the database was asked to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Work {
    statements: usize,
    /// Rows that were inserted or updated.
    rows: usize,
}

impl Work {
    /// A row that is written costs more than a row that is looked up, and is counted as if it cost the same.
    fn sum(self) -> usize {
        self.statements + self.rows
    }
}

/// How many statements the server has sent. A text of several is one.
fn statements(app: &TestApp) -> usize {
    app.stderr().lines().filter(|line| line.contains("sqlx::query: summary=\"")).count()
}

/// How often each request is sent: the driver may report the last statement of a request after its answer, which
/// does not matter to a mean.
const TIMES: usize = 12;

/// What one request costs, and what was answered.
async fn cost(app: &TestApp, asks: impl AsyncFn(usize) -> Answer) -> (Work, Vec<Answer>) {
    let (before, versions, mut answers) = (statements(app), app.database.versions().await, Vec::new());
    for number in 0..TIMES {
        answers.push(asks(number).await);
    }
    let mean = |sum: usize| (sum + TIMES / 2) / TIMES;
    let rows = app.database.versions().await.difference(&versions).count();
    (Work { statements: mean(statements(app) - before), rows: mean(rows) }, answers)
}

fn assert_all(answers: &[Answer], status: u16, replayed: bool) {
    for answer in answers {
        answer.assert_status(status);
        assert_eq!(answer.header("idempotency-replayed").is_some(), replayed, "{answer}");
    }
}

async fn a_replay_costs_no_more_than_the_first_write(app: &mut TestApp) {
    let ada = app.visitor().await;
    ada.put(id(), "the author's row is there").await.assert_created();
    let ids: Vec<Uuid> = (0..TIMES).map(|_| id()).collect();
    let keys: Vec<Uuid> = (0..TIMES).map(|_| id()).collect();
    let put = async |number: usize| ada.put(ids[number], "hello").await;
    let post = async |number: usize| ada.post_with_key(&format!("key-{number}"), "hello").await;
    let post_id = async |number: usize| ada.post_with_key(&keys[number].to_string(), "hello").await;
    let patch = async |number: usize| ada.append(ids[number], &format!("edit-{number}"), "!").await;

    let (first_put, answers) = cost(app, put).await;
    assert_all(&answers, 201, false);
    let (again_put, answers) = cost(app, put).await;
    assert_all(&answers, 200, true);
    let (first_post, answers) = cost(app, post).await;
    assert_all(&answers, 201, false);
    let (again_post, answers) = cost(app, post).await;
    assert_all(&answers, 201, true);
    let (first_post_id, answers) = cost(app, post_id).await;
    assert_all(&answers, 201, false);
    let (again_post_id, answers) = cost(app, post_id).await;
    assert_all(&answers, 201, true);
    let (first_patch, answers) = cost(app, patch).await;
    assert_all(&answers, 200, false);
    let (again_patch, answers) = cost(app, patch).await;
    assert_all(&answers, 200, true);

    for (what, first, again) in [
        ("PUT", first_put, again_put),
        ("POST under a key", first_post, again_post),
        ("POST under an id", first_post_id, again_post_id),
        ("PATCH", first_patch, again_patch),
    ] {
        assert!(first.statements > 0 && first.rows > 0, "{what}: {first:?}");
        assert_eq!(again.rows, 0, "the replay of {what} has written");
        assert!(again.sum() <= first.sum(), "{what}: {first:?}, and {again:?} for its replay");
    }
}

/// Case 62: by the work that the database has, nobody can tell either.
async fn a_strangers_id_costs_what_an_unseen_id_costs(app: &mut TestApp) {
    let (ada, bob) = (app.visitor().await, app.visitor().await);
    bob.put(id(), "the author's row is there").await.assert_created();
    let (post, deleted) = (id(), id());
    for id in [post, deleted] {
        ada.put(id, "hello").await.assert_created();
    }
    ada.delete(deleted).await.assert_status(200);
    let ask = async |what: &str, id: Uuid, bob: &Visitor| match what {
        "DELETE" => bob.delete(id).await,
        "PATCH" => bob.append(id, "key", "!").await,
        "status" => bob.status(id).await,
        _ => bob.put(id, "").await,
    };
    for what in ["DELETE", "PATCH", "status", "PUT of nothing"] {
        let (unseen, _) = cost(app, async |_| ask(what, crate::helpers::id(), &bob).await).await;
        for strangers in [post, deleted] {
            let (cost, _) = cost(app, async |_| ask(what, strangers, &bob).await).await;
            // An id never seen gets its tombstone; the statements are the same.
            assert_eq!(cost.statements, unseen.statements, "{what}");
        }
    }
    ada.put(post, "hello").await.assert_replayed();
}

async fn copies_that_attach_cost_nothing(app: &mut TestApp) {
    let (ada, id) = (app.visitor().await, id());
    let slow = tokio::spawn(ada.put(id, "hello").fault("slow; delay=1500").into_future());
    eventually("the commit", async || app.database.has_post(id).await.then_some(())).await;
    let before = statements(app);
    let copies = (0..50).map(|_| ada.on_another_device().put(id, "hello").attempt(2).into_future());
    for copy in join_all(copies).await {
        copy.assert_replayed();
    }
    slow.await.unwrap().assert_created();
    // One may have been reported late: it is the first's own.
    assert!(statements(app) <= before + 1, "{before}, {}", statements(app));
}
