//! IndexedDB.
//!
//! | store | key | holds |
//! |---|---|---|
//! | `outbox` | id | posts on their way, and receipts for a day |
//! | `drafts` | id | what is being written |
//! | `attempts` | counted | the last 500 attempts |
//!
//! Every tab reads and writes all of it. A row of the outbox carries a revision, and is written only over the one
//! that was read, within one transaction: so two tabs never overwrite each other's news.

use std::future::{Future, poll_fn};

use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use indexed_db_futures::database::Database;
use indexed_db_futures::error::{DomException, Error};
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::{
    Transaction, TransactionDurability, TransactionMode, TransactionOptions,
};
use indexed_db_futures::{KeyPath, KeyRange};
use js_sys::{Array, Reflect};
use protocol::key::PostId;
use protocol::outbox::{AttemptRecord, Item};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::row::{from_js, is_readable, item_of, outline, to_js};
use super::{Check, Draft, Enqueued, Saved, StorageError, Stored};

#[wasm_bindgen]
extern "C" {
    /// `indexedDB.databases()`, which older browsers have not.
    #[wasm_bindgen(js_namespace = indexedDB, catch)]
    async fn databases() -> Result<JsValue, JsValue>;
}

const NAME: &str = "postonce";
const VERSION: u32 = 1;

const OUTBOX: &str = "outbox";
const DRAFTS: &str = "drafts";
const ATTEMPTS: &str = "attempts";

/// How many attempts are kept.
const ATTEMPTS_KEPT: u32 = 500;

/// How long opening may take. In some private modes it never answers.
const OPEN_LIMIT_MS: u32 = 2_000;

/// How long one operation may take before this page goes on without storage. Silence is no failure: a busy disk, or
/// another tab's long transaction, takes seconds, and what was asked for may still be done later.
const LIMIT_MS: u32 = 8_000;

impl From<Error> for StorageError {
    fn from(error: Error) -> Self {
        match error {
            // The connection is closed, by the browser or for a newer version of this page.
            Error::DomException(DomException::InvalidStateError(_)) => Self::Gone,
            _ => Self::Refused,
        }
    }
}

type Outcome<T> = Result<T, StorageError>;

/// False where this browser has never kept anything for this site; true also where it does not tell.
pub(crate) async fn may_exist() -> bool {
    let Ok(databases) = databases().await else { return true };
    Array::from(&databases).iter().any(|database| {
        Reflect::get(&database, &"name".into()).is_ok_and(|name| name.as_string().as_deref() == Some(NAME))
    })
}

/// The version to open: this page's, or that of the newer one which made what stands there.
async fn version() -> u32 {
    let Some(Ok(databases)) = within(OPEN_LIMIT_MS, databases()).await else { return VERSION };
    let field = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).ok();
    let ours = Array::from(&databases)
        .iter()
        .find(|database| field(database, "name").and_then(|name| name.as_string()).as_deref() == Some(NAME));
    let stored = ours.and_then(|database| field(&database, "version")?.as_f64());
    stored.map_or(VERSION, |stored| (stored as u32).max(VERSION))
}

#[derive(Clone)]
pub(crate) struct Disk {
    database: Database,
}

