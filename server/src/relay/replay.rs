//! The whole log once more.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use anyhow::Context;
use protocol::key::PostId;
use protocol::outage::Replayed;
use protocol::user::UserId;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::apply::apply;
use super::batch::Batch;
use crate::log::{Entry, Log, Offset};
use crate::services::now;
use crate::store::{Changed, Command, Row, Store, Verdict};

/// Records that are read at once.
const PAGE: u32 = 1_024;

/// How often, and how long apart, a database that is away is asked again.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(500);

/// Applies every record from a position on. What is set aside for a while is left to the relay.
pub async fn replay(store: &dyn Store, log: &dyn Log, from: i64) -> anyhow::Result<Replayed> {
    let feed_hash_before = feed_hash(store).await?;
    let (mut records, mut set_aside) = (0, HashSet::new());
    let chosen = |entry: &Entry| {
        records += 1;
        !is_set_aside(entry, &mut set_aside)
    };
    let applied = apply_from(store, log, from, chosen).await?;
    Ok(Replayed { records, applied, feed_hash_before, feed_hash_after: feed_hash(store).await? })
}

/// Applies one author's records again, as far as they are among the last ones of the log and do not wait. The hashes
/// are those of the rows that these records are about.
pub async fn replay_of(store: &dyn Store, log: &dyn Log, author: UserId) -> anyhow::Result<Replayed> {
    let recent = log.queue().recent(author).await.context("the log cannot be read")?;
    let first = recent.iter().map(|recent| recent.entry.offset.position).min().unwrap_or_default();
    let records = recent.iter().filter_map(|recent| recent.entry.record().ok());
    let posts: BTreeSet<PostId> = records.map(|record| record.command.id()).collect();
    let applied_before: HashSet<Offset> = recent
        .iter()
        .filter(|recent| recent.waits_until.is_none())
        .map(|recent| recent.entry.offset)
        .collect();
    let feed_hash_before = rows_hash(store, &posts).await?;
    let mut records = 0;
    let chosen = |entry: &Entry| {
        let mine = applied_before.contains(&entry.offset);
        records += u64::from(mine);
        mine
    };
    let applied = apply_from(store, log, first, chosen).await?;
    Ok(Replayed { records, applied, feed_hash_before, feed_hash_after: rows_hash(store, &posts).await? })
}

/// Applies the `chosen` records from a position on, in order, and returns how many of them changed something.
async fn apply_from(
    store: &dyn Store,
    log: &dyn Log,
    from: i64,
    mut chosen: impl FnMut(&Entry) -> bool,
) -> anyhow::Result<u64> {
    let mut applied = 0;
    let mut reader = log.read_from(from).await.context("the log cannot be read")?;
    let mut batch = Batch::default();
    loop {
        let page = reader.next(PAGE).await.context("the log cannot be read")?;
        if page.is_empty() {
            break;
        }
        for entry in page.into_iter().filter(&mut chosen) {
            if batch.commands.len() < PAGE as usize {
                let Err(next) = batch.take(entry) else { continue };
                applied += apply_again(store, std::mem::take(&mut batch)).await?;
                // It is alone there, so it is taken.
                let _ = batch.take(next);
            } else {
                applied += apply_again(store, std::mem::take(&mut batch)).await?;
                let _ = batch.take(entry);
            }
        }
    }
    Ok(applied + apply_again(store, batch).await?)
}

/// Whether the record, or an earlier one of its author's, is not to be applied yet.
fn is_set_aside(entry: &Entry, authors: &mut HashSet<UserId>) -> bool {
    let Ok(record) = entry.record() else { return false };
    let author = record.command.author();
    if i64::try_from(record.until_ms).is_ok_and(|until| until > now().unix_ms()) {
        authors.insert(author);
    }
    authors.contains(&author)
}

/// Applies records under new write ids, so that a command which finds its own row counts as no change.
async fn apply_again(store: &dyn Store, batch: Batch) -> anyhow::Result<u64> {
    let commands: Vec<Command> =
        batch.commands.into_iter().map(|command| command.with_write_id(Uuid::new_v4())).collect();
    let mut tries = 0;
    let verdicts = loop {
        match apply(store, &commands).await {
            Ok(verdicts) => break verdicts,
            Err(error) if tries == TRIES => return Err(error).context("the database is away"),
            Err(_) => {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
        }
    };
    Ok(verdicts.iter().flatten().filter(|verdict| changed_something(verdict)).count() as u64)
}

/// A deletion that found nothing to erase changes nothing that anybody reads.
pub(super) fn changed_something(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Created(_) | Verdict::Done { replayed: false, .. } | Verdict::Deleted)
}

/// SHA-256 of every post and deletion of every room, with the place of its last change: hexadecimal, equal as long as
/// nothing whatever changed.
pub async fn feed_hash(store: &dyn Store) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    let mut after = 0;
    loop {
        let page = store.all_changes(after, PAGE).await.context("the feed cannot be read")?;
        let Some(last) = page.last() else { break };
        after = last.change;
        for change in &page {
            hash.update(change.change.to_be_bytes());
            let what = match &change.what {
                Changed::Post(post) => serde_json::to_vec(post)?,
                Changed::Deleted(id) => id.as_bytes().to_vec(),
            };
            hash.update((what.len() as u64).to_be_bytes());
            hash.update(what);
        }
    }
    Ok(hex::encode(hash.finalize()))
}

/// The same of some posts alone.
async fn rows_hash(store: &dyn Store, posts: &BTreeSet<PostId>) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    for id in posts {
        let what = match store.find(*id).await.context("the feed cannot be read")? {
            Some(Row::Post { post, change }) => serde_json::to_vec(&(change, post))?,
            Some(Row::Tombstone { was_stored, .. }) => serde_json::to_vec(&(id, was_stored))?,
            None => serde_json::to_vec(id)?,
        };
        hash.update((what.len() as u64).to_be_bytes());
        hash.update(what);
    }
    Ok(hex::encode(hash.finalize()))
}
