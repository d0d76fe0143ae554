//! Records of the log that were not applied, with their reason. They are kept where the posts are, because whoever
//! refuses one has the database at hand, and every instance has to know.

use async_trait::async_trait;
use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::problem::Problem;
use protocol::time::Timestamp;
use protocol::user::UserId;

use super::{Command, StoreError};

/// A record that will not be applied.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The command's write id, or the record's place in the log where it names none. A letter is kept once.
    pub record: String,
    /// Whose it is and what it was about; `None` where it cannot be read.
    pub about: Option<About>,
    pub problem: Problem,
    pub payload: String,
    pub time: Timestamp,
}

/// What a refused command was about.
#[derive(Clone, Debug)]
pub struct About {
    pub author: UserId,
    pub post: PostId,
    pub key: Option<String>,
    pub fingerprint: Option<Fingerprint>,
}

impl About {
    pub fn command(command: &Command) -> Self {
        let fingerprint = match command {
            Command::Create(create) => Some(create.fingerprint),
            Command::Edit(edit) => Some(edit.fingerprint),
            Command::Delete(_) => None,
        };
        let key = command.key().map(ToOwned::to_owned);
        Self { author: command.author(), post: command.id(), key, fingerprint }
    }
}

#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Keeps letters; those that are there already are left alone.
    async fn bury(&self, letters: &[DeadLetter]) -> Result<(), StoreError>;

    /// Why the author's newest refused command about this post was refused. `None` where the same was done since, or
    /// the post is gone by the author's own hand: then nothing is left to be told.
    async fn rejection(&self, author: UserId, post: PostId) -> Result<Option<Problem>, StoreError>;
}

/// The columns of a letter, as both databases bind them.
pub(super) struct Columns<'a> {
    pub record: &'a str,
    pub about: Option<&'a About>,
    pub problem: String,
    pub payload: String,
    pub time_ms: i64,
}

impl DeadLetter {
    pub(super) fn columns(&self) -> Result<Columns<'_>, StoreError> {
        let problem = super::operation::json(&self.problem).map_err(StoreError::NotApplied)?;
        // A record that cannot be read may hold what the database cannot.
        let payload = self.payload.replace('\0', "\u{fffd}");
        let time_ms = self.time.unix_ms();
        Ok(Columns { record: &self.record, about: self.about.as_ref(), problem, payload, time_ms })
    }
}

pub(super) fn read_problem(text: &str) -> Result<Problem, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::NotApplied(sqlx::Error::Decode(error.into())))
}
