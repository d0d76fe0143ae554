//! What the tour may ask of the browser's hands: to remember how far one got.
//!
//! The `frontend` crate fills this before hydration. Elsewhere nothing is remembered.

use std::collections::BTreeSet;
use std::sync::Arc;

use leptos::prelude::*;

/// Puts the numbers of the finished steps where they are remembered.
type Keep = dyn Fn(&BTreeSet<u8>) + Send + Sync;

/// The seam between the tour and the browser's storage.
#[derive(Clone, Copy)]
pub struct TourHandle {
    /// The numbers of the steps that were done in this browser.
    pub done: RwSignal<BTreeSet<u8>>,
    keep: StoredValue<Arc<Keep>>,
}

impl TourHandle {
    /// A handle that starts with what is remembered and hands what is to be remembered to `keep`.
    pub fn new(done: BTreeSet<u8>, keep: impl Fn(&BTreeSet<u8>) + Send + Sync + 'static) -> Self {
        Self { done: RwSignal::new(done), keep: StoredValue::new(Arc::new(keep)) }
    }

    /// The handle of this page, or one that forgets.
    pub fn of_page() -> Self {
        use_context().unwrap_or_else(|| Self::new(BTreeSet::new(), |_| ()))
    }

    /// Step `number` is done.
    pub fn finish(&self, number: u8) {
        self.done.update(|done| {
            done.insert(number);
        });
        self.done.with_untracked(|done| self.keep.with_value(|keep| keep(done)));
    }
}
