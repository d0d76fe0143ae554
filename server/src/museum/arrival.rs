//! A request to an exhibit that was read to its end, and what an exhibit makes of it.

use protocol::post::{NewPost, Room};
use protocol::problem::ProblemName;
use protocol::time::Timestamp;
use protocol::trace::{Lane, Row};
use protocol::wire::NaivePost;
use uuid::Uuid;

use crate::error::ApiError;
use crate::ledger::Journey;
use crate::services::Services;
use crate::store::museum::{MuseumInsert, MuseumRow, MuseumStore};
use crate::store::{DatabaseFault, StoreError};
use crate::writer::Watched;

pub(super) struct Arrival {
    pub services: Services,
    pub lane: Lane,
    pub run: Option<Uuid>,
    /// The `Idempotency-Key`, unquoted.
    pub key: Option<String>,
    pub post: NewPost,
    pub journey: Journey,
    /// Minted by this server for this arrival.
    pub id: Uuid,
    pub create_timestamp: Timestamp,
}

/// What an exhibit answers.
pub(super) struct Kept {
    pub post: NaivePost,
    /// It takes the arrival for a retry.
    pub recognised: bool,
}

impl Arrival {
    /// The key; 400 `key-required` where the client sent none.
    pub(super) fn key(&self) -> Result<&str, ApiError> {
        let missing = || ApiError::new(ProblemName::KeyRequired, "This exhibit needs an Idempotency-Key.");
        self.key.as_deref().ok_or_else(missing)
    }

    pub(super) fn room(&self) -> &Room {
        &self.post.room
    }

    /// The row to be stored, under a key or under none.
    pub(super) fn row(&self, key: Option<&str>) -> MuseumInsert {
        MuseumInsert {
            lane: self.lane,
            run: self.run,
            key: key.map(ToOwned::to_owned),
            post: self.post.clone(),
            arrival: self.id,
            create_timestamp: self.create_timestamp,
        }
    }

    /// The row that an insert has just stored under number `id`.
    pub(super) fn stored(&self, id: i64) -> Kept {
        let post = NaivePost {
            id,
            content: self.post.content.clone(),
            room: self.post.room.clone(),
            create_timestamp: self.create_timestamp,
        };
        Kept { post, recognised: false }
    }

    /// A row that was there already. It is no retry's where an earlier try of this very arrival wrote it.
    pub(super) fn found(&self, row: MuseumRow) -> Kept {
        Kept { recognised: row.arrival != self.id, post: row.post }
    }

    /// Asks the database as the writer does: again, when there is no answer. Each try is told its fault.
    pub(super) async fn ask<'a, T, W>(
        &'a self,
        work: impl Fn(&'a dyn MuseumStore, Option<DatabaseFault>) -> W,
    ) -> Result<T, ApiError>
    where
        W: Future<Output = Result<T, StoreError>>,
    {
        let store = self.services.store()?.museum();
        let try_once = |fault| work(store, fault);
        let newest = async || {
            let rows = store.page(self.lane, None, self.run, None, 1).await.ok()?;
            rows.into_iter().next().map(|row| Row { id: row.id.to_string(), content: row.content })
        };
        let Journey { strike, witness } = &self.journey;
        let watched = Watched::by(witness, store.statements(self.lane));
        Ok(self.services.writer.until_answered(strike.at_database(), watched, try_once, newest).await?)
    }
}
