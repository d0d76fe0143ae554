//! Creates that are under way. A duplicate that arrives meanwhile attaches to the first and is answered as its
//! replay, so that a thousand copies of a request cost one write.
//!
//! This table is a courtesy, never the rule: what reaches the database is decided by the primary key.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::fingerprint::Fingerprint;
use protocol::user::UserId;
use tokio::sync::watch;

use crate::error::ApiError;
use crate::store::{Target, Verdict};

/// What became of the first; `None` until it is known.
type Answer = Option<Result<Verdict, ApiError>>;

#[derive(Clone, Default)]
pub struct InFlight {
    // A std mutex: nothing is awaited while it is held.
    table: Arc<Mutex<HashMap<Target, Entry>>>,
}

struct Entry {
    author: UserId,
    fingerprint: Fingerprint,
    answer: watch::Receiver<Answer>,
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
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        match table.get(&target) {
            Some(entry) if entry.author == author && entry.fingerprint == fingerprint => {
                Entrance::Attached(Attached(entry.answer.clone()))
            }
            Some(_) => Entrance::Apart,
            None => {
                let (teller, answer) = watch::channel(None);
                table.insert(target.clone(), Entry { author, fingerprint, answer });
                Entrance::First(First { in_flight: self.clone(), target, teller })
            }
        }
    }

    /// Entries in the table; 0 when nothing is being written.
    pub fn len(&self) -> usize {
        self.table.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The place of the first. Dropped without an answer, it leaves those attached to write for themselves.
pub struct First {
    in_flight: InFlight,
    target: Target,
    teller: watch::Sender<Answer>,
}

impl First {
    /// Tells those attached what became of the write. The table holds one receiver itself; where there is no other,
    /// nobody is attached, and whoever still attaches meanwhile is told nothing and enters again.
    pub fn tell(self, answer: &Result<Verdict, ApiError>) {
        if self.teller.receiver_count() > 1 {
            self.teller.send_replace(Some(answer.clone()));
        }
    }
}

impl Drop for First {
    fn drop(&mut self) {
        self.in_flight.table.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.target);
    }
}

pub struct Attached(watch::Receiver<Answer>);

impl Attached {
    /// The first's answer, with its creation seen as a replay. `None` where the first gave up: the caller has to
    /// enter again.
    pub async fn answer(mut self) -> Answer {
        let answer = self.0.wait_for(Option::is_some).await.ok()?.clone()?;
        Some(answer.map(Verdict::as_replay))
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
