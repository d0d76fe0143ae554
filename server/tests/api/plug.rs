//! A visitor's own part of the log: read, released, applied by a consumer that crashes, applied again.

use std::time::{SystemTime, UNIX_EPOCH};

use http::Method;
use protocol::outage::{LogAnswer, LogState, Replayed};
use uuid::Uuid;

use crate::helpers::{Ask, TestApp, Visitor, eventually, id, stories};

stories! { with Setup::with_faults();
    a_log_shows_its_own_author_what_waits,
    an_outage_that_is_ended_lets_go_in_order,
    case_74_replays_change_nothing_and_hash_the_same,
    case_74_a_consumer_that_crashes_applies_twice_and_changes_nothing,
    nobody_reaches_into_another_ones_log,
}

mod on_kafka {
    use super::*;

    stories! { with Setup::with_faults().on_log(crate::helpers::LogKind::Kafka);
        an_outage_that_is_ended_lets_go_in_order,
        case_74_a_consumer_that_crashes_applies_twice_and_changes_nothing,
    }
}

mod where_faults_are_off {
    use super::*;

    stories![there_is_no_log_to_see];

    async fn there_is_no_log_to_see(app: &mut TestApp) {
        let ada = app.visitor().await;
        ada.get("/api/lab/log").await.assert_problem(404, "not-found");
        for what in ["release", "crash", "replay"] {
            on_log(&ada, what).await.assert_problem(404, "not-found");
        }
    }
}

/// Longer than a story takes: whatever comes out of the log before was let go.
fn away() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    format!("database-away; until={}", now + 100_000)
}

fn on_log(visitor: &Visitor, what: &str) -> Ask {
    visitor.ask(Method::POST, format!("/api/lab/log/{what}"))
}

async fn log_of(visitor: &Visitor) -> LogAnswer {
    visitor.get("/api/lab/log").await.assert_status(200).json()
}

/// Ten posts in the log, and none in the database.
async fn ten(visitor: &Visitor) -> Vec<Uuid> {
    let ids: Vec<Uuid> = (0..10).map(|_| id()).collect();
    for (number, id) in ids.iter().enumerate() {
        visitor.put(*id, &format!("post {number}")).fault(&away()).await.assert_queued();
    }
    ids
}

async fn drained(visitor: &Visitor) {
    eventually("the log is drained", async || (log_of(visitor).await.waiting() == 0).then_some(())).await;
}

async fn a_log_shows_its_own_author_what_waits(app: &mut TestApp) {
    let (ada, bob) = (app.visitor().await, app.visitor().await);
    let ids = ten(&ada).await;
    let log = log_of(&ada).await;
    assert_eq!(log.records.iter().map(|record| record.id.as_uuid()).collect::<Vec<_>>(), ids);
    assert!(log.records.iter().all(|record| record.state == LogState::SetAside));
    assert!(log.records.is_sorted_by_key(|record| record.position));
    assert_eq!(log.crash, None);
    assert_eq!(log_of(&bob).await, LogAnswer::default());
    app.stranger().get("/api/lab/log").await.assert_problem(401, "not-signed-in");
    on_log(&ada, "release").await.assert_status(200);
    drained(&ada).await;
    assert_eq!(log_of(&ada).await.records.len(), 10, "what was applied is kept");
}

async fn an_outage_that_is_ended_lets_go_in_order(app: &mut TestApp) {
    let ada = app.visitor().await;
    let mut ids = ten(&ada).await;
    // Written after the outage, and behind what waits.
    on_log(&ada, "release").await.assert_status(200);
    let last = id();
    ada.put(last, "after the outage").await;
    ids.push(last);
    drained(&ada).await;
    eventually("the last is stored", async || app.row(last).await).await;
    let order: Vec<Uuid> = app.database.rows().await.iter().map(|row| row.id).collect();
    assert_eq!(order, ids);
}

async fn case_74_replays_change_nothing_and_hash_the_same(app: &mut TestApp) {
    let ada = app.visitor().await;
    let ids = ten(&ada).await;
    // What waits is not replayed past its turn.
    let early: Replayed = on_log(&ada, "replay").await.assert_status(200).json();
    assert_eq!((early.records, early.applied), (0, 0));
    on_log(&ada, "release").await.assert_status(200);
    drained(&ada).await;
    let mut hashes = Vec::new();
    for _ in 0..2 {
        let replayed: Replayed = on_log(&ada, "replay").await.assert_status(200).json();
        assert_eq!((replayed.records, replayed.applied), (10, 0));
        hashes.extend([replayed.feed_hash_before, replayed.feed_hash_after]);
    }
    hashes.dedup();
    assert_eq!(hashes.len(), 1, "{hashes:?}");
    assert_ne!(hashes, [early.feed_hash_before]);
    assert_eq!(app.database.rows().await.len(), ids.len());
}

async fn case_74_a_consumer_that_crashes_applies_twice_and_changes_nothing(app: &mut TestApp) {
    let (ada, bob) = (app.visitor().await, app.visitor().await);
    let ids = ten(&ada).await;
    on_log(&ada, "crash").await.assert_status(200);
    assert!(log_of(&ada).await.crash.unwrap().armed);
    // Somebody else's records are applied once.
    let other = id();
    bob.put(other, "Bob's").fault(&away()).await.assert_queued();
    on_log(&bob, "release").await.assert_status(200);
    on_log(&ada, "release").await.assert_status(200);
    drained(&ada).await;
    drained(&bob).await;
    let crash = log_of(&ada).await.crash.unwrap();
    assert!(!crash.armed);
    assert!(crash.unsaved > 0, "{crash:?}");
    assert_eq!((crash.again, crash.changed), (crash.unsaved, 0));
    assert_eq!(log_of(&bob).await.crash, None);
    let stored: Vec<Uuid> =
        app.database.rows().await.iter().map(|row| row.id).filter(|id| *id != other).collect();
    assert_eq!(stored, ids);
}

async fn nobody_reaches_into_another_ones_log(app: &mut TestApp) {
    let (ada, bob) = (app.visitor().await, app.visitor().await);
    let id = id();
    ada.put(id, "Ada's").fault(&away()).await.assert_queued();
    let released: LogAnswer = on_log(&bob, "release").await.assert_status(200).json();
    assert_eq!(released, LogAnswer::default());
    let replayed: Replayed = on_log(&bob, "replay").await.assert_status(200).json();
    assert_eq!(replayed.records, 0);
    assert_eq!(log_of(&ada).await.waiting(), 1);
    on_log(&ada, "release").await.assert_status(200);
    drained(&ada).await;
}
