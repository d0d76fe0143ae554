//! Writers that go on through an outage, and what they were told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use uuid::Uuid;

use crate::helpers::{TestApp, Visitor, eventually, id};

pub(super) const WRITERS: usize = 32;

/// How many answers of a kind tell that it is the usual one.
const ENOUGH: usize = 100;

/// What a writer takes its time for after each post that was queued: several long outages share two cores.
const PACE: Duration = Duration::from_millis(100);

/// Writers that go on until they are told to stop, and what they were told.
pub(super) struct Crowd {
    pub(super) counts: Arc<Counts>,
    tasks: Vec<tokio::task::JoinHandle<(Visitor, Vec<Uuid>)>>,
}

#[derive(Default)]
pub(super) struct Counts {
    stop: AtomicBool,
    stored: AtomicUsize,
    queued: AtomicUsize,
    pub(super) refused: AtomicUsize,
}

impl Crowd {
    pub(super) async fn start(app: &TestApp) -> Self {
        let counts = Arc::<Counts>::default();
        let authors = join_all((0..WRITERS).map(|_| app.visitor())).await;
        let tasks =
            authors.into_iter().map(|author| tokio::spawn(write(author, Arc::clone(&counts)))).collect();
        Self { counts, tasks }
    }

    /// Returns once `ENOUGH` more answers of a kind have come.
    pub(super) async fn sees(&self, what: &str, count: impl Fn(&Counts) -> &AtomicUsize) {
        let before = count(&self.counts).load(Ordering::Relaxed);
        eventually(what, async || {
            (count(&self.counts).load(Ordering::Relaxed) >= before + ENOUGH).then_some(())
        })
        .await;
    }

    pub(super) async fn is_stored(&self) {
        self.sees("posts that are stored", |counts| &counts.stored).await;
    }

    pub(super) async fn is_queued(&self) {
        self.sees("posts that are queued", |counts| &counts.queued).await;
    }

    /// Stops the writers, waits for the log, and holds the rows against the answers.
    pub(super) async fn leaves_every_post_once(self, app: &TestApp) {
        self.counts.stop.store(true, Ordering::Relaxed);
        let sent: Vec<(Visitor, Vec<Uuid>)> =
            join_all(self.tasks).await.into_iter().map(Result::unwrap).collect();
        let Counts { stored, queued, refused, .. } = &*self.counts;
        eprintln!("{WRITERS} writers: {stored:?} stored, {queued:?} queued, {refused:?} refused");
        app.drained().await;
        let rows = app.database.rows().await;
        let distinct: BTreeSet<Uuid> = rows.iter().map(|row| row.id).collect();
        assert_eq!(distinct.len(), rows.len(), "an id has two rows");
        for (author, answered) in sent {
            let stored: Vec<Uuid> =
                rows.iter().filter(|row| row.user_id == author.user_id).map(|row| row.id).collect();
            // Beside them stands at the most what was never answered.
            let promised: Vec<Uuid> = stored.iter().copied().filter(|id| answered.contains(id)).collect();
            assert_eq!(promised, answered, "{} of {} are there", promised.len(), answered.len());
        }
    }
}

/// Writes one post after the other, each until there is an answer that promises something; returns those in order.
async fn write(author: Visitor, counts: Arc<Counts>) -> (Visitor, Vec<Uuid>) {
    let mut answered = Vec::new();
    while !counts.stop.load(Ordering::Relaxed) {
        let id = id();
        let content = format!("post {id}");
        for attempt in 1.. {
            let status =
                author.put(id, &content).attempt(attempt).attempt_once().await.map(|answer| answer.status);
            match status {
                Ok(200 | 201) => counts.stored.fetch_add(1, Ordering::Relaxed),
                Ok(202) => {
                    tokio::time::sleep(PACE).await;
                    counts.queued.fetch_add(1, Ordering::Relaxed)
                }
                Ok(503) | Err(_) => {
                    counts.refused.fetch_add(1, Ordering::Relaxed);
                    if counts.stop.load(Ordering::Relaxed) {
                        return (author, answered);
                    }
                    // The server says when to ask again; these are less patient.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
                Ok(other) => panic!("{other}"),
            };
            answered.push(id);
            break;
        }
    }
    (author, answered)
}
