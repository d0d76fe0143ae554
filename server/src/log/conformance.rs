//! What every log must do, as plain functions over any of them. An implementation's tests are the list at the end.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use futures::future::join_all;
use protocol::time::Timestamp;
use protocol::user::UserId;
use uuid::Uuid;

use super::{Entry, Log, Offset, Record};
use crate::store::testing::{append as text, create_by, create_under, delete_by, edit, new_id, user};
use crate::store::{Command, Target};

/// A log of a test's own, which can be opened again.
struct Place {
    url: String,
    // Deletes the file when the test is over.
    _folder: Option<tempfile::TempDir>,
}

impl Place {
    fn file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/data/log.db", folder.path().display());
        Self { url, _folder: Some(folder) }
    }

    #[cfg(feature = "kafka")]
    fn topic() -> Self {
        let broker = crate::store::testing::broker();
        Self { url: format!("kafka://{broker}/test-{}", Uuid::new_v4().simple()), _folder: None }
    }

    /// An instance that knows what waits.
    async fn open(&self) -> Arc<dyn Log> {
        let log = super::open(&self.url).await.unwrap().unwrap();
        log.queue().until_known().await;
        log
    }
}

fn record(command: impl Into<Command>) -> Record {
    Record { command: command.into(), until_ms: 0 }
}

fn post_of(author: u128, content: &str) -> Record {
    record(create_by(author, new_id(), content))
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_ms(ms)
}

async fn ready(log: &Arc<dyn Log>) -> Vec<Entry> {
    log.queue().ready(at(0), 10_000).await.unwrap()
}

fn write_ids<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<Uuid> {
    entries.into_iter().map(|entry| entry.record().unwrap().command.write_id()).collect()
}

fn ids_of(records: &[Record]) -> Vec<Uuid> {
    records.iter().map(|record| record.command.write_id()).collect()
}

/// The whole log, page by page.
async fn whole(log: &Arc<dyn Log>, from: i64) -> Vec<Entry> {
    let mut reader = log.read_from(from).await.unwrap();
    let mut entries = Vec::new();
    loop {
        let page = reader.next(3).await.unwrap();
        assert!(page.len() <= 3);
        if page.is_empty() {
            return entries;
        }
        entries.extend(page);
    }
}

async fn what_is_appended_waits_in_its_authors_order(place: Place) {
    let log = place.open().await;
    assert!(log.queue().is_empty());
    let records: Vec<Record> = (0..10).map(|number| post_of(1, &number.to_string())).collect();
    let offsets = log.append(&records).await.unwrap();
    assert_eq!(offsets.len(), 10);
    let entries = ready(&log).await;
    assert_eq!(write_ids(&entries), ids_of(&records));
    assert_eq!(entries.iter().map(|entry| entry.offset).collect::<Vec<_>>(), offsets);
    assert_eq!(log.queue().length(), 10);
    log.ping().await.unwrap();
    log.close().await;
}

async fn what_is_committed_does_not_wait_and_stays_readable(place: Place) {
    let log = place.open().await;
    let records: Vec<Record> = (0..7).map(|number| post_of(1, &number.to_string())).collect();
    let offsets = log.append(&records).await.unwrap();
    log.commit(&offsets[..4]).await.unwrap();
    assert_eq!(write_ids(&ready(&log).await), ids_of(&records[4..]));
    log.commit(&offsets[4..]).await.unwrap();
    log.commit(&offsets).await.unwrap();
    assert!(ready(&log).await.is_empty() && log.queue().is_empty());
    assert_eq!(write_ids(&whole(&log, 0).await), ids_of(&records));
    assert_eq!(write_ids(&whole(&log, 5).await), ids_of(&records[5..]));
    assert!(whole(&log, 7).await.is_empty());
    log.close().await;
}

async fn a_restart_goes_on_with_what_was_not_committed(place: Place) {
    let log = place.open().await;
    let records: Vec<Record> = (0..6).map(|number| post_of(1, &number.to_string())).collect();
    let offsets = log.append(&records).await.unwrap();
    log.commit(&offsets[..2]).await.unwrap();
    log.close().await;
    let log = place.open().await;
    let waiting = write_ids(&ready(&log).await);
    // At least once: a commit that did not arrive may bring something back, and nothing is missing.
    assert!(waiting.ends_with(&ids_of(&records[2..])), "{waiting:?}");
    let more = post_of(1, "after the restart");
    log.append(std::slice::from_ref(&more)).await.unwrap();
    assert_eq!(write_ids(&ready(&log).await).last(), ids_of(&[more]).last());
    log.close().await;
}

