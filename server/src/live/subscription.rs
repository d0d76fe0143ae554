//! One follower of a room.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::Stream;
use protocol::post::Room;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::{BROADCAST, LiveEvent, PAGE, PAUSE, RoomState, Shared};

pub(super) struct Subscription {
    phase: Phase,
    /// The last change that was passed on, or from which on the follower wants to know.
    cursor: i64,
    /// Read from the database and not passed on yet.
    page: VecDeque<Arc<LiveEvent>>,
    // Dropped before the membership, which counts the receivers that are left.
    events: broadcast::Receiver<Arc<LiveEvent>>,
    membership: Membership,
}

enum Phase {
    Start { after: Option<i64> },
    CatchUp,
    Live,
}

impl Subscription {
    /// Takes part in the broadcast before anything is read, so that nothing falls in between.
    pub(super) fn new(shared: Arc<Shared>, room: Room, after: Option<i64>) -> Self {
        let events = shared
            .rooms()
            .entry(room.clone())
            .or_insert_with(|| RoomState { events: broadcast::channel(BROADCAST).0, broadcast_to: None })
            .events
            .subscribe();
        let membership = Membership { shared, room };
        Self { phase: Phase::Start { after }, cursor: 0, page: VecDeque::new(), events, membership }
    }

    /// Finds out where to begin, so that a follower who posts at once sees the post. Where the database does not
    /// answer, the stream tries again.
    pub(super) async fn begin(mut self) -> Self {
        if let Phase::Start { after } = self.phase {
            let reset = self.start(after).await;
            self.page.extend(reset);
        }
        self
    }

    pub(super) fn into_stream(self) -> impl Stream<Item = Arc<LiveEvent>> + Send + use<> {
        futures::stream::unfold(self, |mut subscription| async move {
            Some((subscription.next().await, subscription))
        })
    }

    async fn next(&mut self) -> Arc<LiveEvent> {
        loop {
            match self.phase {
                Phase::Start { after } => {
                    if let Some(reset) = self.start(after).await {
                        return reset;
                    }
                }
                Phase::CatchUp => {
                    if let Some(event) = self.page.pop_front() {
                        self.cursor = event.change;
                        return event;
                    }
                    self.read_page().await;
                }
                Phase::Live => match self.events.recv().await {
                    Ok(event) if event.change > self.cursor => {
                        self.cursor = event.change;
                        return event;
                    }
                    // Caught up from the database before it was broadcast.
                    Ok(_) => {}
                    Err(RecvError::Lagged(_) | RecvError::Closed) => self.phase = Phase::CatchUp,
                },
            }
        }
    }

    /// Finds out where to begin; gives a reset where the cursor was never given out.
    async fn start(&mut self, after: Option<i64>) -> Option<Arc<LiveEvent>> {
        let (shared, room) = (&self.membership.shared, &self.membership.room);
        let Ok(now) = shared.store.latest_change().await else {
            tokio::time::sleep(PAUSE).await;
            return None;
        };
        // The first follower says from where on the room is broadcast. A notice that came before this line was
        // passed over, and its change is in the catch-up that follows.
        if let Some(state) = shared.rooms().get_mut(room) {
            state.broadcast_to.get_or_insert(now);
        }
        self.phase = Phase::CatchUp;
        match after {
            None => self.cursor = now,
            Some(after) if (0..=now).contains(&after) => self.cursor = after,
            Some(_) => {
                self.cursor = now;
                return Some(Arc::new(LiveEvent::reset(room.clone(), now)));
            }
        }
        None
    }

    /// Reads the next page; an empty one means that the broadcast takes over.
    async fn read_page(&mut self) {
        let (shared, room) = (&self.membership.shared, &self.membership.room);
        match shared.store.changes(room, self.cursor, PAGE).await {
            Ok(page) if page.is_empty() => self.phase = Phase::Live,
            Ok(page) => self.page = page.iter().filter_map(LiveEvent::of).map(Arc::new).collect(),
            Err(error) => {
                tracing::debug!(%error, %room, "a follower could not catch up");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Being one of a room's followers. The last to leave takes the room out of the hub.
struct Membership {
    shared: Arc<Shared>,
    room: Room,
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut rooms = self.shared.rooms();
        if rooms.get(&self.room).is_some_and(|state| state.events.receiver_count() == 0) {
            rooms.remove(&self.room);
        }
    }
}
