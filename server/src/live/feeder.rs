//! The task that turns notices into events, once for all followers.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use protocol::post::Room;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::{LiveEvent, PAGE, PAUSE, Shared};
use crate::store::{ChangeNotice, StoreError};

/// How long a room that is followed goes without a look at the database. A notice can be lost: with the answer
/// of a COMMIT, or in a connection that died without a word.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

pub(super) async fn run(shared: Weak<Shared>, mut notices: broadcast::Receiver<ChangeNotice>) {
    let mut due = BTreeSet::<Room>::new();
    loop {
        let first = match timeout(LOOK_AGAIN, notices.recv()).await {
            Ok(Ok(notice)) => notice,
            Err(_) | Ok(Err(RecvError::Lagged(_))) => ChangeNotice::Missed,
            Ok(Err(RecvError::Closed)) => return,
        };
        let Some(shared) = shared.upgrade() else { return };
        mark(&shared, &mut due, first);
        while !due.is_empty() {
            while let Ok(notice) = notices.try_recv() {
                mark(&shared, &mut due, notice);
            }
            let mut failed = false;
            for room in std::mem::take(&mut due) {
                if let Err(error) = shared.broadcast(&room).await {
                    tracing::debug!(%error, %room, "changes could not be read");
                    failed |= due.insert(room);
                }
            }
            if failed {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Marks the rooms that have to be looked at.
fn mark(shared: &Shared, due: &mut BTreeSet<Room>, notice: ChangeNotice) {
    match notice {
        ChangeNotice::Touched { room, to, .. } => {
            if shared.broadcast_to(&room).is_some_and(|reached| reached < to) {
                due.insert(room);
            }
        }
        ChangeNotice::Missed => due.extend(shared.rooms().keys().cloned()),
    }
}

impl Shared {
    /// How far a room has been broadcast; None where nobody follows it.
    fn broadcast_to(&self, room: &Room) -> Option<i64> {
        self.rooms().get(room).and_then(|state| state.broadcast_to)
    }

    /// Broadcasts what happened in a room since the last time.
    async fn broadcast(self: &Arc<Self>, room: &Room) -> Result<(), StoreError> {
        while let Some(reached) = self.broadcast_to(room) {
            let page = self.store.changes(room, reached, PAGE).await?;
            let last_page = page.len() < PAGE as usize;
            let mut rooms = self.rooms();
            // Everybody may have left meanwhile, or left and come back to a room that starts later.
            let Some(state) = rooms.get_mut(room) else { return Ok(()) };
            for event in page.iter().filter_map(LiveEvent::of) {
                if state.broadcast_to.is_some_and(|reached| reached < event.change) {
                    state.broadcast_to = Some(event.change);
                    // A room whose last follower is just leaving has no receiver.
                    let _ = state.events.send(Arc::new(event));
                }
            }
            if last_page {
                return Ok(());
            }
        }
        Ok(())
    }
}
