//! The log of a single server: a SQLite file beside the database's, and independent of it.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::queue::Completeness;
use super::{Entry, Log, LogError, Offset, Queue, Reader, Record};

/// All records are in one partition.
const PARTITION: i32 = 0;

pub(super) struct EmbeddedLog {
    queue: Arc<Queue>,
    /// The next position, while it is known: after an append that failed the file has to be asked. Held over an
    /// append, so that positions are in the order of commits.
    next: Mutex<Option<i64>>,
}

impl EmbeddedLog {
    pub(super) async fn open(url: &str) -> Result<Self, LogError> {
        let rest = url.strip_prefix("sqlite:").unwrap_or(url);
        let file = rest.strip_prefix("//").unwrap_or(rest).split('?').next().unwrap_or_default();
        if file.is_empty() || file == ":memory:" {
            return Err(LogError::not_appended("a log needs a file"));
        }
        let queue = Queue::open(&PathBuf::from(file), true).await?;
        queue.set_completeness(Completeness::Complete);
        Ok(Self { queue: Arc::new(queue), next: Mutex::new(None) })
    }
}

#[async_trait]
impl Log for EmbeddedLog {
    async fn append(&self, records: &[Record]) -> Result<Vec<Offset>, LogError> {
        let mut next = self.next.lock().await;
        let first = match next.take() {
            Some(first) => first,
            None => self.queue.end(PARTITION).await?,
        };
        let entry = |(record, position): (&Record, i64)| {
            let payload = record.encode().map_err(LogError::not_appended)?;
            Ok(Entry { offset: Offset { partition: PARTITION, position }, payload })
        };
        let entries = records.iter().zip(first..).map(entry).collect::<Result<Vec<_>, LogError>>()?;
        self.queue.add(&entries).await?;
        let offsets: Vec<Offset> = entries.into_iter().map(|entry| entry.offset).collect();
        *next = Some(offsets.last().map_or(first, |last| last.position + 1));
        Ok(offsets)
    }

    async fn read_from(&self, position: i64) -> Result<Box<dyn Reader>, LogError> {
        let end = self.queue.end(PARTITION).await?;
        Ok(Box::new(Pass { queue: Arc::clone(&self.queue), position, end }))
    }

    async fn commit(&self, offsets: &[Offset]) -> Result<(), LogError> {
        self.queue.remove(offsets).await
    }

    fn queue(&self) -> &Queue {
        &self.queue
    }

    async fn ping(&self) -> Result<(), LogError> {
        self.queue.end(PARTITION).await.map(|_| ())
    }

    async fn close(&self) {
        self.queue.close().await;
    }
}

/// A pass over the file, page by page.
struct Pass {
    queue: Arc<Queue>,
    position: i64,
    end: i64,
}

#[async_trait]
impl Reader for Pass {
    async fn next(&mut self, limit: u32) -> Result<Vec<Entry>, LogError> {
        let mut page =
            self.queue.page(Offset { partition: PARTITION, position: self.position }, limit).await?;
        page.retain(|entry| entry.offset.position < self.end);
        if let Some(last) = page.last() {
            self.position = last.offset.position + 1;
        }
        Ok(page)
    }
}
