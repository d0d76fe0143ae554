//! Live updates: every change of a room, once and in order, to everyone who follows it.
//!
//! One task per process listens to the store's notices and reads each change once, however many follow.
//! A subscriber first catches up from the database and then takes what is broadcast; both count by the change
//! sequence, so the seam shows neither gap nor repetition. One that is too slow for the broadcast catches up
//! from the database again and is never dropped.
//!
//! | module | what is there |
//! |---|---|
//! | `feeder` | the task that turns notices into events |
//! | `subscription` | one follower's stream |

mod feeder;
mod subscription;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::Stream;
use protocol::post::Room;
use tokio::sync::broadcast;

use crate::store::{Change, Changed, Store};

use subscription::Subscription;

/// How many events a subscriber may be behind before it has to catch up from the database.
const BROADCAST: usize = 256;

/// Changes read at a time.
const PAGE: u32 = 200;

/// The pause before a read that failed is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// What a follower of a room is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveEvent {
    /// The cursor to resume from: this event has been seen.
    pub change: i64,
    pub room: Room,
    pub kind: LiveKind,
    /// JSON, made once for all followers: the post, or `{"id"}` of a deleted one, or `{}`.
    pub data: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveKind {
    /// A post was stored or edited.
    Post,
    Deleted,
    /// The cursor could not be used: what came before is unknown, and the stream starts from now.
    Reset,
}

impl LiveKind {
    /// The event's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Deleted => "deleted",
            Self::Reset => "reset",
        }
    }
}

impl LiveEvent {
    /// None where the post cannot be spelled as JSON, which no stored post is known to do.
    fn of(change: &Change) -> Option<Self> {
        let (kind, data) = match &change.what {
            Changed::Post(post) => (LiveKind::Post, serde_json::to_string(post)),
            Changed::Deleted(id) => (LiveKind::Deleted, Ok(format!("{{\"id\":\"{id}\"}}"))),
        };
        let data = data.inspect_err(|error| tracing::error!(%error, "a change has no JSON")).ok()?;
        Some(Self { change: change.change, room: change.room.clone(), kind, data })
    }

    fn reset(room: Room, change: i64) -> Self {
        Self { change, room, kind: LiveKind::Reset, data: "{}".to_owned() }
    }
}

/// A handle on the live updates, cheap to clone.
#[derive(Clone)]
pub struct Hub {
    shared: Arc<Shared>,
}

struct Shared {
    store: Arc<dyn Store>,
    // A std mutex: nothing is awaited while it is held.
    rooms: Mutex<HashMap<Room, RoomState>>,
}

/// A room that somebody follows.
struct RoomState {
    events: broadcast::Sender<Arc<LiveEvent>>,
    /// Everything up to here has been broadcast, or was there before anybody followed. `None` until the feeder
    /// has asked the database where the room stands.
    broadcast_to: Option<i64>,
}

impl Hub {
    /// Starts the hub's task on the current Tokio runtime. It ends with the process.
    pub fn start(store: Arc<dyn Store>) -> Self {
        let notices = store.notices();
        let shared = Arc::new(Shared { store, rooms: Mutex::default() });
        tokio::spawn(feeder::run(Arc::downgrade(&shared), notices));
        Self { shared }
    }

    /// Follows `room` from the change after `after`, or from now on. A cursor that was never given out (a
    /// negative one, or one from the future) starts from now with a [`LiveKind::Reset`].
    ///
    /// "Now" is when this is awaited: whoever is told that the stream is open misses nothing that is posted after.
    /// The stream has no end. While the database is away it is silent, and goes on where it was.
    pub fn subscribe(
        &self,
        room: Room,
        after: Option<i64>,
    ) -> impl Future<Output = impl Stream<Item = Arc<LiveEvent>> + Send + use<>> + Send + use<> {
        let subscription = Subscription::new(Arc::clone(&self.shared), room, after);
        async { subscription.begin().await.into_stream() }
    }

    /// Rooms that somebody follows at this moment.
    pub fn rooms(&self) -> usize {
        self.shared.rooms().len()
    }
}

impl Shared {
    fn rooms(&self) -> std::sync::MutexGuard<'_, HashMap<Room, RoomState>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
