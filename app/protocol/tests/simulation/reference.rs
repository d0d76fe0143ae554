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

/// The user whose outbox is simulated.
pub(crate) const ME: UserId = UserId(Uuid::from_u128(1));
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
    /// Something else answers in the server's name: 200 with HTML.
    Portal,
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
    Create(PostId, CreateBody),
    Delete(PostId),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Server {
    pub(crate) rows: BTreeMap<PostId, Row>,
    log: VecDeque<Record>,
    rejected: BTreeMap<PostId, Problem>,
    sequence: u64,
}

impl Server {
    pub(crate) fn answer(
        &mut self,
        method: Method,
        id: PostId,
        body: Option<&str>,
        trouble: Trouble,
    ) -> Answer {
        match trouble {
            Trouble::None => self.serve(method, id, body),
            Trouble::Away => problem(&Problem::new(ProblemName::StoreUnavailable, "")),
            Trouble::AwayAfterCommit => {
                self.serve(method, id, body);
                problem(&Problem::new(ProblemName::StoreUnavailable, "").outcome_unknown())
            }
            Trouble::Broken => Answer { status: 500, ..Answer::default() },
            Trouble::BrokenAfterCommit => {
                self.serve(method, id, body);
                Answer { status: 500, ..Answer::default() }
            }
            Trouble::RateLimited => problem(&Problem::new(ProblemName::TooManyWrites, "").retry_after(5_000)),
            Trouble::InFlight => problem(&Problem::new(ProblemName::InFlight, "")),
            Trouble::Refused => problem(&Problem::new(ProblemName::MalformedBody, "")),
            Trouble::SignedOut => problem(&Problem::new(ProblemName::NotSignedIn, "")),
            Trouble::Logged => self.log(method, id, body),
            Trouble::Portal => Answer {
                status: 200,
                content_type: Some("text/html".to_owned()),
                body: "<html>Welcome to our Wi-Fi</html>".to_owned(),
                ..Answer::default()
            },
        }
    }

    /// While records wait in the log, later writes follow them there, so that the order holds.
    fn serve(&mut self, method: Method, id: PostId, body: Option<&str>) -> Answer {
        if method != Method::Get && !self.log.is_empty() {
            return self.log(method, id, body);
        }
        match method {
            Method::Put => self.create(id, &parse(body)),
            Method::Delete => self.delete(id),
            Method::Get => json(200, &self.status(id)),
        }
    }

    fn log(&mut self, method: Method, id: PostId, body: Option<&str>) -> Answer {
        match method {
            Method::Put => self.log.push_back(Record::Create(id, parse(body))),
            Method::Delete => self.log.push_back(Record::Delete(id)),
            Method::Get => return json(200, &self.status(id)),
        }
        json(202, &StateAnswer { id, state: PostState::Queued })
    }

    fn create(&mut self, id: PostId, body: &CreateBody) -> Answer {
        let Some(row) = self.rows.get(&id) else {
            self.insert(id, ME, body);
            return json(201, &self.post(id));
        };
        if row.owner != ME {
            problem(&Problem::new(ProblemName::IdUnavailable, ""))
        } else if row.deleted {
            problem(&Problem::new(ProblemName::PostDeleted, ""))
        } else if row.content != body.content {
            problem(&Problem::new(ProblemName::KeyReused, ""))
        } else {
            Answer { replayed: true, ..json(200, &self.post(id)) }
        }
    }

    fn delete(&mut self, id: PostId) -> Answer {
        match self.rows.get_mut(&id) {
            Some(row) if row.owner == ME && !row.deleted => {
                row.deleted = true;
                json(200, &StateAnswer { id, state: PostState::Deleted })
            }
            Some(_) => problem(&Problem::new(ProblemName::PostNotFound, "")),
            None => {
                self.insert(id, ME, &CreateBody { content: String::new(), image_id: None, room: None });
                self.remove(id);
                problem(&Problem::new(ProblemName::PostNotFound, ""))
            }
        }
    }

    fn status(&self, id: PostId) -> StatusAnswer {
        let queued =
            self.log.iter().any(|record| matches!(record, Record::Create(queued, _) if *queued == id));
        let state = match self.rows.get(&id) {
            _ if queued => PostState::Queued,
            Some(row) if row.owner == ME && row.deleted => PostState::Deleted,
            Some(row) if row.owner == ME => PostState::Stored,
            _ if self.rejected.contains_key(&id) => PostState::Rejected,
            _ => PostState::Absent,
        };
        let problem = if state == PostState::Rejected { self.rejected.get(&id).cloned() } else { None };
        StatusAnswer { state, problem }
    }

    /// Applies the oldest record of the log; false where there is none.
    pub(crate) fn relay(&mut self) -> bool {
        match self.log.pop_front() {
            Some(Record::Create(id, body)) => {
                let answer = self.create(id, &body);
                if answer.status >= 400
                    && let Ok(problem) = serde_json::from_str(&answer.body)
                {
                    self.rejected.insert(id, problem);
                }
                true
            }
            Some(Record::Delete(id)) => {
                self.delete(id);
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
        if let Some(row) = self.rows.get_mut(&id).filter(|row| row.owner == ME) {
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
        self.status(id).state == PostState::Queued
    }

    /// Whether the log holds a deletion of this id.
    pub(crate) fn has_logged_delete(&self, id: PostId) -> bool {
        self.log.iter().any(|record| matches!(record, Record::Delete(logged) if *logged == id))
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
