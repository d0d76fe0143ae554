//! The topic from a position of each partition to its present end.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use tokio::task::spawn_blocking;

use super::settings::Settings;
use super::tail::take;
use crate::log::{Entry, LogError, Reader};

/// How long a pass waits for a broker that says nothing.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Pass {
    /// Not there while a thread reads from it.
    consumer: Option<Open>,
}

struct Open {
    consumer: BaseConsumer,
    /// What stands before it is passed over: a partition may be shorter, and a client that starts behind its end is
    /// sent back to its beginning.
    from: i64,
    /// The partitions whose end was not reached yet. The end is what the broker says it is when it is reached: its
    /// watermark may be wrong.
    open: BTreeSet<i32>,
}

impl Pass {
    /// Waits for the broker.
    pub(super) fn from(settings: &Settings, position: i64) -> Result<Self, LogError> {
        let consumer: BaseConsumer = settings.consumer().create().map_err(LogError::not_appended)?;
        let topic = &settings.topic;
        let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).map_err(LogError::not_appended)?;
        let mut list = TopicPartitionList::new();
        let mut open = BTreeSet::new();
        for partition in metadata.topics().iter().flat_map(|topic| topic.partitions()) {
            let beginning = rdkafka::Offset::Beginning;
            list.add_partition_offset(topic, partition.id(), beginning).map_err(LogError::not_appended)?;
            open.insert(partition.id());
        }
        consumer.assign(&list).map_err(LogError::not_appended)?;
        Ok(Self { consumer: Some(Open { consumer, from: position, open }) })
    }
}

impl Open {
    fn next(&mut self, limit: usize) -> Result<Vec<Entry>, LogError> {
        let (mut page, mut heard) = (Vec::new(), Instant::now());
        while page.len() < limit && !self.open.is_empty() {
            let Some(next) = self.consumer.poll(Duration::from_millis(100)) else {
                if heard.elapsed() > PATIENCE {
                    return Err(LogError::not_appended("the broker says nothing"));
                }
                continue;
            };
            heard = Instant::now();
            if let Some(partition) = take(next, &mut page).map_err(LogError::not_appended)? {
                self.open.remove(&partition);
            }
            page.retain(|entry| entry.offset.position >= self.from);
        }
        Ok(page)
    }
}

#[async_trait]
impl Reader for Pass {
    async fn next(&mut self, limit: u32) -> Result<Vec<Entry>, LogError> {
        let broken = || LogError::not_appended("an earlier read broke off");
        let mut open = self.consumer.take().ok_or_else(broken)?;
        let read = spawn_blocking(move || {
            let page = open.next(limit as usize);
            (open, page)
        });
        let (open, page) = read.await.map_err(LogError::not_appended)?;
        self.consumer = Some(open);
        page
    }
}
