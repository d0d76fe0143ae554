//! The URL of a topic, and what the clients are told.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::log::LogError;

/// How many partitions a topic gets that is made here.
const PARTITIONS: i32 = 4;

/// How long the broker may take to make a topic.
const ADMIN_PATIENCE: Duration = Duration::from_secs(5);

/// How long an append is tried for. Whoever asked is told then that the outcome is unknown, and asks again.
const APPEND_PATIENCE_MS: &str = "3000";

#[derive(Clone, Debug)]
pub(super) struct Settings {
    brokers: String,
    pub(super) topic: String,
}

impl Settings {
    /// Reads `kafka://host:port/topic`; several hosts are separated by commas.
    pub(super) fn parse(url: &str) -> Result<Self, LogError> {
        let rest = url.strip_prefix("kafka://").unwrap_or_default();
        match rest.split_once('/') {
            Some((brokers, topic)) if !brokers.is_empty() && !topic.is_empty() && !topic.contains('/') => {
                Ok(Self { brokers: brokers.to_owned(), topic: topic.to_owned() })
            }
            _ => Err(LogError::not_appended("a Kafka URL is kafka://<host>:<port>/<topic>")),
        }
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "postonce")
            // A broker that comes back is found at once, not after the usual ten seconds.
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "1000")
            .set("socket.connection.setup.timeout.ms", "2000")
            .set("allow.auto.create.topics", "false");
        config
    }

    pub(super) fn producer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            // An acknowledgement that is lost makes the producer send again: the broker must know it.
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("message.timeout.ms", APPEND_PATIENCE_MS)
            .set("linger.ms", "0")
            .set("topic.metadata.refresh.fast.interval.ms", "100");
        config
    }

    pub(super) fn consumer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", format!("{}-relay", self.topic))
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            // The end is told by the broker itself; its watermark may lie.
            .set("enable.partition.eof", "true")
            .set("fetch.wait.max.ms", "100")
            .set("topic.metadata.refresh.fast.interval.ms", "100");
        config
    }

    /// Makes the topic where there is none: no client makes it by accident. Whoever wants more partitions, or copies
    /// on several brokers, makes it before.
    pub(super) async fn create_topic(&self) -> Result<(), KafkaError> {
        let admin: AdminClient<DefaultClientContext> = self.client().create()?;
        let topic = NewTopic::new(&self.topic, PARTITIONS, TopicReplication::Fixed(1));
        let options = AdminOptions::new().request_timeout(Some(ADMIN_PATIENCE));
        for made in admin.create_topics([&topic], &options).await? {
            match made {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) => return Err(KafkaError::AdminOp(code)),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_brokers_and_a_topic() {
        let settings = Settings::parse("kafka://one:9092,two:9092/posts").unwrap();
        assert_eq!((settings.brokers.as_str(), settings.topic.as_str()), ("one:9092,two:9092", "posts"));
        for bad in ["kafka://one:9092", "kafka:///posts", "kafka://one:9092/", "kafka://one/a/b", "one/posts"]
        {
            assert!(Settings::parse(bad).is_err(), "{bad}");
        }
    }
}