async fn what_is_committed_out_of_order_leaves_the_rest(place: Place) {
    let log = place.open().await;
    let records: Vec<Record> = (0..6).map(|number| post_of(1, &number.to_string())).collect();
    let offsets = log.append(&records).await.unwrap();
    log.commit(&offsets[3..]).await.unwrap();
    assert_eq!(write_ids(&ready(&log).await), ids_of(&records[..3]));
    log.close().await;
    let log = place.open().await;
    assert!(write_ids(&ready(&log).await).starts_with(&ids_of(&records[..3])));
    log.close().await;
}

async fn who_waits_is_known_by_author_post_and_key(place: Place) {
    let log = place.open().await;
    let id = new_id();
    let commands: Vec<Command> = vec![
        create_by(1, id, "hello").into(),
        edit(id, "Key", text("!")).into(),
        delete_by(1, id),
        create_under("Other", "something else").into(),
    ];
    let records: Vec<Record> = commands.iter().cloned().map(record).collect();
    let offsets = log.append(&records).await.unwrap();
    let authors: HashSet<UserId> = [user(1), user(2)].into();
    assert_eq!(log.queue().waiting(&authors).await.unwrap(), [user(1)].into());

    let target = |number, target| (user(number), target);
    let key = |number, key: &str| target(number, Target::Key(user(number), key.to_owned()));
    let wanted = [
        target(1, Target::Post(id)),
        target(2, Target::Post(id)),
        key(1, "Key"),
        key(2, "Key"),
        key(1, "Other"),
    ];
    let found = log.queue().pending(&wanted).await.unwrap();
    // Of several the newest: a create in front of its deletion is not what a retry of the create finds.
    let found: Vec<Option<usize>> = found
        .iter()
        .map(|found| {
            found.as_ref().map(|found| commands.iter().position(|command| found.does(command)).unwrap())
        })
        .collect();
    assert_eq!(found, [Some(2), None, Some(1), None, Some(3)]);
    let minted = log.queue().pending(&wanted[4..]).await.unwrap().remove(0).unwrap();
    assert_eq!(minted.post, commands[3].id());

    log.commit(&offsets).await.unwrap();
    assert!(log.queue().waiting(&authors).await.unwrap().is_empty());
    assert!(log.queue().pending(&wanted).await.unwrap().iter().all(Option::is_none));
    log.close().await;
}

async fn what_is_set_aside_keeps_its_author_behind_and_nobody_else(place: Place) {
    let log = place.open().await;
    let mut held = post_of(1, "held");
    held.until_ms = 5_000;
    let records = [post_of(1, "before"), held, post_of(1, "behind"), post_of(2, "goes on")];
    log.append(&records).await.unwrap();
    let now = |ms| {
        let log = Arc::clone(&log);
        async move { write_ids(&log.queue().ready(at(ms), 10).await.unwrap()).into_iter().collect::<HashSet<_>>() }
    };
    let ids = ids_of(&records);
    assert_eq!(now(4_999).await, [ids[0], ids[3]].into());
    assert_eq!(now(5_000).await, ids.into_iter().collect());
    log.close().await;
}

async fn of_many_at_once_none_is_lost_and_each_author_is_in_order(place: Place) {
    let log = place.open().await;
    let crowd = (1..=8).map(|author| {
        let log = Arc::clone(&log);
        tokio::spawn(async move {
            let mut sent = Vec::new();
            for number in 0..25 {
                let record = post_of(author, &number.to_string());
                log.append(std::slice::from_ref(&record)).await.unwrap();
                sent.push(record.command.write_id());
            }
            (user(author), sent)
        })
    });
    let sent: BTreeMap<UserId, Vec<Uuid>> = join_all(crowd).await.into_iter().map(Result::unwrap).collect();
    let by_author = |entries: &[Entry]| {
        let mut found = BTreeMap::<UserId, Vec<Uuid>>::new();
        for entry in entries {
            let command = entry.record().unwrap().command;
            found.entry(command.author()).or_default().push(command.write_id());
        }
        found
    };
    let entries = ready(&log).await;
    assert_eq!(by_author(&entries), sent);
    assert_eq!(by_author(&whole(&log, 0).await), sent);
    let places: HashSet<Offset> = entries.iter().map(|entry| entry.offset).collect();
    assert_eq!(places.len(), 200);
    log.close().await;
}

macro_rules! conformance {
    ($($name:ident),+ $(,)?) => {
        mod embedded {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(Place::file()).await;
                }
            )+
        }

        #[cfg(feature = "kafka")]
        mod kafka {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    super::$name(Place::topic()).await;
                }
            )+
        }
    };
}

conformance! {
    what_is_appended_waits_in_its_authors_order,
    what_is_committed_does_not_wait_and_stays_readable,
    a_restart_goes_on_with_what_was_not_committed,
    what_is_committed_out_of_order_leaves_the_rest,
    who_waits_is_known_by_author_post_and_key,
    what_is_set_aside_keeps_its_author_behind_and_nobody_else,
    of_many_at_once_none_is_lost_and_each_author_is_in_order,
}
