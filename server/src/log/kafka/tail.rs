//! A thread that follows the topic, and copies what is still to be applied into the queue.
//!
//! It is a thread because the C library waits in it; the queue lives on the runtime.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, TopicPartitionList};
use tokio::runtime::Handle;

use super::settings::Settings;
use crate::log::queue::Completeness;
use crate::log::{Entry, LogError, Offset, Queue};

/// How long one look at the topic waits for something new; also how long an end takes to be noticed.
const LOOK: Duration = Duration::from_millis(100);

/// Between two attempts to reach a broker that is away.
const PAUSE: Duration = Duration::from_millis(500);

const PATIENCE: Duration = Duration::from_secs(3);

/// Records copied at once.
const PAGE: usize = 1_024;

/// A handle on the thread, cheap to clone.
#[derive(Clone)]
pub(super) struct Tail {
    shared: Arc<Shared>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

struct Shared {
    settings: Settings,
    queue: Arc<Queue>,
    consumer: BaseConsumer,
    /// The next position to be read of each partition.
    // A std mutex: nothing is awaited while it is held.
    positions: Mutex<BTreeMap<i32, i64>>,
    stop: AtomicBool,
}

#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    #[error(transparent)]
    Queue(#[from] LogError),
    #[error("the topic has no partitions yet")]
    NoPartitions,
}

impl Tail {
    pub(super) fn start(settings: Settings, queue: Arc<Queue>) -> Result<Self, LogError> {
        let consumer = settings.consumer().create().map_err(LogError::not_appended)?;
        let shared = Arc::new(Shared {
            settings,
            queue,
            consumer,
            positions: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let (following, runtime) = (Arc::clone(&shared), Handle::current());
        let thread = std::thread::Builder::new().name("log-tail".to_owned());
        let thread = thread.spawn(move || following.run(&runtime)).map_err(LogError::not_appended)?;
        Ok(Self { shared, thread: Arc::new(Mutex::new(Some(thread))) })
    }

    /// The next position to be read of a partition, once the topic was reached.
    pub(super) fn position(&self, partition: i32) -> Option<i64> {
        self.shared.positions().get(&partition).copied()
    }

    /// Tells the broker from where a server that starts again has to read. It need not arrive.
    pub(super) fn commit(&self, offset: Offset) {
        let Shared { consumer, settings, .. } = &*self.shared;
        let mut list = TopicPartitionList::new();
        let place = rdkafka::Offset::Offset(offset.position);
        let committed = list
            .add_partition_offset(&settings.topic, offset.partition, place)
            .and_then(|()| consumer.commit(&list, CommitMode::Async));
        if let Err(error) = committed {
            tracing::warn!(%error, "the position in the log was not committed");
        }
    }

    pub(super) fn ping(&self, patience: Duration) -> Result<(), LogError> {
        let Shared { consumer, settings, .. } = &*self.shared;
        let metadata = consumer.fetch_metadata(Some(&settings.topic), patience);
        metadata.map(|_| ()).map_err(LogError::not_appended)
    }

    pub(super) fn stop(&self) {
        self.shared.stop.store(true, Ordering::Release);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the reader of the log panicked");
        }
    }
}

impl Shared {
    fn run(&self, runtime: &Handle) {
        while !self.is_stopped() {
            if let Err(error) = runtime.block_on(self.settings.create_topic()) {
                tracing::debug!(%error, "the topic cannot be made yet");
            }
            match self.assign().and_then(|()| self.follow(runtime)) {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "the log cannot be read; it is tried again"),
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Takes every partition, from where it was read to, or else from the offset that was committed.
    fn assign(&self) -> Result<(), Broken> {
        let topic = &self.settings.topic;
        let metadata = self.consumer.fetch_metadata(Some(topic), PATIENCE)?;
        let described = metadata.topics().iter().find(|described| described.name() == topic);
        let partitions: Vec<i32> =
            described.iter().flat_map(|topic| topic.partitions()).map(|partition| partition.id()).collect();
        if partitions.is_empty() {
            return Err(Broken::NoPartitions);
        }
        let mut asked = TopicPartitionList::new();
        for partition in &partitions {
            asked.add_partition(topic, *partition);
        }
        let committed = self.consumer.committed_offsets(asked, PATIENCE)?;
        let mut list = TopicPartitionList::new();
        let mut positions = self.positions();
        for partition in partitions {
            let offset = committed.find_partition(topic, partition).map(|found| found.offset());
            let start = match offset {
                Some(rdkafka::Offset::Offset(position)) => position,
                _ => 0,
            };
            let position = *positions.entry(partition).or_insert(start);
            list.add_partition_offset(topic, partition, rdkafka::Offset::Offset(position))?;
        }
        drop(positions);
        self.consumer.assign(&list)?;
        Ok(())
    }

    /// Copies what comes until the server ends.
    fn follow(&self, runtime: &Handle) -> Result<(), Broken> {
        if self.queue.completeness() == Completeness::Unknown {
            self.queue.set_completeness(Completeness::Partial);
        }
        let partitions = self.positions().len();
        let mut ended = BTreeSet::new();
        while !self.is_stopped() {
            let mut page = Vec::new();
            let mut wait = LOOK;
            while page.len() < PAGE {
                let Some(next) = self.consumer.poll(wait) else { break };
                wait = Duration::ZERO;
                if let Some(partition) = take(next, &mut page)? {
                    ended.insert(partition);
                }
            }
            if !page.is_empty() {
                runtime.block_on(self.queue.add(&page))?;
                let mut positions = self.positions();
                for entry in &page {
                    positions.insert(entry.offset.partition, entry.offset.position + 1);
                }
            }
            if ended.len() == partitions && self.queue.completeness() != Completeness::Complete {
                self.queue.set_completeness(Completeness::Complete);
            }
        }
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    fn positions(&self) -> MutexGuard<'_, BTreeMap<i32, i64>> {
        self.positions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a record into the page; returns the partition whose end was reached instead. An error that passes by itself,
/// a broker that is away above all, is none of ours: the library connects again.
pub(super) fn take(
    next: KafkaResult<BorrowedMessage<'_>>,
    page: &mut Vec<Entry>,
) -> Result<Option<i32>, KafkaError> {
    match next {
        Ok(message) => {
            let offset = Offset { partition: message.partition(), position: message.offset() };
            let payload = String::from_utf8_lossy(message.payload().unwrap_or_default()).into_owned();
            page.push(Entry { offset, payload });
            Ok(None)
        }
        Err(KafkaError::PartitionEOF(partition)) => Ok(Some(partition)),
        Err(KafkaError::MessageConsumptionFatal(code)) => Err(KafkaError::MessageConsumptionFatal(code)),
        Err(error) => {
            tracing::debug!(%error, "the log is not heard at the moment");
            Ok(None)
        }
    }
}
