//! Remembers in memory, for a while, which keys it has seen.
//!
//! It looks right because retries mostly come within seconds, and because a cache is fast and cleans up after itself.
//! It breaks when the retry comes later than the memory lasts (a phone that was in a tunnel, a closed laptop), goes
//! to another server, or comes after a restart: the row is still there, and nothing knows that it answers this key.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use protocol::wire::NaivePost;

use super::arrival::{Arrival, Kept};
use crate::error::ApiError;

/// It stands for a cache of thirty seconds: the visitor should not have to wait so long to see it fail.
const REMEMBERED: Duration = Duration::from_secs(3);

/// Keys remembered at once; beyond it all are forgotten, which is one more way for a cache to fail.
const KEYS_MAX: usize = 10_000;

pub(super) async fn post(arrival: &Arrival) -> Result<Kept, ApiError> {
    let (cache, key) = (&arrival.services.museum_cache, arrival.key()?);
    let key = (arrival.room().to_string(), key.to_owned());
    if let Some(post) = cache.find(&key, Instant::now()) {
        return Ok(Kept { post, recognised: true });
    }
    let id = arrival.ask(|store, fault| async move { store.insert(&arrival.row(None), fault).await }).await?;
    let kept = arrival.stored(id);
    cache.remember(key, kept.post.clone(), Instant::now());
    Ok(kept)
}

/// A key within the room of its experiment.
type Key = (String, String);

/// What one server's memory holds.
#[derive(Default)]
pub struct Cache {
    // A std mutex: nothing is awaited while it is held.
    posts: Mutex<HashMap<Key, (NaivePost, Instant)>>,
}

impl Cache {
    /// The post of a key that is still remembered. Asking does not make the memory last longer.
    fn find(&self, key: &Key, now: Instant) -> Option<NaivePost> {
        let posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        let (post, since) = posts.get(key)?;
        (now.saturating_duration_since(*since) < REMEMBERED).then(|| post.clone())
    }

    fn remember(&self, key: Key, post: NaivePost, now: Instant) {
        let mut posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        if posts.len() >= KEYS_MAX {
            posts.retain(|_, (_, since)| now.saturating_duration_since(*since) < REMEMBERED);
            if posts.len() > KEYS_MAX / 2 {
                posts.clear();
            }
        }
        posts.insert(key, (post, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::post::Room;
    use protocol::time::Timestamp;

    fn post(id: i64) -> NaivePost {
        let (room, create_timestamp) = (Room::lobby(), Timestamp::from_unix_ms(1));
        NaivePost { id, content: "a".to_owned(), room, create_timestamp }
    }

    #[test]
    fn a_key_is_forgotten_after_a_while_however_often_it_is_asked_about() {
        let (cache, start) = (Cache::default(), Instant::now());
        let key = ("lobby".to_owned(), "key".to_owned());
        assert_eq!(cache.find(&key, start), None);
        cache.remember(key.clone(), post(1), start);
        for ms in [0, 1_500, 2_999] {
            assert_eq!(cache.find(&key, start + Duration::from_millis(ms)), Some(post(1)));
        }
        assert_eq!(cache.find(&key, start + REMEMBERED), None);
    }

    #[test]
    fn many_keys_cost_bounded_memory() {
        let (cache, start) = (Cache::default(), Instant::now());
        for number in 0..KEYS_MAX as i64 + 10 {
            cache.remember(("lobby".to_owned(), number.to_string()), post(number), start);
        }
        assert!(cache.posts.lock().unwrap().len() <= KEYS_MAX);
    }
}
