//! Creating and deleting a post, whichever door the request came through: PUT, POST or a form.

use std::time::Duration;

use axum::http::{HeaderMap, Method};
use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::post::{NewPost, Post};
use protocol::problem::{Outcome, Problem, ProblemName};
use protocol::trace::{Lane, Row as Evidence, Seen, Wrote};
use protocol::user::UserId;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::error::ApiError;
use crate::faults::{Asked, Strike, Subject};
use crate::in_flight::Entrance;
use crate::ledger::{Arriving, Journey, Witness, body_of};
use crate::services::{Services, now};
use crate::store::{Command, Create, Delete, Row, Target, Verdict};

/// How long a duplicate waits for the first when `Prefer: wait` does not say.
const DEFAULT_WAIT: Duration = Duration::from_secs(5);

/// The longest that `Prefer: wait` may ask for, in seconds.
const WAIT_MAX_SECONDS: u64 = 30;

/// When a duplicate that waited in vain should ask again, in milliseconds.
const IN_FLIGHT_RETRY_MS: u64 = 1_000;

/// A post as it stands, and whether this request is the one that stored it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub post: Post,
    pub replayed: bool,
}

/// A create that passed every check that needs no database.
#[derive(Clone, Debug)]
pub struct Posting {
    pub id: PostId,
    pub author: UserId,
    pub post: NewPost,
    /// `If-None-Match: *`: only to be stored, never to be replayed.
    pub only_new: bool,
    /// How long to wait for a duplicate that is under way.
    pub wait: Duration,
}

impl Posting {
    pub fn new(id: PostId, author: UserId, post: NewPost) -> Self {
        Self { id, author, post, only_new: false, wait: DEFAULT_WAIT }
    }

    /// Reads the headers that bear on a create.
    pub fn with_conditions(mut self, headers: &HeaderMap) -> Self {
        self.only_new = headers.get("if-none-match").is_some_and(|value| value.as_bytes() == b"*");
        self.wait = preferred_wait(headers).unwrap_or(DEFAULT_WAIT);
        self
    }
}

