//! The store that any number of instances share.
//!
//! A write has a connection of its own, taken out of its slot and put back only after COMMIT was answered.
//! Whatever else happens, an error, a deadline, a future that is dropped half-way, the connection goes down
//! with it, and a half-done transaction with the connection. A pool cannot promise that: a future dropped
//! inside its `begin` can leave the next borrower inside somebody else's transaction, whose rows are
//! acknowledged and lost.

mod apply;
mod connection;
mod create;
mod dead_letters;
mod listen;
mod museum;
mod naive;
mod operations;
mod per_request;
mod read;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use protocol::key::PostId;
use protocol::post::{Post, Room};
use protocol::user::UserId;
use protocol::wire::NaivePost;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgPool};
use tokio::sync::{Mutex, broadcast};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use uuid::Uuid;

use super::deadline::within;
use super::error::connection_lost;
use super::museum::MuseumStore;
use super::{
    Change, ChangeNotice, Command, DatabaseFault, DeadLetters, KeyState, NaiveAppend, NaiveAppended,
    NaiveInsert, Row, Statements, Store, StoreError, Verdict, deadline, migration,
};
use apply::Numbers;
use connection::WriteConnection;
use per_request::{PerRequest, Place};

/// Connections for reads; the database has to serve several instances.
const READERS: u32 = 8;

/// How many notices a listener may be behind before it has to look at everything.
const NOTICES: usize = 1_024;

/// A frozen instance must not stop the others: the database ends what waits or idles for longer.
///
/// The isolation is set, whatever the database's own default is: the statement that reads what an insert ran into
/// has to see rows which were committed since the transaction began. Plans of writes are kept, because planning a batch
/// takes as long as a third of it.
const WRITE_SETTINGS: [(&str, &str); 5] = [
    ("default_transaction_isolation", "read committed"),
    ("lock_timeout", "1500ms"),
    ("statement_timeout", "2s"),
    ("idle_in_transaction_session_timeout", "5s"),
    ("plan_cache_mode", "force_generic_plan"),
];

const READ_SETTINGS: [(&str, &str); 1] = [("statement_timeout", "2s")];

/// Whatever is looked for here is found by an index, and in the order of one. The planner is told so: what it knows of a
/// table that has just grown is wrong, and a plan that was made while the table was small is kept. Then it would read
/// all of it.
const BY_INDEX: [(&str, &str); 6] = [
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("enable_sort", "off"),
    // Compiling a statement of a few rows costs more than running it.
    ("jit", "off"),
];

/// A connection that one write at a time takes out and puts back.
type Slot = Mutex<Option<WriteConnection>>;

pub(super) struct PostgresStore {
    options: PgConnectOptions,
    /// The write connection, while nobody writes.
    writer: Slot,
    /// That of writes which are hit by a fault. They lose their connection, which must cost nobody else's write the
    /// time to make one.
    writer_of_faults: Slot,
    /// The write connections of a server that is only compared with.
    per_request: Option<PerRequest>,
    readers: PgPool,
    notices: broadcast::Sender<ChangeNotice>,
    listener: AbortHandle,
}

impl PostgresStore {
    pub(super) fn open(url: &str) -> Result<Self, sqlx::Error> {
        let options = url.parse::<PgConnectOptions>()?.application_name("postonce").options(BY_INDEX);
        let readers = PgPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(deadline::READ)
            .idle_timeout(Duration::from_secs(600))
            .connect_lazy_with(options.clone().options(READ_SETTINGS));
        let (notices, _) = broadcast::channel(NOTICES);
        let listener = tokio::spawn(listen::run(options.clone(), notices.clone())).abort_handle();
        Ok(Self {
            options,
            writer: Slot::default(),
            writer_of_faults: Slot::default(),
            per_request: None,
            readers,
            notices,
            listener,
        })
    }

    /// Writes over many connections and without the lock, as [`per_request`] says.
    pub(super) fn per_request(mut self) -> Self {
        self.per_request = Some(PerRequest::new());
        self
    }

