//! The broker that the stories share.

use std::sync::OnceLock;

use uuid::Uuid;

use super::warden::Warden;

/// A topic that nobody else uses, on the broker named by `TEST_KAFKA_BROKER`; on a throw-away one of this process where
/// that is unset.
pub fn topic() -> String {
    static BROKER: OnceLock<Result<String, Warden>> = OnceLock::new();
    let broker = BROKER
        .get_or_init(|| std::env::var("TEST_KAFKA_BROKER").map_err(|_| Warden::start("broker", "shared")));
    topic_on(broker.as_ref().unwrap_or_else(|warden| &warden.address))
}

/// A topic that nobody else uses.
pub fn topic_on(broker: &str) -> String {
    format!("kafka://{broker}/story-{}", Uuid::now_v7().simple())
}
