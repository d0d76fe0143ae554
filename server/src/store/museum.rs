//! What the museum's designs need of a database: statements that any of them might use, safe ones and others.
//!
//! Each call is one transaction. What a design makes of them, and in which order, is in [`crate::museum`].

use async_trait::async_trait;
use protocol::post::{NewPost, Room};
use protocol::time::Timestamp;
use protocol::trace::Lane;
use protocol::wire::NaivePost;
use uuid::Uuid;

use super::{DatabaseFault, StoreError};

/// A row to be stored.
#[derive(Clone, Debug)]
pub struct MuseumInsert {
    pub lane: Lane,
    pub run: Option<Uuid>,
    /// What a later arrival is recognised by, if anything.
    pub key: Option<String>,
    pub post: NewPost,
    /// Names the arrival: a row that carries it was written by an earlier try of this very arrival.
    pub arrival: Uuid,
    pub create_timestamp: Timestamp,
}

/// A row as it stands, and the arrival that wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MuseumRow {
    pub post: NaivePost,
    pub arrival: Uuid,
}

/// What an insert under a unique key came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Once {
    /// The row was not there; this is its number.
    Inserted(i64),
    There(MuseumRow),
}

#[async_trait]
pub trait MuseumStore: Send + Sync {
    /// The oldest row of a lane and room under `key`.
    async fn find(&self, lane: Lane, room: &Room, key: &str) -> Result<Option<MuseumRow>, StoreError>;

    /// The statement behind [`MuseumStore::find`], as it is sent.
    fn looking(&self) -> &'static str;

    /// The statements with which a lane writes, as they are sent.
    fn statements(&self, lane: Lane) -> &'static [&'static str];

    /// Inserts a row, whatever was stored before, and returns its number.
    async fn insert(&self, row: &MuseumInsert, fault: Option<DatabaseFault>) -> Result<i64, StoreError>;

    /// Inserts a row unless the unique index has its key already, and says what stands there then. The index
    /// covers the lanes that leave this decision to the database.
    async fn insert_once(&self, row: &MuseumInsert, fault: Option<DatabaseFault>)
    -> Result<Once, StoreError>;

    /// Writes a key beside a row that is already committed.
    async fn save_key(&self, id: i64, key: &str) -> Result<(), StoreError>;

    /// The rows of a lane, newest first, older than `before`.
    async fn page(
        &self,
        lane: Lane,
        room: Option<&Room>,
        run: Option<Uuid>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<NaivePost>, StoreError>;
}
