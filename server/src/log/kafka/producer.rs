//! Records appended to the topic.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use rdkafka::error::KafkaError;
use rdkafka::producer::future_producer::DeliveryFuture;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use tokio::task::spawn_blocking;

use super::settings::Settings;
use crate::log::{LogError, Offset};

/// How long the end of a server waits for what is still on its way.
const FLUSH: Duration = Duration::from_secs(3);

pub(super) struct Producer {
    settings: Settings,
    // A std mutex: nothing is awaited while it is held.
    current: Mutex<FutureProducer>,
}

/// Why a record was not acknowledged.
enum Failure {
    /// It never left this process.
    NotSent(KafkaError),
    Unknown(KafkaError),
}

impl Producer {
    pub(super) fn new(settings: Settings) -> Result<Self, LogError> {
        let current = settings.producer().create().map_err(LogError::not_appended)?;
        Ok(Self { settings, current: Mutex::new(current) })
    }

    /// Appends records, each a key and a payload, and returns once all are acknowledged.
    ///
    /// A producer whose numbering is out of step with the broker's fails for good. Then the records are sent again by
    /// a new one, which may write some of them twice: whoever reads the log recognises them.
    pub(super) async fn append(&self, records: &[(String, String)]) -> Result<Vec<Offset>, LogError> {
        let producer = self.current();
        match self.send(&producer, records).await {
            Ok(offsets) => Ok(offsets),
            Err(failure) => {
                let Some((code, reason)) = producer.client().fatal_error() else {
                    return Err(failure.into());
                };
                tracing::warn!(?code, reason, "the producer is beyond repair; a new one sends again");
                let fresh = self.renew(&producer).map_err(LogError::unknown)?;
                self.send(&fresh, records).await.map_err(|failure| match failure {
                    // Of the first sending nothing is known.
                    Failure::NotSent(error) | Failure::Unknown(error) => LogError::unknown(error),
                })
            }
        }
    }

    async fn send(
        &self,
        producer: &FutureProducer,
        records: &[(String, String)],
    ) -> Result<Vec<Offset>, Failure> {
        let mut deliveries: Vec<DeliveryFuture> = Vec::with_capacity(records.len());
        let mut failure = None;
        for (key, payload) in records {
            let record = FutureRecord::to(&self.settings.topic).key(key).payload(payload);
            match producer.send_result(record) {
                Ok(delivery) => deliveries.push(delivery),
                Err((error, _)) => {
                    let first = deliveries.is_empty();
                    failure = Some(if first { Failure::NotSent(error) } else { Failure::Unknown(error) });
                    break;
                }
            }
        }
        let mut offsets = Vec::with_capacity(deliveries.len());
        // All of them are waited for, so that no later append can be ahead of one of these.
        for delivered in join_all(deliveries).await {
            match delivered {
                Ok(Ok(at)) => offsets.push(Offset { partition: at.partition, position: at.offset }),
                Ok(Err((error, _))) => failure = failure.or(Some(Failure::Unknown(error))),
                Err(_) => {
                    let error = KafkaError::Canceled;
                    failure = failure.or(Some(Failure::Unknown(error)));
                }
            }
        }
        failure.map_or(Ok(offsets), Err)
    }

    fn current(&self) -> FutureProducer {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A producer in place of `broken`, unless somebody was faster.
    fn renew(&self, broken: &FutureProducer) -> Result<FutureProducer, KafkaError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.client().native_ptr() == broken.client().native_ptr() {
            *current = self.settings.producer().create()?;
        }
        Ok(current.clone())
    }

    pub(super) async fn flush(&self) {
        let producer = self.current();
        let flushed = spawn_blocking(move || producer.flush(FLUSH)).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!("some records were still on their way to the log");
        }
    }
}

impl From<Failure> for LogError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent(error) => Self::not_appended(error),
            Failure::Unknown(error) => Self::unknown(error),
        }
    }
}