    /// The slot of the write connection, locked, and the connection that was in it or a new one.
    async fn writer(
        &self,
        fault: Option<DatabaseFault>,
    ) -> Result<(Place<'_>, WriteConnection), sqlx::Error> {
        if fault == Some(DatabaseFault::ConnectRefused) {
            return Err(refused().await);
        }
        let mut place = match (fault, &self.per_request) {
            (None, Some(many)) => many.place().await?,
            (None, None) => Place::alone(self.writer.lock().await),
            (Some(_), _) => Place::alone(self.writer_of_faults.lock().await),
        };
        let connection = match place.take() {
            Some(connection) => connection,
            None => {
                let mut connection = self.options.clone().options(WRITE_SETTINGS).connect().await?;
                create::prepare(&mut connection, self.numbers()).await?;
                WriteConnection::new(connection)
            }
        };
        Ok((place, connection))
    }

    fn numbers(&self) -> Numbers {
        if self.per_request.is_some() { Numbers::Sequence } else { Numbers::UnderLock }
    }
}

/// Connects to a port where nobody listens: one that was free a moment ago.
async fn refused() -> sqlx::Error {
    let port = match tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.and_then(|free| free.local_addr())
    {
        Ok(address) => address.port(),
        Err(error) => return error.into(),
    };
    match PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(port).connect().await {
        Ok(_) => connection_lost(),
        Err(error) => error,
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn migrate(&self) -> Result<(), StoreError> {
        // Several instances may start at once: sqlx holds a lock of the database meanwhile.
        let once = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(deadline::WRITE)
            .connect_lazy_with(self.options.clone());
        let migrated = migration::postgres().run(&once).await;
        if let (Ok(()), Some(_)) = (&migrated, &self.per_request) {
            per_request::number_from_here(&once).await.map_err(StoreError::NotApplied)?;
        }
        once.close().await;
        migrated.map_err(|error| StoreError::NotApplied(error.into()))
    }

    async fn apply(
        &self,
        batch: &[Command],
        fault: Option<DatabaseFault>,
    ) -> Result<Vec<Verdict>, StoreError> {
        self.apply_batch(batch, fault).await
    }

    async fn find(&self, id: PostId) -> Result<Option<Row>, StoreError> {
        self.find_row(id).await
    }

    async fn find_key(&self, author: UserId, key: &str) -> Result<Option<KeyState>, StoreError> {
        self.find_key_state(author, key).await
    }

    async fn feed(
        &self,
        room: &Room,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<(i64, Post)>, StoreError> {
        self.feed_page(room, before, limit).await
    }

    async fn changes(&self, room: &Room, after: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
        self.changes_page(room, after, limit).await
    }

    async fn all_changes(&self, after: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
        self.all_changes_page(after, limit).await
    }

    async fn latest_change(&self) -> Result<i64, StoreError> {
        self.read_latest_change().await
    }

    fn notices(&self) -> broadcast::Receiver<ChangeNotice> {
        self.notices.subscribe()
    }

    async fn insert_naive(
        &self,
        row: &NaiveInsert,
        fault: Option<DatabaseFault>,
    ) -> Result<NaivePost, StoreError> {
        self.insert_naive_row(row, fault).await
    }

    async fn append_naive(
        &self,
        append: &NaiveAppend,
        fault: Option<DatabaseFault>,
    ) -> Result<NaiveAppended, StoreError> {
        self.append_to_naive_row(append, fault).await
    }

    async fn naive_feed(
        &self,
        room: Option<&Room>,
        run: Option<Uuid>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<NaivePost>, StoreError> {
        self.naive_page(room, run, before, limit).await
    }

    fn statements(&self) -> Statements {
        Statements { of_batch: &[create::UNDER_LOCK, apply::FIND_POSTS], of_naive: &[naive::INSERT] }
    }

    fn dead_letters(&self) -> &dyn DeadLetters {
        self
    }

    fn museum(&self) -> &dyn MuseumStore {
        self
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.read_latest_change().await.map(|_| ())
    }

    async fn close(&self) {
        self.listener.abort();
        self.readers.close().await;
        for slot in [&self.writer, &self.writer_of_faults] {
            let Some(connection) = slot.lock().await.take() else { continue };
            let closing = sqlx::Connection::close(connection.connection);
            if let Err(error) = within(Instant::now() + deadline::WRITE, closing).await {
                tracing::warn!(%error, "the database did not close cleanly");
            }
        }
    }
}
