//! What the first few marks of a run show.
//!
//! A picture is a function of those marks and of nothing else: stepping back is showing fewer of them.

use crate::fault::FaultPoint;
use crate::time::Millis;

use super::fold::fold;
use super::lane::Lane;
use super::weave::Mark;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// In the order in which they first appear.
    pub lanes: Vec<LanePicture>,
}

/// One lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanePicture {
    pub lane: Lane,
    /// By number.
    pub attempts: Vec<Attempt>,
    /// In the order in which they were stored; deleted ones are gone.
    pub rows: Vec<StoredRow>,
    /// The next attempt is being waited for.
    pub waiting: Option<Wait>,
    /// The client is done: with an answer, or without.
    pub settled: Option<bool>,
}

/// The delay before the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    pub ms: Millis,
    /// When it ends, in microseconds since the run began.
    pub until_us: u64,
}

/// One attempt: one `fetch()`, which the browser may have sent more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Counted from 1.
    pub number: u32,
    /// The fault that was asked to befall it, as its header spells it.
    pub fault: Option<String>,
    pub progress: Progress,
    /// What the client sees of it, in words: empty until it ends.
    pub label: String,
    /// In the order in which they began.
    pub hops: Vec<Hop>,
    /// How often it arrived. More than once: the browser sent it again by itself.
    pub arrivals: u32,
    /// The mark of its sending.
    pub mark: usize,
    /// When it was sent.
    pub sent_us: u64,
    /// The mark of its end, as the browser saw it.
    pub end: Option<usize>,
}

/// Where an attempt stands for the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    UnderWay,
    /// Whether it was applied is unknown.
    NoAnswer {
        timeout: bool,
    },
    Answered {
        status: u16,
        replayed: bool,
    },
}

/// A column of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Browser,
    Network,
    Server,
    Database,
}

/// How a hop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has not ended, as far as these marks tell.
    Pending,
    Arrived,
    /// It went no further than `to`; where `to` is the database, it never got in.
    Lost,
}

/// A way from one place to the next, or a stay where both are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Which arrival of the attempt it belongs to, counted from 1.
    pub nth: u32,
    pub from: Place,
    pub to: Place,
    pub outcome: Outcome,
    /// The fault that fired here.
    pub cut: Option<FaultPoint>,
    /// A few plain words; may be empty.
    pub label: String,
    /// The mark that shaped it last: what its facts are.
    pub mark: usize,
    pub began_us: u64,
    /// When its last mark was made.
    pub at_us: u64,
}

/// A row of the database, as the server's events tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRow {
    /// Counted from 1 in its lane, in the order of storing.
    pub number: u32,
    /// The database's own name for it: a counter or a UUID.
    pub id: String,
    pub content: String,
    /// The attempt, and the arrival of it, that stored it.
    pub attempt: u32,
    pub nth: u32,
    /// The same press was stored before.
    pub twin: bool,
    /// A retry found it.
    pub recognised: bool,
    /// The mark of its storing.
    pub mark: usize,
}

impl Picture {
    /// Folds the marks; pass the first `t` of them for the picture at step `t`.
    pub fn of(marks: &[Mark]) -> Self {
        fold(marks)
    }

    pub fn lane(&self, lane: Lane) -> Option<&LanePicture> {
        self.lanes.iter().find(|picture| picture.lane == lane)
    }

    /// Whether every lane that began is done.
    pub fn is_settled(&self) -> bool {
        !self.lanes.is_empty() && self.lanes.iter().all(|lane| lane.settled.is_some())
    }
}

impl LanePicture {
    /// How often its requests arrived at the server.
    pub fn arrivals(&self) -> u32 {
        self.attempts.iter().map(|attempt| attempt.arrivals).sum()
    }

    /// Whether the browser sent a request again that the page had sent once.
    pub fn is_resent(&self) -> bool {
        self.attempts.iter().any(Attempt::is_resent)
    }
}

impl Attempt {
    pub const fn is_resent(&self) -> bool {
        self.arrivals > 1
    }
}

impl Hop {
    /// Whether nothing travels: something is held, or waits, where it is.
    pub fn is_stay(&self) -> bool {
        self.from == self.to
    }

    /// Whether the browser sent it again by itself.
    pub fn is_resent(&self) -> bool {
        self.from == Place::Browser && self.nth > 1
    }
}

impl Place {
    pub const ALL: [Self; 4] = [Self::Browser, Self::Network, Self::Server, Self::Database];

    /// The column's heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Browser => "Browser",
            Self::Network => "Network",
            Self::Server => "App server",
            Self::Database => "Database",
        }
    }

    /// The name in attributes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Network => "network",
            Self::Server => "server",
            Self::Database => "database",
        }
    }
}

impl Outcome {
    /// The name in attributes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Arrived => "arrived",
            Self::Lost => "lost",
        }
    }
}
