//! How far somebody got in the tour. Where the storage forgets or is forbidden, only the ticks are lost.

use std::collections::BTreeSet;

use app::tour_handle::TourHandle;

use crate::browser;

const KEY: &str = "tour.done";

pub(crate) fn handle() -> TourHandle {
    let text =
        browser::local_storage().and_then(|storage| storage.get_item(KEY).ok().flatten()).unwrap_or_default();
    let done = text.split(',').filter_map(|number| number.parse().ok()).collect();
    TourHandle::new(done, keep)
}

fn keep(done: &BTreeSet<u8>) {
    let numbers: Vec<String> = done.iter().map(ToString::to_string).collect();
    if let Some(storage) = browser::local_storage() {
        // A full or forbidden storage keeps nothing.
        let _ = storage.set_item(KEY, &numbers.join(","));
    }
}
