//! Records appended to the topic.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
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
#[derive(Debug)]
enum Failure {
    /// It never left this process.
    NotSent(KafkaError),
    Unknown(KafkaError),
}

impl Failure {
    /// Whether the broker does not know this producer, or no longer, or expects other numbers of it. Not all of this
    /// is fatal in the client's own eyes; but then it would be refused until it is replaced.
    fn is_of_the_producer(&self) -> bool {
        let (Self::NotSent(error) | Self::Unknown(error)) = self;
        error.rdkafka_error_code().is_some_and(|code| BEYOND_REPAIR.contains(&code))
    }
}

const BEYOND_REPAIR: [RDKafkaErrorCode; 6] = [
    RDKafkaErrorCode::Fatal,
    RDKafkaErrorCode::OutOfOrderSequenceNumber,
    RDKafkaErrorCode::InvalidProducerEpoch,
    RDKafkaErrorCode::InvalidProducerIdMapping,
    RDKafkaErrorCode::UnknownProducerId,
    RDKafkaErrorCode::ProducerFenced,
];

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
                let fatal = producer.client().fatal_error();
                if fatal.is_none() && !failure.is_of_the_producer() {
                    return Err(failure.into());
                }
                tracing::warn!(?failure, ?fatal, "the producer is beyond repair; a new one sends again");
                let fresh = self.renew(&producer).map_err(LogError::unknown)?;
                // Its end waits for what it may have under way.
                spawn_blocking(move || drop(producer));
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

#[cfg(test)]
mod tests {
    use rdkafka::mocking::MockCluster;
    use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

    use super::*;

    fn records(from: usize) -> Vec<(String, String)> {
        (from..from + 3).map(|number| ("author".to_owned(), format!("record {number}"))).collect()
    }

    /// What a broker says of a producer that it does not, or no longer, know as it is.
    #[tokio::test]
    async fn a_producer_that_the_broker_refuses_is_replaced_and_what_it_held_is_sent_again() {
        for refusal in [
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING,
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
        ] {
            let cluster = MockCluster::new(1).unwrap();
            cluster.create_topic("posts", 1, 1).unwrap();
            let url = format!("kafka://{}/posts", cluster.bootstrap_servers());
            let producer = Producer::new(Settings::parse(&url).unwrap()).unwrap();
            assert_eq!(producer.append(&records(0)).await.unwrap().len(), 3, "{refusal:?}");
            cluster.request_errors(RDKafkaApiKey::Produce, &[refusal]);
            assert_eq!(producer.append(&records(3)).await.unwrap().len(), 3, "{refusal:?}");
            assert_eq!(producer.append(&records(6)).await.unwrap().len(), 3, "{refusal:?}");
        }
    }
}
