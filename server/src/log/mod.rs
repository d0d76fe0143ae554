//! What was accepted while the database was away. One trait, two implementations, one conformance suite.
//!
//! A record is a command. It can be applied any number of times and changes something once, because the id that it
//! carries is the primary key: so the log needs no more than *at least once, in its author's order*, and applying
//! the whole of it again changes nothing.
//!
//! | module | what is there |
//! |---|---|
//! | [`record`] | a command as the log keeps it |
//! | [`queue`] | what is still to be applied, and who waits |
//! | `embedded` | a SQLite file of its own, the default |
//! | `kafka` | a topic, keyed by author, that any number of instances share |

#[cfg(test)]
mod conformance;
mod embedded;
mod error;
#[cfg(feature = "kafka")]
mod kafka;
pub mod queue;
pub mod record;

use std::sync::Arc;

use async_trait::async_trait;

pub use error::LogError;
pub use queue::{Pending, Queue};
pub use record::{Record, Unreadable};

/// Where a record stands. Positions are counted from 0 in each partition, and an author's records are in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset {
    pub partition: i32,
    pub position: i64,
}

/// A record that was read, at its place.
#[derive(Clone, Debug)]
pub struct Entry {
    pub offset: Offset,
    pub payload: String,
}

impl Entry {
    pub fn record(&self) -> Result<Record, Unreadable> {
        Record::decode(&self.payload)
    }
}

#[async_trait]
pub trait Log: Send + Sync + 'static {
    /// Keeps records, in this order. Once it returns they survive a power cut, and [`Log::queue`] knows them.
    async fn append(&self, records: &[Record]) -> Result<Vec<Offset>, LogError>;

    /// Reads the log from a position of each partition to where it ends at this moment, applied or not.
    async fn read_from(&self, position: i64) -> Result<Box<dyn Reader>, LogError>;

    /// These records were applied. Not one number, because a record may be set aside while others go on; a server
    /// that starts again goes on with whatever was not committed.
    async fn commit(&self, offsets: &[Offset]) -> Result<(), LogError>;

    /// What was appended and not committed yet.
    fn queue(&self) -> &Queue;

    /// Whether it takes records at present.
    async fn ping(&self) -> Result<(), LogError>;

    /// Stops; calls that come later fail. Nothing that was appended is lost without it.
    async fn close(&self);
}

/// A pass over the log.
#[async_trait]
pub trait Reader: Send {
    /// The next records, at most `limit`; none at the end.
    async fn next(&mut self, limit: u32) -> Result<Vec<Entry>, LogError>;
}

/// The URL names no log.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("a log URL is sqlite://<file>, kafka://<host>:<port>/<topic> or none")]
    Scheme,
    #[cfg(not(feature = "kafka"))]
    #[error("this server was built without Kafka")]
    NoKafka,
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Opens the log that `url` names; `None` where it is `none`. A file must be usable; a broker may be away.
pub async fn open(url: &str) -> Result<Option<Arc<dyn Log>>, OpenError> {
    match url.split_once(':').map_or(url, |(scheme, _)| scheme) {
        "none" => Ok(None),
        "sqlite" => Ok(Some(Arc::new(embedded::EmbeddedLog::open(url).await?))),
        #[cfg(feature = "kafka")]
        "kafka" => Ok(Some(Arc::new(kafka::KafkaLog::open(url).await?))),
        #[cfg(not(feature = "kafka"))]
        "kafka" => Err(OpenError::NoKafka),
        _ => Err(OpenError::Scheme),
    }
}
