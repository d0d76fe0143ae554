//! A server that is right by being simple: a map from id to row, and a log that is applied later.

use std::collections::{BTreeMap, VecDeque};

use protocol::key::PostId;
use protocol::outbox::{Answer, Method};
use protocol::post::{Post, Room};
use protocol::problem::{Problem, ProblemName};
use protocol::time::Timestamp;
use protocol::user::UserId;
use protocol::wire::{CreateBody, PostState, StateAnswer, StatusAnswer};
use serde::Serialize;
use uuid::Uuid;

/// The two users of this browser: whose session it is changes.
pub(crate) const ME: UserId = UserId(Uuid::from_u128(1));
pub(crate) const OTHER: UserId = UserId(Uuid::from_u128(3));
/// Somebody who takes an id that is not theirs.
pub(crate) const STRANGER: UserId = UserId(Uuid::from_u128(2));

/// What is wrong with the server when a request arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    None,
    /// 503, and nothing was done.
    Away,
    /// 503, and it was done: the server cannot tell.
    AwayAfterCommit,
    /// 500 with no problem document, and nothing was done.
    Broken,
    /// 500 with no problem document, and it was done.
    BrokenAfterCommit,
    /// 429 with a wait.
    RateLimited,
    /// 409: a first request of the same id is still being written.
    InFlight,
    /// 400: for good, as far as the client can know.
    Refused,
    /// 401.
    SignedOut,
    /// The database is away and the log takes it: 202.
    Logged,
    /// Something else answers in the server's name, with HTML and this status.
    Intercepted(u16),
}

#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) owner: UserId,
    pub(crate) content: String,
    pub(crate) room: String,
    /// The order in which rows were first stored.
    pub(crate) sequence: u64,
    pub(crate) deleted: bool,
}

#[derive(Clone, Debug)]
enum Record {
    Create(UserId, PostId, CreateBody),
    Delete(UserId, PostId),
}

/// One request, as it arrives.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// Whose session the browser's cookie was when the request was sent.
    pub(crate) session: UserId,
    /// Whose the request says it is.
    pub(crate) named: Option<UserId>,
    pub(crate) method: Method,
    pub(crate) id: PostId,
    pub(crate) body: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    pub(crate) rows: BTreeMap<PostId, Row>,
    log: VecDeque<Record>,
    rejected: BTreeMap<PostId, Problem>,
    sequence: u64,
}

impl Server {
    /// What it answers while it, or what stands before it, is in trouble.
    pub(crate) fn answer(&mut self, ask: &Ask, trouble: Trouble) -> Answer {
        if let Trouble::Intercepted(status) = trouble {
            return Answer {
                status,
                content_type: Some("text/html".to_owned()),
                body: "<html>Welcome to our Wi-Fi</html>".to_owned(),
                ..Answer::default()
            };
        }
        if ask.named.is_some_and(|named| named != ask.session) {
            return problem(&Problem::new(ProblemName::OtherIdentity, ""));
        }
        let (who, method, id, body) = (ask.session, ask.method, ask.id, ask.body.as_deref());
        match trouble {
            Trouble::None | Trouble::Intercepted(_) => self.serve(who, method, id, body),
            Trouble::Away => problem(&Problem::new(ProblemName::StoreUnavailable, "")),
            Trouble::AwayAfterCommit => {
                self.serve(who, method, id, body);
                problem(&Problem::new(ProblemName::StoreUnavailable, "").outcome_unknown())
            }
            Trouble::Broken => Answer { status: 500, ..Answer::default() },
            Trouble::BrokenAfterCommit => {
                self.serve(who, method, id, body);
                Answer { status: 500, ..Answer::default() }
            }
            Trouble::RateLimited => problem(&Problem::new(ProblemName::TooManyWrites, "").retry_after(5_000)),
            Trouble::InFlight => problem(&Problem::new(ProblemName::InFlight, "")),
            Trouble::Refused => problem(&Problem::new(ProblemName::MalformedBody, "")),
            Trouble::SignedOut => problem(&Problem::new(ProblemName::NotSignedIn, "")),
            Trouble::Logged => self.log(who, method, id, body),
        }
    }

    /// What a client hears that takes a stranger's 404 for the server's.
    pub(crate) fn pretended_404(&self) -> Answer {
        problem(&Problem::new(ProblemName::PostNotFound, ""))
    }

    /// While records wait in the log, later writes follow them there, so that the order holds.
    fn serve(&mut self, who: UserId, method: Method, id: PostId, body: Option<&str>) -> Answer {
        if method != Method::Get && !self.log.is_empty() {
            return self.log(who, method, id, body);
        }
        match method {
            Method::Put => self.create(who, id, &parse(body)),
            Method::Delete => self.delete(who, id),
            Method::Get => json(200, &self.status(who, id)),
        }
    }

    fn log(&mut self, who: UserId, method: Method, id: PostId, body: Option<&str>) -> Answer {
        match method {
            Method::Put => self.log.push_back(Record::Create(who, id, parse(body))),
            Method::Delete => self.log.push_back(Record::Delete(who, id)),
            Method::Get => return json(200, &self.status(who, id)),
        }
        json(202, &StateAnswer { id, state: PostState::Queued })
    }

