//! The broker is killed, and what it acknowledges is lost on the way.

use std::sync::atomic::Ordering;

use tempfile::TempDir;

use super::crowd::{Counts, Crowd, WRITERS};
use super::proxy::Proxy;
use super::stage::Stage;
use crate::helpers::{Database, Engine, LogKind, Setup, TestApp, Warden, eventually, id, topic_on};

/// While the database is there nobody misses the broker; while it is not, nothing is claimed that is not so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_broker_the_database_goes_on_and_without_both_nothing_is_claimed() {
    let stage = Stage::set(Engine::Postgres, LogKind::Kafka, "both", true).await;
    let crowd = Crowd::start(&stage.app).await;
    crowd.is_stored().await;
    stage.broker("kill");
    crowd.is_stored().await;
    stage.database("kill");
    let refused = |counts: &Counts| counts.refused.load(Ordering::Relaxed);
    let before = refused(&crowd.counts);
    eventually("refusals", async || (refused(&crowd.counts) > before + WRITERS).then_some(())).await;
    let (ada, id) = (stage.app.visitor().await, id());
    let problem = ada.put(id, "hello").await.assert_problem(503, "store-unavailable");
    assert!(problem.same_key_safe && problem.retry_after_ms.is_some());
    ada.get("/readyz").await.assert_status(503);
    stage.broker("start");
    crowd.is_queued().await;
    stage.database("start");
    crowd.is_stored().await;
    crowd.leaves_every_post_once(&stage.app).await;
    stage.app.finish().await;
}

/// How many cut connections make a story.
const CUTS: usize = 10;

/// Every second acknowledgement is lost: the broker has the record, the server does not know, sends it again, and may
/// write it twice. The feed shows it once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledgements_of_which_every_second_is_lost_leave_every_post_once() {
    let proxy = Proxy::bind();
    let broker = Warden::start_as("broker", "acknowledgements", &[("ADVERTISED_PORT", &proxy.port())]);
    let proxy = proxy.in_front_of(&broker.address);
    let folder: TempDir = tempfile::tempdir().unwrap();
    let database = Database::create(Engine::Postgres, folder.path()).await;
    let setup = Setup::default().on_log(LogKind::Kafka);
    let app = TestApp::start_on(database, topic_on(proxy.address()), folder, setup).await;
    let crowd = Crowd::start(&app).await;
    crowd.is_stored().await;
    app.database.set_away(true).await;
    eventually("lost acknowledgements", async || (proxy.cuts() >= CUTS).then_some(())).await;
    app.database.set_away(false).await;
    crowd.is_stored().await;
    crowd.leaves_every_post_once(&app).await;
    eprintln!("{} of {} acknowledgements were lost", proxy.cuts(), proxy.acknowledgements());
    app.finish().await;
}
