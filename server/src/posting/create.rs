//! Storing a post once, under its id or under an opaque key.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, Method};
use protocol::fingerprint::Fingerprint;
use protocol::key::{IdempotencyKey, PostId};
use protocol::post::{NewPost, Post};
use protocol::problem::{Outcome, Problem, ProblemName};
use protocol::trace::{Lane, Seen};
use protocol::user::UserId;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::refusal::refusal;
use super::wait::{DEFAULT_WAIT, preferred_wait};
use super::write::{depart, note_verdict, write_counted};
use crate::error::ApiError;
use crate::faults::{Asked, Subject};
use crate::in_flight::Entrance;
use crate::ledger::{Arriving, Journey, body_of};
use crate::services::{Services, now};
use crate::store::{Command, Create, KeptAnswer, Row, Target, Verdict};
use crate::writer::Queueing;

/// When a duplicate that waited in vain should ask again, in milliseconds.
const IN_FLIGHT_RETRY_MS: u64 = 1_000;

/// What was stored, and whether this request is the one that stored it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub what: StoredAs,
    pub replayed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredAs {
    /// Under an id: the post as it stands.
    Post(Arc<Post>),
    /// Under an opaque key: the answer that the key keeps.
    Answer(KeptAnswer),
    /// Not yet: the log holds what was asked about this post.
    Queued(PostId),
}

/// A create that passed every check that needs no database.
#[derive(Clone, Debug)]
pub struct Posting {
    /// What a retry of it is known by.
    pub under: IdempotencyKey,
    pub author: UserId,
    pub post: NewPost,
    /// `If-None-Match: *`: only to be stored, never to be replayed.
    pub only_new: bool,
    /// How long to wait for a duplicate that is under way.
    pub wait: Duration,
}

impl Posting {
    pub fn new(under: IdempotencyKey, author: UserId, post: NewPost) -> Self {
        Self { under, author, post, only_new: false, wait: DEFAULT_WAIT }
    }

    /// Reads the headers that bear on a create.
    pub fn with_conditions(mut self, headers: &HeaderMap) -> Self {
        self.only_new = headers.get("if-none-match").is_some_and(|value| value.as_bytes() == b"*");
        self.wait = preferred_wait(headers).unwrap_or(DEFAULT_WAIT);
        self
    }

    /// The command that stores it. Where no id came with the request, one is minted here.
    fn command(&self) -> Result<Create, ApiError> {
        let (id, key) = match &self.under {
            IdempotencyKey::Post(id) => (*id, None),
            IdempotencyKey::Opaque(key) => {
                let minted = PostId::from_uuid(Uuid::now_v7());
                (minted.map_err(|_| ApiError::internal())?, Some(key.clone()))
            }
        };
        Ok(Create {
            id,
            author: self.author,
            key,
            fingerprint: Fingerprint::of_create(&self.post),
            post: self.post.clone(),
            write_id: Uuid::new_v4(),
            create_timestamp: now(),
        })
    }
}

/// Passes acceptable content on. What is wrong with the rest is said about an id or key that the caller may use and
/// nobody used: where something stands there, the answer is what any other content would have got, so that content
/// tells nothing about somebody else's post.
pub async fn content_or_why_not(
    services: &Services,
    under: &IdempotencyKey,
    author: UserId,
    post: Result<NewPost, ApiError>,
) -> Result<NewPost, ApiError> {
    let Err(error) = post else { return post };
    if error.0.name() != Some(ProblemName::InvalidContent) {
        return Err(error);
    }
    // Acceptable content is all that was ever stored, so this is other content.
    let verdict = match under {
        IdempotencyKey::Post(id) => match services.store()?.find(*id).await? {
            None => return Err(error),
            Some(Row::Post { post, .. }) if post.user_id == author => Verdict::KeyReused,
            Some(Row::Tombstone { author: owner, .. }) if owner == author => Verdict::Gone,
            Some(Row::Post { .. } | Row::Tombstone { .. }) => Verdict::IdUnavailable,
        },
        IdempotencyKey::Opaque(key) => match services.store()?.find_key(author, key).await? {
            None => return Err(error),
            Some(state) if state.gone => Verdict::Gone,
            Some(_) => Verdict::KeyReused,
        },
    };
    Err(refusal(&verdict))
}