/// `Prefer: wait=N` (RFC 7240). Malformed values and other preferences are ignored, as that document asks.
fn preferred_wait(headers: &HeaderMap) -> Option<Duration> {
    let lines = headers.get_all("prefer").iter().filter_map(|line| line.to_str().ok());
    let seconds = lines
        .flat_map(|line| line.split(','))
        .filter_map(|preference| preference.split(';').next()?.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
        .and_then(|(_, value)| value.trim().trim_matches('"').parse::<u64>().ok())?;
    Some(Duration::from_secs(seconds.min(WAIT_MAX_SECONDS)))
}

/// Passes acceptable content on. What is wrong with the rest is said about an id that the caller may use and nobody
/// used: where something stands at the id, the answer is what any other content would have got, so that content
/// tells nothing about somebody else's post.
pub async fn content_or_why_not(
    services: &Services,
    id: PostId,
    author: UserId,
    post: Result<NewPost, ApiError>,
) -> Result<NewPost, ApiError> {
    let Err(error) = post else { return post };
    if error.0.name() != Some(ProblemName::InvalidContent) {
        return Err(error);
    }
    // Acceptable content is all that was ever stored, so this is other content.
    let verdict = match services.store()?.find(id).await? {
        None => return Err(error),
        Some(Row::Post { post, .. }) if post.user_id == author => Verdict::KeyReused,
        Some(Row::Tombstone { author: owner, .. }) if owner == author => Verdict::Gone,
        Some(Row::Post { .. } | Row::Tombstone { .. }) => Verdict::IdUnavailable,
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
    let strike = strike(services, asked, posting.id, method.clone());
    let witness = services.ledger.arrived(asked, || {
        let by_id = method == Method::PUT;
        Arriving {
            lane: if by_id { Lane::Uuid } else { Lane::Key },
            method,
            path: if by_id { format!("/api/posts/{}", posting.id) } else { "/api/posts".to_owned() },
            headers,
            body: body_of(&posting.post),
            fault: strike.0,
        }
    });
    let journey = Journey { strike, witness };
    let stored = services.detached(create_detached(services.clone(), posting, journey.clone())).await;
    services.telemetry.count_create(stored.as_ref().map(|stored| stored.replayed));
    (journey, stored)
}

async fn create_detached(services: Services, posting: Posting, journey: Journey) -> Result<Stored, ApiError> {
    journey.before(&services).await?;
    let Journey { strike, witness } = &journey;
    let row = Evidence { id: posting.id.to_string(), content: posting.post.content.clone() };
    let fingerprint = Fingerprint::of_create(&posting.post);
    let deadline = Instant::now() + posting.wait;
    let only_new = posting.only_new;
    let injected = strike.at_database();
    let verdict = loop {
        // A command with a database fault runs alone, so that its neighbours are not touched.
        let entrance = if injected.is_some() {
            Entrance::Apart
        } else {
            services.in_flight.enter(Target::Post(posting.id), posting.author, fingerprint)
        };
        match entrance {
            Entrance::Attached(first) => {
                witness.note(|| Seen::Attached);
                match timeout_at(deadline, first.answer()).await {
                    Ok(Some(answer)) => {
                        note_verdict(witness, &answer, &row);
                        break answer;
                    }
                    Ok(None) => {}
                    Err(_) => return Err(in_flight()),
                }
            }
            Entrance::First(first) => {
                let answer = write_new(&services, posting, fingerprint, &journey).await;
                note_verdict(witness, &answer, &row);
                journey.after_commit(&services).await;
                if !is_about_one_arrival(&answer) {
                    first.tell(answer.clone());
                }
                break answer;
            }
            Entrance::Apart => {
                let answer = write_new(&services, posting, fingerprint, &journey).await;
                note_verdict(witness, &answer, &row);
                journey.after_commit(&services).await;
                break answer;
            }
        }
    }?;
    match verdict {
        Verdict::Created(post) => Ok(Stored { post, replayed: false }),
        Verdict::Replayed(_) if only_new => Err(ApiError::new(
            ProblemName::PreconditionFailed,
            "The post exists, and If-None-Match: * asked for it to be new.",
        )),
        Verdict::Replayed(post) => Ok(Stored { post, replayed: true }),
        refused => Err(refusal(&refused)),
    }
}

/// Whether a refusal says nothing about others who sent the same: whoever is attached then asks for itself.
fn is_about_one_arrival(answer: &Result<Verdict, ApiError>) -> bool {
    matches!(answer, Err(error) if error.0.name() == Some(ProblemName::TooManyWrites))
}

async fn write_new(
    services: &Services,
    posting: Posting,
    fingerprint: Fingerprint,
    journey: &Journey,
) -> Result<Verdict, ApiError> {
    let (id, author) = (posting.id, posting.author);
    let token = take_token(services, author, id).await?;
    let command = Command::Create(Create {
        id,
        author,
        key: None,
        post: posting.post,
        fingerprint,
        write_id: Uuid::new_v4(),
        create_timestamp: now(),
    });
    let answer = write(services, command, journey).await;
    if token && !brought_a_new_id(&answer) {
        services.limits.give_back(author);
    }
    answer
}

/// Deletes the caller's post, or leaves a tombstone where the id was never seen. True where a post was erased.
pub async fn delete(
    services: &Services,
    id: PostId,
    author: UserId,
    asked: &Asked,
    headers: &HeaderMap,
) -> (Journey, Result<bool, ApiError>) {
    let strike = strike(services, asked, id, Method::DELETE);
    let witness = services.ledger.arrived(asked, || Arriving {
        lane: Lane::Uuid,
        method: Method::DELETE,
        path: format!("/api/posts/{id}"),
        headers,
        body: String::new(),
        fault: strike.0,
    });
    let journey = Journey { strike, witness };
    let work = {
        let (services, journey) = (services.clone(), journey.clone());
        async move {
            journey.before(&services).await?;
            let token = take_token(&services, author, id).await?;
            let delete = Delete { id, author, write_id: Uuid::new_v4(), delete_timestamp: now() };
            let answer = write(&services, Command::Delete(delete), &journey).await;
            note_verdict(&journey.witness, &answer, &Evidence { id: id.to_string(), content: String::new() });
            if token && !brought_a_new_id(&answer) {
                services.limits.give_back(author);
            }
            journey.after_commit(&services).await;
            Ok(matches!(answer?, Verdict::Deleted))
        }
    };
    (journey, services.detached(work).await)
}

fn strike(services: &Services, asked: &Asked, id: PostId, method: Method) -> Strike {
    let Some(arrivals) = &services.faults else { return Strike(None) };
    let strike = arrivals.strike(asked, Subject::Post(id), method, std::time::Instant::now());
    services.telemetry.count_strike(strike);
    strike
}

async fn write(services: &Services, command: Command, journey: &Journey) -> Result<Verdict, ApiError> {
    services.store()?;
    let fault = journey.strike.at_database();
    Ok(services.writer.submit(command, fault, &journey.witness).await?.verdict)
}

fn note_verdict(witness: &Witness, answer: &Result<Verdict, ApiError>, row: &Evidence) {
    let Ok(verdict) = answer else { return };
    let wrote = match verdict {
        Verdict::Created(_) => return witness.created(|| row.clone()),
        Verdict::Replayed(_) => Wrote::Recognised,
        Verdict::Deleted | Verdict::NothingToDelete { .. } => Wrote::Deleted,
        Verdict::Done { replayed: false, .. } => return witness.created(|| row.clone()),
        Verdict::Done { replayed: true, .. } => Wrote::Recognised,
        Verdict::KeyReused
        | Verdict::IdUnavailable
        | Verdict::Gone
        | Verdict::ImageMissing
        | Verdict::NotFound
        | Verdict::Stale
        | Verdict::TooLong => Wrote::Refused,
    };
    witness.wrote(wrote, || row.clone());
}

/// Takes a token for an id that may be new. An empty bucket looks the id up before it refuses, so that replays
/// are never limited; false says that the id is known and cost nothing.
async fn take_token(services: &Services, author: UserId, id: PostId) -> Result<bool, ApiError> {
    let Err(wait) = services.limits.take(author, std::time::Instant::now()) else { return Ok(true) };
    if services.store()?.find(id).await?.is_some() {
        return Ok(false);
    }
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
    let detail = "This identity brings new ids faster than the server takes them.";
    Err(Problem::new(ProblemName::TooManyWrites, detail).retry_after(wait).into())
}

fn brought_a_new_id(answer: &Result<Verdict, ApiError>) -> bool {
    match answer {
        Ok(Verdict::Created(_) | Verdict::NothingToDelete { tombstone_left: true }) => true,
        Ok(_) => false,
        Err(error) => error.0.outcome != Outcome::NotApplied,
    }
}

fn in_flight() -> ApiError {
    let detail = "The first request with this id is still being written. Ask again with the same id.";
    Problem::new(ProblemName::InFlight, detail).retry_after(IN_FLIGHT_RETRY_MS).into()
}

/// The refusal that a verdict means for a create.
fn refusal(verdict: &Verdict) -> ApiError {
    match verdict {
        Verdict::KeyReused => ApiError::new(
            ProblemName::KeyReused,
            "You used this id or key for something else. Nothing was written.",
        ),
        Verdict::IdUnavailable => {
            ApiError::new(ProblemName::IdUnavailable, "This id cannot be used. Mint another.")
        }
        Verdict::Gone => {
            ApiError::new(ProblemName::PostDeleted, "You deleted this post. It will not come back.")
        }
        Verdict::ImageMissing => Problem::new(ProblemName::ImageMissing, "There is no picture with this id.")
            .at("/image_id")
            .into(),
        Verdict::NotFound => {
            ApiError::new(ProblemName::PostNotFound, "There is no post of yours with this id.")
        }
        Verdict::Stale => ApiError::new(
            ProblemName::PreconditionFailed,
            "The post has changed since the version that If-Match names.",
        ),
        Verdict::TooLong => {
            Problem::new(ProblemName::InvalidContent, "With this, the post would be over 2,048 characters.")
                .at("/append")
                .into()
        }
        Verdict::Created(_)
        | Verdict::Replayed(_)
        | Verdict::Done { .. }
        | Verdict::Deleted
        | Verdict::NothingToDelete { .. } => ApiError::internal(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(line: &str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert("prefer", line.parse().unwrap());
        preferred_wait(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn prefer_wait_is_capped_and_nonsense_ignored() {
        assert_eq!(wait("wait=3"), Some(3));
        assert_eq!(wait("respond-async, Wait = \"0\"; x=1"), Some(0));
        assert_eq!(wait("wait=900"), Some(30));
        for line in ["wait", "wait=", "wait=-1", "wait=1.5", "waits=3", "wait=99999999999999999999"] {
            assert_eq!(wait(line), None, "{line}");
        }
    }
}
