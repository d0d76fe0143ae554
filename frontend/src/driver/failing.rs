//! What the driver does when storage fails under it. Text is never lost: what cannot be kept on the disk is kept in
//! memory, and the page says so.

use app::outbox_handle::Keeping;
use leptos::prelude::Set;
use protocol::outbox::Event;
use wasm_bindgen_futures::spawn_local;

use super::{Driver, Happening, say};
use crate::storage::{Storage, StorageError};

/// How often a closed database is opened again before this page gives up on it.
const REOPENINGS: u32 = 3;

impl Driver {
    /// Tries storage again where it may have come back; else goes on in memory, with all that is known.
    pub(super) async fn fall_back(&mut self, why: StorageError) {
        if why == StorageError::Gone && self.reopened < REOPENINGS {
            self.reopened += 1;
            if let Ok(storage) = Storage::open().await {
                self.storage = storage;
                self.watch_storage();
                return;
            }
        }
        self.go_on_in_memory(&format!("The reason: {why}."));
    }

    fn go_on_in_memory(&mut self, why: &str) {
        self.storage = Storage::in_memory(self.outbox.items().into_iter().cloned());
        self.handle.keeping.set(Keeping::Memory(why.to_owned()));
    }

    /// Hears of the database being closed from outside.
    pub(super) fn watch_storage(&self) {
        if let Storage::Disk(disk) = &self.storage {
            let closed = disk.closed();
            let tell = self.tell.clone();
            spawn_local(async move {
                let newer = closed.await;
                say(&tell, Happening::StorageClosed { newer });
            });
        }
    }

    pub(super) async fn on_storage_closed(&mut self, newer: bool) {
        if newer {
            // What is stored is safe with the newer page; this one must not stand in its way.
            self.go_on_in_memory("A newer version of this page is open in another tab: reload this one.");
        } else {
            // Most likely the site's data were cleared: what this tab knows is written again.
            self.fall_back(StorageError::Gone).await;
            let rows = self.look().await;
            self.feed(Event::Loaded(rows)).await;
        }
    }
}
