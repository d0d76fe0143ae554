//! The outbox in memory, for a browser that keeps nothing.

use std::collections::BTreeMap;

use protocol::key::PostId;
use protocol::outbox::Item;

use super::{Check, Enqueued, Saved, Stored};

#[derive(Default)]
pub(crate) struct Memory {
    items: BTreeMap<PostId, Item>,
}

impl Memory {
    pub(super) fn new(items: impl IntoIterator<Item = Item>) -> Self {
        Self { items: items.into_iter().map(|item| (item.id, item)).collect() }
    }

    pub(super) fn enqueue(&mut self, id: PostId, make: impl FnOnce(u64) -> Item) -> Enqueued {
        if self.items.contains_key(&id) {
            return Enqueued::Known;
        }
        let last = self.items.values().map(|item| item.seq).max();
        let item = make(last.map_or(1, |seq| seq + 1));
        self.items.insert(id, item.clone());
        Enqueued::Added(item)
    }

    pub(super) fn save(&mut self, item: &Item, may: Check) -> Saved {
        let stored = self.items.get(&item.id);
        if !may(stored, item) {
            return Saved::Conflict(stored.cloned());
        }
        self.items.insert(item.id, item.clone());
        Saved::Done
    }

    pub(super) fn load(&self) -> Stored {
        Stored { items: self.items.values().cloned().collect(), unreadable: Vec::new() }
    }

    pub(super) fn remove(&mut self, rows: &[(PostId, u64)]) {
        self.items.retain(|id, item| !rows.contains(&(*id, item.revision)));
    }
}
