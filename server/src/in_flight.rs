//! Creates that are under way. A duplicate that arrives meanwhile attaches to the first and is answered as its
//! replay, so that a thousand copies of a request cost one write.
//!
//! This table is a courtesy, never the rule: what reaches the database is decided by the primary key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::fingerprint::Fingerprint;
use protocol::user::UserId;
use tokio::sync::oneshot;

use crate::error::ApiError;
use crate::store::{Target, Verdict};

type Answer = Result<Verdict, ApiError>;

#[derive(Clone, Default)]
pub struct InFlight {
    // A std mutex: nothing is awaited while it is held.
    table: Arc<Mutex<HashMap<Target, Entry>>>,
}

struct Entry {
    author: UserId,
    fingerprint: Fingerprint,
    /// Those attached, of whom there mostly are none.
    attached: Vec<oneshot::Sender<Answer>>,
}

/// How a create enters the table.
pub enum Entrance {
    /// Nobody writes under this id or key: the caller does, and tells the others through the guard.
    First(First),
    /// The same author writes the same post at this moment.
    Attached(Attached),
    /// Someone else, or the same author with other content, uses it: the store decides, and at once.
    Apart,
}

impl InFlight {
    pub fn enter(&self, target: Target, author: UserId, fingerprint: Fingerprint) -> Entrance {
        let mut table = self.table();
        match table.get_mut(&target) {
            Some(entry) if entry.author == author && entry.fingerprint == fingerprint => {
                let (teller, answer) = oneshot::channel();
                // Before it grows, those make room who have hung up.
                if entry.attached.len() == entry.attached.capacity() {
                    entry.attached.retain(|teller| !teller.is_closed());
                }
                entry.attached.push(teller);
                Entrance::Attached(Attached(answer))
            }
            Some(_) => Entrance::Apart,
            None => {
                table.insert(target.clone(), Entry { author, fingerprint, attached: Vec::new() });
                Entrance::First(First { in_flight: self.clone(), target })
            }
        }
    }

    /// Entries in the table; 0 when nothing is being written.
    pub fn len(&self) -> usize {
        self.table().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn table(&self) -> MutexGuard<'_, HashMap<Target, Entry>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of the first. Dropped without an answer, it leaves those attached to write for themselves.
pub struct First {
    in_flight: InFlight,
    target: Target,
}

impl First {
    /// Tells those attached what became of the write. Whoever still attaches meanwhile is told nothing and enters again.
    pub fn tell(self, answer: &Answer) {
        let mut table = self.in_flight.table();
        let attached = table.get_mut(&self.target).map(|entry| std::mem::take(&mut entry.attached));
        drop(table);
        for teller in attached.unwrap_or_default() {
            // Whoever asked may have gone.
            let _ = teller.send(answer.clone());
        }
    }
}

impl Drop for First {
    fn drop(&mut self) {
        self.in_flight.table().remove(&self.target);
    }
}

pub struct Attached(oneshot::Receiver<Answer>);

impl Attached {
    /// The first's answer, with its creation seen as a replay. `None` where the first gave up: the caller has to
    /// enter again.
    pub async fn answer(self) -> Option<Answer> {
        Some(self.0.await.ok()?.map(Verdict::as_replay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::key::PostId;
    use protocol::post::NewPost;
    use uuid::Uuid;

    fn fingerprint(content: &str) -> Fingerprint {
        Fingerprint::of_create(&NewPost::check(content.to_owned(), None, None).unwrap())
    }

    fn target() -> Target {
        Target::Post(PostId::mint(1, [1; 10]))
    }

    #[tokio::test]
    async fn duplicates_attach_and_others_stay_apart() {
        let table = InFlight::default();
        let (me, you) = (UserId(Uuid::from_u128(1)), UserId(Uuid::from_u128(2)));
        let Entrance::First(first) = table.enter(target(), me, fingerprint("a")) else { panic!("not first") };
        assert!(matches!(table.enter(target(), you, fingerprint("a")), Entrance::Apart));
        assert!(matches!(table.enter(target(), me, fingerprint("b")), Entrance::Apart));
        let Entrance::Attached(told) = table.enter(target(), me, fingerprint("a")) else {
            panic!("not attached")
        };
        first.tell(&Ok(Verdict::Gone));
        assert_eq!(told.answer().await, Some(Ok(Verdict::Gone)));
        assert!(table.is_empty());
    }

    #[tokio::test]
    async fn who_hung_up_takes_no_room_from_who_asks_again() {
        let table = InFlight::default();
        let me = UserId(Uuid::from_u128(1));
        let Entrance::First(first) = table.enter(target(), me, fingerprint("a")) else { panic!("not first") };
        for _ in 0..1_000 {
            drop(table.enter(target(), me, fingerprint("a")));
        }
        assert!(table.table().values().all(|entry| entry.attached.len() < 10));
        drop(first);
    }

    #[tokio::test]
    async fn case_19_whoever_is_attached_to_a_first_that_gave_up_has_to_write() {
        let table = InFlight::default();
        let me = UserId(Uuid::from_u128(1));
        let Entrance::First(first) = table.enter(target(), me, fingerprint("a")) else { panic!("not first") };
        let Entrance::Attached(left) = table.enter(target(), me, fingerprint("a")) else {
            panic!("not attached")
        };
        drop(first);
        assert_eq!(left.answer().await, None);
        assert!(matches!(table.enter(target(), me, fingerprint("a")), Entrance::First(_)));
    }
}
