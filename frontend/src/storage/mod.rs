//! Where unsent posts are kept: in IndexedDB, so that they survive reloads, crashes and closed tabs; in memory where
//! this browser has nothing better.

mod disk;
mod memory;
mod rescue;
mod row;

use protocol::key::PostId;
use protocol::outbox::{AttemptRecord, Item};
use protocol::post::Room;
use serde::{Deserialize, Serialize};

use disk::Disk;
pub(crate) use disk::may_exist;
use memory::Memory;
pub(crate) use rescue::{Rescue, Unsent};

/// Why it could not be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StorageError {
    /// Most likely there is no room left.
    #[error("this browser refused to keep it; its storage may be full")]
    Refused,
    /// The database is closed or cleared.
    #[error("this browser closed its storage")]
    Gone,
    /// The database does not answer; what was asked of it may still be done.
    #[error("this browser's storage does not answer")]
    Silent,
}

/// Text that is being written, under the id that its post will have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub(crate) id: PostId,
    pub(crate) content: String,
    pub(crate) room: Room,
    /// Until when the tab that writes it is presumed to be alive, in Unix milliseconds.
    #[serde(default)]
    pub(crate) lease_until: u64,
    /// When it was last written to, in Unix milliseconds.
    pub(crate) saved_at: u64,
}

/// A row of the outbox that this version cannot read, or that a newer one wrote, as far as it can be told. It is set
/// aside, and deleted by its author alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) id: PostId,
    pub(crate) content: String,
}

/// Everything in the outbox. What is set aside is among the items as well, as one of a newer version: the machine must
/// not take it for lost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored {
    pub(crate) items: Vec<Item>,
    pub(crate) unreadable: Vec<Unreadable>,
}

/// What became of a row that was to be written.
#[derive(Clone, Debug)]
pub(crate) enum Saved {
    Done,
    /// Another tab had written this since.
    Conflict(Option<Item>),
}

/// What became of a draft that was posted.
#[derive(Clone, Debug)]
pub(crate) enum Enqueued {
    Added(Item),
    /// The id is in the outbox: of a second press, of a first one that was slow, or of something else. `None` where this
    /// version cannot read the row.
    Known(Option<Item>),
}

/// The check of every write: only over the revision just before its own, where no row counts as 0. The same row
/// once more changes nothing. A row of a newer version stays as it is.
fn may_replace(stored: Option<&Item>, item: &Item) -> bool {
    let revision = stored.map_or(0, |stored| stored.revision);
    let is_next = revision.checked_add(1) == Some(item.revision);
    stored == Some(item) || (is_next && stored.is_none_or(row::is_readable))
}

/// The check where a row was lost: only into its empty place.
fn may_restore(stored: Option<&Item>, item: &Item) -> bool {
    stored.is_none_or(|stored| stored == item)
}

type Check = fn(Option<&Item>, &Item) -> bool;

pub(crate) enum Storage {
    Disk(Disk),
    Memory(Memory),
}

impl Storage {
    /// Opens IndexedDB, or says in words for the visitor why it cannot be used.
    pub(crate) async fn open() -> Result<Self, &'static str> {
        Disk::open().await.map(Self::Disk)
    }

    pub(crate) fn in_memory(items: impl IntoIterator<Item = Item>, drafts: Vec<Draft>) -> Self {
        Self::Memory(Memory::new(items, drafts))
    }

    pub(crate) const fn is_durable(&self) -> bool {
        matches!(self, Self::Disk(_))
    }

    /// One transaction: the item in, its draft out. `make` gets the next place in the queue.
    pub(crate) async fn enqueue(
        &mut self,
        id: PostId,
        make: impl FnOnce(u64) -> Item,
    ) -> Result<Enqueued, StorageError> {
        match self {
            Self::Disk(disk) => disk.enqueue(id, make).await,
            Self::Memory(memory) => Ok(memory.enqueue(id, make)),
        }
    }

    pub(crate) async fn save(&mut self, item: &Item) -> Result<Saved, StorageError> {
        self.write(item, may_replace).await
    }

    pub(crate) async fn restore(&mut self, item: &Item) -> Result<Saved, StorageError> {
        self.write(item, may_restore).await
    }

    async fn write(&mut self, item: &Item, may: Check) -> Result<Saved, StorageError> {
        match self {
            Self::Disk(disk) => disk.save(item, may).await,
            Self::Memory(memory) => Ok(memory.save(item, may)),
        }
    }

    pub(crate) async fn load(&self) -> Result<Stored, StorageError> {
        match self {
            Self::Disk(disk) => disk.load().await,
            Self::Memory(memory) => Ok(memory.load()),
        }
    }

    /// Removes rows that still are at the revision named; what another tab wrote since stays.
    pub(crate) async fn remove(&mut self, rows: &[(PostId, u64)]) -> Result<(), StorageError> {
        match self {
            Self::Disk(disk) => disk.remove(rows).await,
            Self::Memory(memory) => {
                memory.remove(rows);
                Ok(())
            }
        }
    }

    /// Deletes a row that was set aside. Memory has none.
    pub(crate) async fn remove_unreadable(&self, id: PostId) -> Result<(), StorageError> {
        match self {
            Self::Disk(disk) => disk.remove_unreadable(id).await,
            Self::Memory(_) => Ok(()),
        }
    }

    /// Keeps the record of an attempt. Pictures are made of these, so a lost one is no loss of a post.
    pub(crate) async fn record(&self, record: &AttemptRecord) {
        if let Self::Disk(disk) = self {
            let _ = disk.record(record).await;
        }
    }

    pub(crate) async fn save_draft(&mut self, draft: &Draft) -> Result<(), StorageError> {
        match self {
            Self::Disk(disk) => disk.save_draft(draft).await,
            Self::Memory(memory) => {
                memory.save_draft(draft);
                Ok(())
            }
        }
    }

    pub(crate) async fn remove_draft(&mut self, id: PostId) -> Result<(), StorageError> {
        match self {
            Self::Disk(disk) => disk.remove_draft(id).await,
            Self::Memory(memory) => {
                memory.remove_draft(id);
                Ok(())
            }
        }
    }

    /// What is lost with this page, where nothing is kept on the disk.
    pub(crate) fn memory(&self) -> Option<&Memory> {
        match self {
            Self::Disk(_) => None,
            Self::Memory(memory) => Some(memory),
        }
    }

    /// All drafts, the one written to last first.
    pub(crate) async fn drafts(&self) -> Result<Vec<Draft>, StorageError> {
        match self {
            Self::Disk(disk) => disk.drafts().await,
            Self::Memory(memory) => Ok(memory.drafts()),
        }
    }
}
