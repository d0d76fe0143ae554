//! The browser's storage: rows that all tabs share, and what is wrong with it at the moment.

use std::collections::{BTreeMap, VecDeque};

use protocol::key::PostId;
use protocol::outbox::{Item, Request, SessionId};
use protocol::user::UserId;
use protocol::wire::CreateBody;

/// What is wrong with storage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Weather {
    #[default]
    Well,
    /// It does nothing for now; what is asked of it may be done later.
    Stalled,
    /// It refuses every write, and writes nothing.
    Full,
    /// It does the next write and says that it did not.
    FailsAfterCommit,
    /// It cannot even be opened.
    Away,
}

/// Why something was not done, as far as the tab is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Most likely there is no room left.
    Refused,
    /// The connection is closed.
    Gone,
    /// There is no answer; it may still be done.
    Silent,
}

/// One press of *Post*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Press {
    pub(crate) id: PostId,
    pub(crate) content: String,
    pub(crate) room: &'static str,
}

impl Press {
    pub(crate) fn body(&self) -> CreateBody {
        CreateBody { content: self.content.clone(), image_id: None, room: Some(self.room.to_owned()) }
    }
}

/// One transaction.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// A press, and whose it is.
    Enqueue(Press, UserId),
    Save(Item),
    Restore(Item),
    /// A `Save` whose request follows once it is durable.
    Send(Box<Item>, Request),
    Load,
    Remove(Vec<(PostId, u64)>),
    /// Reads everything, by a tab that had to do without storage.
    Return,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    Added(Item),
    /// The id was there already.
    Known(Item),
    Written,
    /// Something else stood there, or nothing.
    Conflict(Option<Box<Item>>),
    Rows(Vec<Item>),
}

pub(crate) type Outcome = Result<Done, Failure>;

#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    pub(crate) rows: Rows,
    pub(crate) weather: Weather,
    /// What is asked for and not done yet, oldest first: by whom, and its number.
    pub(crate) pending: VecDeque<(SessionId, u64, Work)>,
    asked: u64,
}

impl Disk {
    /// Puts the work behind what was asked for before, and returns its number.
    pub(crate) fn queue(&mut self, session: SessionId, work: Work) -> u64 {
        self.asked += 1;
        self.pending.push_back((session, self.asked, work));
        self.asked
    }
}

/// Rows by their ids, in storage or in one tab's memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows(pub(crate) BTreeMap<PostId, Item>);

impl Rows {
    /// Compare and put: over the revision just before, where 0 is no row, and never over a row of a newer version. The
    /// same row once more changes nothing.
    pub(crate) fn put(&mut self, row: &Item) -> Done {
        let stored = self.0.get(&row.id);
        let newer = stored.is_some_and(|stored| stored.version > Item::VERSION);
        let next = stored.map_or(0, |stored| stored.revision) + 1 == row.revision;
        if newer || !next && stored != Some(row) {
            return Done::Conflict(stored.cloned().map(Box::new));
        }
        self.0.insert(row.id, row.clone());
        Done::Written
    }

    /// Put where there is nothing.
    pub(crate) fn add(&mut self, row: &Item) -> Done {
        if let Some(stored) = self.0.get(&row.id).filter(|stored| *stored != row) {
            return Done::Conflict(Some(Box::new(stored.clone())));
        }
        self.0.insert(row.id, row.clone());
        Done::Written
    }

    pub(crate) fn next_seq(&self) -> u64 {
        self.0.values().map(|item| item.seq).max().unwrap_or(0) + 1
    }

    pub(crate) fn all(&self) -> Vec<Item> {
        self.0.values().cloned().collect()
    }
}