impl Disk {
    /// Opens the database; as it stands where a newer version of this page made it, since its rows say themselves
    /// which version they are of.
    pub(super) async fn open() -> Result<Self, &'static str> {
        let request = Database::open(NAME)
            .with_version(version().await)
            .with_on_upgrade_needed(|_, database| create(&database))
            .build()
            .map_err(|_| "it keeps no data for this page")?;
        match within(OPEN_LIMIT_MS, request).await {
            Some(Ok(database)) => Ok(Self { database }),
            Some(Err(_)) => Err("its storage cannot be opened"),
            None => Err("its storage does not answer"),
        }
    }

    /// Resolves when the database must not be used any more, having closed it: with `true` where a newer version
    /// of this page waits to change it, with `false` where it is deleted, or the browser closed it to clear data.
    pub(crate) fn closed(&self) -> impl Future<Output = bool> + 'static {
        let database = self.database.clone();
        async move {
            let Ok(mut changes) = database.version_changes() else {
                return std::future::pending().await;
            };
            let change = poll_fn(|context| changes.poll_recv(context)).await;
            let newer = change.is_some_and(|change| change.new_version().is_some());
            drop(changes);
            database.close();
            newer
        }
    }

    /// A connection of this page's own that is not needed any more.
    pub(crate) fn close(&self) {
        self.database.clone().close();
    }

    pub(super) async fn enqueue(&self, id: PostId, make: impl FnOnce(u64) -> Item) -> Outcome<Enqueued> {
        answered(async {
            let transaction = self.write(&[OUTBOX, DRAFTS])?;
            let outbox = transaction.object_store(OUTBOX)?;
            let known: Option<JsValue> = outbox.get(id.to_string()).primitive()?.await?;
            if let Some(row) = known {
                return Ok(Enqueued::Known(item_of(&row)));
            }
            let rows = outbox.get_all::<JsValue>().primitive()?.await?;
            let items = rows.filter_map(|row| from_js::<Item>(&row.ok()?));
            let last = items.map(|item| item.seq).max();
            let item = make(last.map_or(1, |seq| seq + 1));
            outbox.add(to_js(&item)?).primitive()?.await?;
            transaction.object_store(DRAFTS)?.delete(id.to_string()).primitive()?.await?;
            transaction.commit().await?;
            Ok(Enqueued::Added(item))
        })
        .await
    }

    pub(super) async fn save(&self, item: &Item, may: Check) -> Outcome<Saved> {
        answered(async {
            let transaction = self.write(&[OUTBOX])?;
            let outbox = transaction.object_store(OUTBOX)?;
            let row: Option<JsValue> = outbox.get(item.id.to_string()).primitive()?.await?;
            let stored = row.and_then(|row| item_of(&row));
            if !may(stored.as_ref(), item) {
                return Ok(Saved::Conflict(stored));
            }
            outbox.put(to_js(item)?).primitive()?.await?;
            transaction.commit().await?;
            Ok(Saved::Done)
        })
        .await
    }

    pub(super) async fn load(&self) -> Outcome<Stored> {
        let mut stored = Stored::default();
        for row in self.all(OUTBOX).await? {
            let Some(item) = item_of(&row) else { continue };
            if !is_readable(&item) {
                stored.unreadable.extend(outline(&row));
            }
            stored.items.push(item);
        }
        Ok(stored)
    }

    /// Deletes a row that was set aside, unless it can be read by now.
    pub(super) async fn remove_unreadable(&self, id: PostId) -> Outcome<()> {
        answered(async {
            let transaction = self.write(&[OUTBOX])?;
            let outbox = transaction.object_store(OUTBOX)?;
            let row: Option<JsValue> = outbox.get(id.to_string()).primitive()?.await?;
            if row.and_then(|row| item_of(&row)).is_some_and(|item| !is_readable(&item)) {
                outbox.delete(id.to_string()).primitive()?.await?;
            }
            Ok(transaction.commit().await?)
        })
        .await
    }

    pub(super) async fn remove(&self, rows: &[(PostId, u64)]) -> Outcome<()> {
        answered(async {
            let transaction = self.write(&[OUTBOX])?;
            let outbox = transaction.object_store(OUTBOX)?;
            for (id, revision) in rows {
                let row: Option<JsValue> = outbox.get(id.to_string()).primitive()?.await?;
                let item = row.and_then(|row| item_of(&row));
                if item.is_some_and(|item| is_readable(&item) && item.revision == *revision) {
                    outbox.delete(id.to_string()).primitive()?.await?;
                }
            }
            Ok(transaction.commit().await?)
        })
        .await
    }

    pub(super) async fn save_draft(&self, draft: &Draft) -> Outcome<()> {
        answered(async {
            let transaction = self.write(&[DRAFTS])?;
            transaction.object_store(DRAFTS)?.put(to_js(draft)?).primitive()?.await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    pub(super) async fn remove_draft(&self, id: PostId) -> Outcome<()> {
        answered(async {
            let transaction = self.write(&[DRAFTS])?;
            transaction.object_store(DRAFTS)?.delete(id.to_string()).primitive()?.await?;
            Ok(transaction.commit().await?)
        })
        .await
    }

    pub(super) async fn drafts(&self) -> Outcome<Vec<Draft>> {
        let mut drafts: Vec<Draft> = self.all(DRAFTS).await?.iter().filter_map(from_js).collect();
        drafts.sort_by_key(|draft| std::cmp::Reverse(draft.saved_at));
        Ok(drafts)
    }

    pub(super) async fn record(&self, record: &AttemptRecord) -> Outcome<()> {
        answered(async {
            let transaction = self.write(&[ATTEMPTS])?;
            let attempts = transaction.object_store(ATTEMPTS)?;
            attempts.add(to_js(record)?).primitive()?.await?;
            let over = attempts.count().primitive()?.await?.saturating_sub(ATTEMPTS_KEPT);
            if over > 0 {
                let oldest = attempts.get_all_keys::<f64>().with_limit(over).primitive()?.await?;
                if let Some(Ok(last)) = oldest.last() {
                    attempts.delete::<f64, _>(KeyRange::UpperBound(last, false)).primitive()?.await?;
                }
            }
            Ok(transaction.commit().await?)
        })
        .await
    }

    async fn all(&self, store: &str) -> Outcome<Vec<JsValue>> {
        answered(async {
            let transaction = self.database.transaction(store).build()?;
            let rows = transaction.object_store(store)?.get_all::<JsValue>().primitive()?.await?;
            Ok(rows.filter_map(Result::ok).collect())
        })
        .await
    }

    /// A transaction that is complete only when it is on the disk, not merely with the operating system.
    fn write(&self, stores: &[&str]) -> Outcome<Transaction<'_>> {
        let durability = TransactionOptions::new().with_durability(TransactionDurability::Strict);
        let builder = self.database.transaction(stores).with_mode(TransactionMode::Readwrite);
        Ok(builder.with_options(durability).build()?)
    }
}

fn create(database: &Database) -> Result<(), Error> {
    for store in [OUTBOX, DRAFTS] {
        database.create_object_store(store).with_key_path(KeyPath::from("id")).build()?;
    }
    database.create_object_store(ATTEMPTS).with_auto_increment(true).build()?;
    Ok(())
}

/// `None` where it takes longer than the limit.
async fn within<F: Future>(limit_ms: u32, work: F) -> Option<F::Output> {
    match select(std::pin::pin!(work), TimeoutFuture::new(limit_ms)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

/// What is still silent after the limit may be done later, or never.
async fn answered<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    within(LIMIT_MS, work).await.unwrap_or(Err(StorageError::Silent))
}
