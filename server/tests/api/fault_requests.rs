//! How a fault is asked for, and whom it never touches.

use futures::future::join_all;

use crate::helpers::{TestApp, id, stories};

stories![with Setup::with_faults();
    a_fault_that_cannot_be_read_is_refused,
    the_faults_of_one_visitor_never_touch_another,
];
stories![a_server_without_faults_does_not_know_the_header];

async fn a_fault_that_cannot_be_read_is_refused(app: &mut TestApp) {
    let ada = app.visitor().await;
    let id = id();
    for fault in [
        "",
        "nonsense",
        "Reply-Lost",
        "\"reply-lost\"",
        "request-lost",
        "reply-lost, slow",
        "reply-lost; times=0",
        "reply-lost; times=101",
        "reply-lost; times=two",
        "reply-lost; times=1; times=1",
        "reply-lost; delay=5",
        "reply-lost; bare=1",
        "slow; delay=60001",
        "slow; delay=-1",
        "slow; bare",
        "rolled-back; tries=0",
        "rolled-back; tries=21",
        "rolled-back; tries=some",
        "rolled-back; until=1",
        "database-away",
        "database-away; until=9999999999999",
        "slow;",
        "slow; unknown=1",
    ] {
        ada.put(id, "hello").fault(fault).await.assert_problem(400, "malformed-fault");
    }
    ada.put(id, "hello").raw_header("fault", b"\xff").await.assert_problem(400, "malformed-fault");
    ada.put(id, "hello").fault("slow").fault("slow").await.assert_problem(400, "malformed-fault");
    for (name, value) in
        [("attempt", "0"), ("attempt", "-1"), ("attempt", "one"), ("attempt", ""), ("run", "1"), ("run", "")]
    {
        ada.put(id, "hello").header(name, value).await.assert_problem(400, "malformed-fault");
        ada.naive_post(id, "hello")
            .without_header("run")
            .header(name, value)
            .await
            .assert_problem(400, "malformed-fault");
    }
    assert_eq!((app.row(id).await, app.database.naive_rows().await), (None, 0));
    ada.put(id, "hello").attempt(1).header("run", &id.to_string()).await.assert_created();
}

/// Faults are asked for in the middle of a crowd; whoever asks for none sees none.
async fn the_faults_of_one_visitor_never_touch_another(app: &mut TestApp) {
    let (ada, bob) = (app.visitor().await, app.visitor().await);
    let mut asks = Vec::new();
    for number in 0..12 {
        for fault in ["rolled-back", "connect-refused", "commit-ack-lost", "reply-lost", "slow; delay=100"] {
            asks.push((false, bob.put(id(), &format!("{fault} {number}")).fault(fault)));
            asks.push((true, ada.put(id(), &format!("beside {fault} {number}"))));
        }
    }
    let answers =
        join_all(asks.into_iter().map(|(unharmed, ask)| async move {
            (unharmed, tokio::spawn(ask.attempt_once()).await.unwrap())
        }))
        .await;
    for (unharmed, answer) in answers {
        if unharmed {
            answer.unwrap().assert_created();
        }
    }
    // The same id and attempt are somebody's own business, too: a fault that was asked for before has no say.
    let id = id();
    bob.put(id, "hello").fault("rolled-back; times=100").await.assert_problem(503, "store-unavailable");
    ada.put(id, "hello").await.assert_created();
}

async fn a_server_without_faults_does_not_know_the_header(app: &mut TestApp) {
    let ada = app.visitor().await;
    for fault in ["reply-lost", "rolled-back", "slow; delay=60000", "request-lost", "nonsense", ""] {
        ada.put(id(), "hello").fault(fault).header("run", "nonsense").await.assert_created();
    }
    ada.naive_post(id(), "hello").await.assert_problem(404, "not-found");
    ada.naive_feed("").await.assert_problem(404, "not-found");
}
