//! The log that any number of instances share: a topic, keyed by author, so that each author's records are in one
//! partition and in order there.
//!
//! Every instance reads all partitions and applies all of it: what two of them apply changes something once. So no
//! group has to be joined, and an instance that dies leaves nothing to be taken over.
//!
//! | module | what is there |
//! |---|---|
//! | `settings` | the URL, and what the clients are told |
//! | `producer` | records appended, with a new producer where the old one is beyond repair |
//! | `tail` | a thread that follows the topic from the committed offset |
//! | `pass` | the topic from a position to its present end |

mod pass;
mod producer;
mod settings;
mod tail;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{Entry, Log, LogError, Offset, Queue, Reader, Record};
use pass::Pass;
use producer::Producer;
use settings::Settings;
use tail::Tail;

/// How long a broker may take to answer a question about itself.
const METADATA_PATIENCE: Duration = Duration::from_secs(2);

pub(super) struct KafkaLog {
    settings: Settings,
    producer: Producer,
    queue: Arc<Queue>,
    tail: Tail,
    /// Where the copy of what waits lies.
    folder: PathBuf,
}

impl KafkaLog {
    /// Starts to follow the topic, which is made where there is none. The broker may be away.
    pub(super) async fn open(url: &str) -> Result<Self, LogError> {
        let settings = Settings::parse(url)?;
        let folder = std::env::temp_dir().join(format!("postonce-log-{}", Uuid::new_v4().simple()));
        let queue = Arc::new(Queue::open(&folder.join("waiting.db"), false).await?);
        let producer = Producer::new(settings.clone())?;
        let tail = Tail::start(settings.clone(), Arc::clone(&queue))?;
        Ok(Self { settings, producer, queue, tail, folder })
    }
}

#[async_trait]
impl Log for KafkaLog {
    async fn append(&self, records: &[Record]) -> Result<Vec<Offset>, LogError> {
        let entry = |record: &Record| {
            let payload = record.encode().map_err(LogError::not_appended)?;
            Ok((record.command.author().to_string(), payload))
        };
        let records = records.iter().map(entry).collect::<Result<Vec<_>, LogError>>()?;
        let offsets = self.producer.append(&records).await?;
        // What this instance has appended waits from here on, not from when it is read.
        let entries = offsets.iter().zip(records).filter(|(offset, _)| offset.position >= 0);
        let entries = entries.map(|(offset, (_, payload))| Entry { offset: *offset, payload });
        self.queue.add(&entries.collect::<Vec<_>>()).await.map_err(LogError::unknown)?;
        // Of what was sent twice a broker may say that it has it, and not where. It waits once it is read; until then
        // its author's next write would overtake it. So nothing is said of it: whoever asks again finds it waiting.
        if let Some(nowhere) = offsets.iter().find(|offset| offset.position < 0) {
            tracing::debug!(?nowhere, "the log has a record and does not say where");
            return Err(LogError::unknown("it does not say where a record stands that it has"));
        }
        Ok(offsets)
    }

    async fn read_from(&self, position: i64) -> Result<Box<dyn Reader>, LogError> {
        let settings = self.settings.clone();
        let pass = spawn_blocking(move || Pass::from(&settings, position)).await;
        Ok(Box::new(pass.map_err(LogError::not_appended)??))
    }

    async fn commit(&self, offsets: &[Offset]) -> Result<(), LogError> {
        self.queue.remove(offsets).await?;
        let mut partitions: Vec<i32> = offsets.iter().map(|offset| offset.partition).collect();
        partitions.sort_unstable();
        partitions.dedup();
        for partition in partitions {
            // What the broker keeps is one number: everything before it was applied.
            let Some(read) = self.tail.position(partition) else { continue };
            let first = self.queue.first_waiting(partition).await?;
            let position = first.map_or(read, |first| first.min(read));
            self.tail.commit(Offset { partition, position });
            self.queue.forget(partition, position).await?;
        }
        Ok(())
    }

    fn queue(&self) -> &Queue {
        &self.queue
    }

    async fn ping(&self) -> Result<(), LogError> {
        let tail = self.tail.clone();
        let answer = spawn_blocking(move || tail.ping(METADATA_PATIENCE)).await;
        answer.map_err(LogError::not_appended)?
    }

    async fn close(&self) {
        self.producer.flush().await;
        let tail = self.tail.clone();
        if spawn_blocking(move || tail.stop()).await.is_err() {
            tracing::warn!("the reader of the log broke off");
        }
        self.queue.close().await;
        if let Err(error) = tokio::fs::remove_dir_all(&self.folder).await {
            tracing::debug!(%error, "the copy of the log stays behind");
        }
    }
}
