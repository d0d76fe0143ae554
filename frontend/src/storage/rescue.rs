//! The second place for unsent texts: `localStorage`, while IndexedDB does not work.
//!
//! It is written at once and as a whole, and holds little; so it keeps only what would be lost with the page, under a
//! name of each page's own, and is emptied as soon as IndexedDB has the texts.

use protocol::outbox::{Item, SessionId};
use serde::{Deserialize, Serialize};

use super::Draft;
use crate::browser::local_storage;

const PREFIX: &str = "postonce-unsent-";

/// What would be lost with a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unsent {
    pub(crate) items: Vec<Item>,
    pub(crate) drafts: Vec<Draft>,
}

impl Unsent {
    pub(crate) const fn is_empty(&self) -> bool {
        self.items.is_empty() && self.drafts.is_empty()
    }
}

/// This page's place.
pub(crate) struct Rescue {
    key: String,
    kept: Unsent,
}

impl Rescue {
    pub(crate) fn new(session: SessionId) -> Self {
        Self { key: format!("{PREFIX}{}", session.0), kept: Unsent::default() }
    }

    /// Keeps what would be lost; false where this browser refuses that, too.
    pub(crate) fn keep(&mut self, unsent: Unsent) -> bool {
        if unsent == self.kept {
            return true;
        }
        let Some(storage) = local_storage() else { return unsent.is_empty() };
        let kept = if unsent.is_empty() {
            storage.remove_item(&self.key).is_ok()
        } else {
            serde_json::to_string(&unsent).is_ok_and(|text| storage.set_item(&self.key, &text).is_ok())
        };
        if kept {
            self.kept = unsent;
        }
        kept
    }

    /// What earlier pages left, and the names it stands under: to be given to [`Rescue::forget`] once it is kept
    /// elsewhere.
    pub(crate) fn left_behind(&self) -> (Unsent, Vec<String>) {
        let mut all = Unsent::default();
        let mut keys = Vec::new();
        let Some(storage) = local_storage() else { return (all, keys) };
        let count = storage.length().unwrap_or(0);
        let names = (0..count).filter_map(|place| storage.key(place).ok().flatten());
        for name in names.filter(|name| name.starts_with(PREFIX) && *name != self.key) {
            let text = storage.get_item(&name).ok().flatten().unwrap_or_default();
            // What cannot be read stays for a version that can.
            if let Ok(unsent) = serde_json::from_str::<Unsent>(&text) {
                all.items.extend(unsent.items);
                all.drafts.extend(unsent.drafts);
                keys.push(name);
            }
        }
        (all, keys)
    }

    pub(crate) fn forget(keys: &[String]) {
        if let Some(storage) = local_storage() {
            for key in keys {
                // What stays is found again, and is the same posts.
                let _ = storage.remove_item(key);
            }
        }
    }
}
