//! The outbox in memory, for a browser that keeps nothing, or not at the moment.

use std::collections::BTreeMap;

use protocol::key::PostId;
use protocol::outbox::Item;

use super::{Check, Draft, Enqueued, Saved, Stored};

#[derive(Default)]
pub(crate) struct Memory {
    items: BTreeMap<PostId, Item>,
    drafts: BTreeMap<PostId, Draft>,
}

impl Memory {
    pub(super) fn new(items: impl IntoIterator<Item = Item>, drafts: Vec<Draft>) -> Self {
        Self {
            items: items.into_iter().map(|item| (item.id, item)).collect(),
            drafts: drafts.into_iter().map(|draft| (draft.id, draft)).collect(),
        }
    }

    pub(super) fn enqueue(&mut self, id: PostId, make: impl FnOnce(u64) -> Item) -> Enqueued {
        if let Some(known) = self.items.get(&id) {
            return Enqueued::Known(Some(known.clone()));
        }
        let last = self.items.values().map(|item| item.seq).max();
        let item = make(last.map_or(1, |seq| seq + 1));
        self.items.insert(id, item.clone());
        self.drafts.remove(&id);
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

    pub(super) fn save_draft(&mut self, draft: &Draft) {
        self.drafts.insert(draft.id, draft.clone());
    }

    pub(super) fn remove_draft(&mut self, id: PostId) {
        self.drafts.remove(&id);
    }

    /// The one written to last comes first.
    pub(crate) fn drafts(&self) -> Vec<Draft> {
        let mut drafts: Vec<Draft> = self.drafts.values().cloned().collect();
        drafts.sort_by_key(|draft| std::cmp::Reverse(draft.saved_at));
        drafts
    }

    /// What is not answered yet.
    pub(crate) fn unsent(&self) -> Vec<Item> {
        self.items.values().filter(|item| !item.is_receipt()).cloned().collect()
    }
}