/// Stores a post once. It runs to its end even if the client has gone. The strike that befell the request goes
/// with the answer, be it a refusal: any answer can be lost.
pub async fn create(
    services: &Services,
    posting: Posting,
    asked: &Asked,
    method: Method,
    headers: &HeaderMap,
) -> (Journey, Result<Stored, ApiError>) {
    let subject = match &posting.under {
        IdempotencyKey::Post(id) => Subject::Post(*id),
        IdempotencyKey::Opaque(key) => Subject::Key(posting.author, key.clone()),
    };
    let journey = depart(services, asked, subject, method.clone(), |fault| {
        let by_id = method == Method::PUT;
        Arriving {
            lane: if by_id { Lane::Uuid } else { Lane::Key },
            method,
            path: if by_id { format!("/api/posts/{}", posting.under) } else { "/api/posts".to_owned() },
            headers,
            body: body_of(&posting.post),
            fault,
        }
    });
    let stored = services.detached(create_detached(services.clone(), posting, journey.clone())).await;
    services.telemetry.count_create(stored.as_ref().map(|stored| stored.replayed));
    // What belongs to a run is counted by the ledger.
    if !journey.witness.is_there() {
        services.numbers.count_create(matches!(stored, Ok(Stored { replayed: false, .. })));
    }
    (journey, stored)
}

async fn create_detached(services: Services, posting: Posting, journey: Journey) -> Result<Stored, ApiError> {
    journey.before(&services).await?;
    let create = posting.command()?;
    let queueing = if posting.only_new { Queueing::Never } else { Queueing::IfAway };
    let deadline = Instant::now() + posting.wait;
    let answer = write_once(&services, create, queueing, deadline, &journey).await?;
    let (what, replayed) = match answer {
        Verdict::Created(post) => (StoredAs::Post(post), false),
        Verdict::Replayed(post) => (StoredAs::Post(post), true),
        Verdict::Done { answer, replayed } => (StoredAs::Answer(answer), replayed),
        // Another request without the condition has it queued: whether the post is new is decided later.
        Verdict::Queued(_) if posting.only_new => return Err(ApiError::store_unavailable(Outcome::Unknown)),
        Verdict::Queued(id) => (StoredAs::Queued(id), false),
        refused => return Err(refusal(&refused)),
    };
    if replayed && posting.only_new {
        let detail = "The post exists, and If-None-Match: * asked for it to be new.";
        return Err(ApiError::new(ProblemName::PreconditionFailed, detail));
    }
    Ok(Stored { what, replayed })
}

/// Writes a create, or waits for the same create to be written by another request and is answered along.
async fn write_once(
    services: &Services,
    create: Create,
    queueing: Queueing,
    deadline: Instant,
    journey: &Journey,
) -> Result<Verdict, ApiError> {
    let target = match &create.key {
        Some(key) => Target::Key(create.author, key.clone()),
        None => Target::Post(create.id),
    };
    let (author, fingerprint) = (create.author, create.fingerprint);
    let command = Command::from(create);
    loop {
        // A command with a database fault runs alone, so that its neighbours are not touched.
        let struck = journey.strike.at_database().is_some() || journey.strike.away_until(now()).is_some();
        let entrance = if struck {
            Entrance::Apart
        } else {
            services.in_flight.enter(target.clone(), author, fingerprint)
        };
        match entrance {
            Entrance::Attached(first) => {
                journey.witness.note(|| Seen::Attached);
                match timeout_at(deadline, first.answer()).await {
                    Ok(Some(answer)) => {
                        note_verdict(&journey.witness, &command, &answer);
                        return answer;
                    }
                    Ok(None) => {}
                    Err(_) => return Err(in_flight()),
                }
            }
            Entrance::First(first) => {
                let answer = write_counted(services, command, queueing, journey).await;
                if !is_about_one_arrival(&answer) {
                    first.tell(&answer);
                }
                return answer;
            }
            Entrance::Apart => return write_counted(services, command, queueing, journey).await,
        }
    }
}

/// Whether a refusal says nothing about others who sent the same: whoever is attached then asks for itself.
fn is_about_one_arrival(answer: &Result<Verdict, ApiError>) -> bool {
    matches!(answer, Err(error) if error.0.name() == Some(ProblemName::TooManyWrites))
}

fn in_flight() -> ApiError {
    let detail = "The first request with this id is still being written. Ask again with the same id.";
    Problem::new(ProblemName::InFlight, detail).retry_after(IN_FLIGHT_RETRY_MS).into()
}
