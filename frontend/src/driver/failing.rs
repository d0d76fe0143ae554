//! What the driver does when storage fails under it. Text is never lost: what cannot be kept on the disk is kept in
//! memory and in a second place, the page says so, and storage is tried again until it works.

use app::outbox_handle::Keeping;
use leptos::prelude::Set;
use protocol::backoff::Backoff;
use protocol::outbox::{Event, Item};
use protocol::post::Room;
use wasm_bindgen_futures::spawn_local;

use super::{Driver, Happening, say};
use crate::clock;
use crate::storage::{Draft, Rescue, Saved, Storage, StorageError, Unsent};

/// How soon storage is tried again.
const RETURN: Backoff = Backoff { base_ms: 2_000, cap_ms: 30_000, floor_ms: 500 };

impl Driver {
    /// Goes on in memory with all that is known; a database that was merely closed is first opened again.
    pub(super) async fn fall_back(&mut self, why: StorageError) {
        if why == StorageError::Gone
            && self.reopenings.take(clock::monotonic_ms())
            && let Ok(storage) = Storage::open().await
        {
            self.storage = storage;
            self.watch_storage();
            return;
        }
        self.go_on_in_memory(&format!("The reason: {why}."), true);
    }

    /// `returns`: whether storage is tried again by itself.
    fn go_on_in_memory(&mut self, why: &str, returns: bool) {
        let drafts = self.desk.as_ref().and_then(|desk| desk.draft()).into_iter().collect();
        if let Storage::Disk(disk) = &self.storage {
            disk.close();
        }
        self.storage = Storage::in_memory(self.outbox.items().into_iter().cloned(), drafts);
        self.handle.keeping.set(Keeping::Memory(why.to_owned()));
        if returns {
            self.try_to_return_later();
        }
    }

    pub(super) fn try_to_return_later(&mut self) {
        let wait = RETURN.delay(self.returns_failed, clock::random());
        self.returns_failed = self.returns_failed.saturating_add(1);
        self.return_at = Some(clock::monotonic_ms() + wait);
    }

    /// Opens storage beside the loop, since opening may hang.
    pub(super) fn try_to_return(&mut self) {
        self.return_at = None;
        let (tell, opened) = (self.tell.clone(), self.opened.clone());
        spawn_local(async move {
            if let Ok(storage) = Storage::open().await {
                opened.replace(Some(storage));
            }
            say(&tell, Happening::StorageTried);
        });
    }

    /// Takes rows and drafts along to storage that works again.
    pub(super) async fn on_storage_tried(&mut self) {
        let opened = self.opened.borrow_mut().take();
        let Some(memory) = self.storage.memory() else { return };
        let drafts = memory.drafts();
        let rows = match &opened {
            Some(storage) => storage.load().await,
            None => Err(StorageError::Gone),
        };
        let (Some(storage), Ok(stored)) = (opened, rows) else { return self.try_to_return_later() };
        self.storage = storage;
        self.watch_storage();
        self.unreadable = stored.unreadable;
        self.handle.keeping.set(Keeping::Durable);
        for draft in drafts {
            self.keep_draft(&draft).await;
        }
        let rows = self.take_in_what_was_left(stored.items).await;
        // Without shared storage this tab took the lead by itself, and gives it up.
        self.lock = None;
        self.feed(Event::StorageBack(rows)).await;
        if self.storage.is_durable() {
            self.returns_failed = 0;
        }
        self.list_drafts().await;
    }

    /// A text whose id stands for another one is its author's to post.
    async fn keep_as_draft(&mut self, item: Item) {
        let Some(id) = clock::mint() else { return };
        let room = Room::parse(item.room()).unwrap_or_else(|_| Room::lobby());
        let (content, saved_at) = (item.body.content, item.created_at);
        self.keep_draft(&Draft { id, content, room, lease_until: 0, saved_at }).await;
    }

    async fn keep_draft(&mut self, draft: &Draft) {
        // Whoever writes it saves it again.
        let _ = self.storage.save_draft(draft).await;
    }

    /// Puts what pages without storage left in the second place where it belongs, and returns all rows.
    pub(super) async fn take_in_what_was_left(&mut self, mut rows: Vec<Item>) -> Vec<Item> {
        let (left, keys) = self.rescue.left_behind();
        if keys.is_empty() {
            return rows;
        }
        for mut item in left.items {
            if let Some(row) = rows.iter_mut().find(|row| row.id == item.id) {
                if row.body != item.body {
                    self.keep_as_draft(item).await;
                } else if item.attempts > row.attempts && !row.is_receipt() {
                    // Its page has sent it, without being able to say so here.
                    let told = Item {
                        attempts: item.attempts,
                        uncertain: true,
                        revision: row.revision + 1,
                        ..row.clone()
                    };
                    match self.storage.save(&told).await {
                        Ok(Saved::Done) => *row = told,
                        // Another tab is at it, and will find out by asking under the same id.
                        Ok(Saved::Conflict(_)) => {}
                        Err(_) => return rows,
                    }
                }
                continue;
            }
            // Its page may have sent it since it was written down.
            item.uncertain |= item.attempts > 0;
            if self.storage.restore(&item).await.is_err() {
                return rows;
            }
            rows.push(item);
        }
        let known: Vec<Draft> = self.storage.drafts().await.unwrap_or_default();
        for draft in left.drafts {
            let posted = rows.iter().any(|row| row.id == draft.id);
            if !posted && !known.iter().any(|known| known.id == draft.id) {
                self.keep_draft(&draft).await;
            }
        }
        if self.storage.is_durable() {
            Rescue::forget(&keys);
        }
        rows
    }

    /// Writes down what would be lost with this page, where anything would.
    pub(super) fn keep_in_second_place(&mut self) -> bool {
        let unsent = self.storage.memory().map_or_else(Unsent::default, |memory| {
            let drafts = memory.drafts().into_iter().filter(|draft| !draft.content.is_empty()).collect();
            Unsent { items: memory.unsent(), drafts }
        });
        let is_empty = unsent.is_empty();
        self.rescue.keep(unsent);
        !is_empty
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
            self.go_on_in_memory(
                "A newer version of this page is open in another tab: reload this one.",
                false,
            );
        } else if self.storage.is_durable() {
            // Most likely the site's data were cleared: what this tab knows is written again.
            self.fall_back(StorageError::Gone).await;
            let rows = self.look().await;
            self.feed(Event::Loaded(rows)).await;
        }
    }
}