    fn create(&mut self, who: UserId, id: PostId, body: &CreateBody) -> Answer {
        let Some(row) = self.rows.get(&id) else {
            self.insert(id, who, body);
            return json(201, &self.post(id));
        };
        if row.owner != who {
            problem(&Problem::new(ProblemName::IdUnavailable, ""))
        } else if row.deleted {
            problem(&Problem::new(ProblemName::PostDeleted, ""))
        } else if row.content != body.content {
            problem(&Problem::new(ProblemName::KeyReused, ""))
        } else {
            Answer { replayed: true, ..json(200, &self.post(id)) }
        }
    }

    fn delete(&mut self, who: UserId, id: PostId) -> Answer {
        match self.rows.get_mut(&id) {
            Some(row) if row.owner == who && !row.deleted => {
                row.deleted = true;
                json(200, &StateAnswer { id, state: PostState::Deleted })
            }
            Some(_) => problem(&Problem::new(ProblemName::PostNotFound, "")),
            None => {
                self.insert(id, who, &CreateBody { content: String::new(), image_id: None, room: None });
                self.remove(id);
                problem(&Problem::new(ProblemName::PostNotFound, ""))
            }
        }
    }

    fn status(&self, who: UserId, id: PostId) -> StatusAnswer {
        let queued = self
            .log
            .iter()
            .any(|record| matches!(record, Record::Create(by, queued, _) if *queued == id && *by == who));
        let state = match self.rows.get(&id) {
            _ if queued => PostState::Queued,
            Some(row) if row.owner == who && row.deleted => PostState::Deleted,
            Some(row) if row.owner == who => PostState::Stored,
            _ if self.rejected.contains_key(&id) => PostState::Rejected,
            _ => PostState::Absent,
        };
        let problem = if state == PostState::Rejected { self.rejected.get(&id).cloned() } else { None };
        StatusAnswer { state, problem }
    }

    /// Applies the oldest record of the log; false where there is none.
    pub(crate) fn relay(&mut self) -> bool {
        match self.log.pop_front() {
            Some(Record::Create(who, id, body)) => {
                let answer = self.create(who, id, &body);
                if answer.status >= 400
                    && let Ok(problem) = serde_json::from_str(&answer.body)
                {
                    self.rejected.insert(id, problem);
                }
                true
            }
            Some(Record::Delete(who, id)) => {
                self.delete(who, id);
                true
            }
            None => false,
        }
    }

    /// A stranger takes the id first.
    pub(crate) fn squat(&mut self, id: PostId) {
        if !self.rows.contains_key(&id) {
            self.insert(id, STRANGER, &CreateBody { content: "mine".to_owned(), image_id: None, room: None });
        }
    }

    /// Its author deletes it from another device.
    pub(crate) fn remove(&mut self, id: PostId) {
        if let Some(row) = self.rows.get_mut(&id).filter(|row| row.owner != STRANGER) {
            row.deleted = true;
        }
    }

    fn insert(&mut self, id: PostId, owner: UserId, body: &CreateBody) {
        self.sequence += 1;
        let room = body.room.clone().unwrap_or_else(|| "lobby".to_owned());
        let row = Row { owner, content: body.content.clone(), room, sequence: self.sequence, deleted: false };
        self.rows.insert(id, row);
    }

    /// Whether the log holds a create of this id.
    pub(crate) fn has_logged(&self, id: PostId) -> bool {
        self.log.iter().any(|record| matches!(record, Record::Create(_, logged, _) if *logged == id))
    }

    /// Whether the log holds a deletion of this id.
    pub(crate) fn has_logged_delete(&self, id: PostId) -> bool {
        self.log.iter().any(|record| matches!(record, Record::Delete(_, logged) if *logged == id))
    }

    pub(crate) fn has_rejected(&self, id: PostId) -> bool {
        self.rejected.contains_key(&id)
    }

    /// The posts as a feed shows them.
    pub(crate) fn feed(&self) -> Vec<Post> {
        self.rows.iter().filter(|(_, row)| !row.deleted).map(|(id, _)| self.post(*id)).collect()
    }

    fn post(&self, id: PostId) -> Post {
        let row = &self.rows[&id];
        Post {
            id,
            user_id: row.owner,
            author: "Teal Otter".to_owned(),
            image_id: None,
            content: row.content.clone(),
            room: Room::parse(&row.room).unwrap(),
            create_timestamp: Timestamp::from_unix_ms(0),
        }
    }
}

fn parse(body: Option<&str>) -> CreateBody {
    serde_json::from_str(body.unwrap()).unwrap()
}

fn json(status: u16, body: &impl Serialize) -> Answer {
    Answer {
        status,
        content_type: Some("application/json".to_owned()),
        body: serde_json::to_string(body).unwrap(),
        ..Answer::default()
    }
}

fn problem(problem: &Problem) -> Answer {
    Answer { content_type: Some("application/problem+json".to_owned()), ..json(problem.status, problem) }
}
