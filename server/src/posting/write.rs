//! A command on its way to the writer and back.

use axum::http::Method;
use protocol::fault::Fault;
use protocol::post::Post;
use protocol::problem::{Outcome, Problem, ProblemName};
use protocol::trace::{Row as Evidence, Wrote};

use crate::error::ApiError;
use crate::faults::{Asked, Strike, Subject};
use crate::ledger::{Arriving, Journey, Witness};
use crate::services::{Services, now};
use crate::store::{Command, Row, Verdict};
use crate::writer::Queueing;

/// Decides what befalls the request, and enters it in the ledger.
pub(super) fn depart<'a>(
    services: &Services,
    asked: &Asked,
    subject: Subject,
    method: Method,
    arriving: impl FnOnce(Option<Fault>) -> Arriving<'a>,
) -> Journey {
    let strike = match &services.faults {
        Some(arrivals) => arrivals.strike(asked, subject, method, std::time::Instant::now()),
        None => Strike(None),
    };
    services.telemetry.count_strike(strike);
    let witness = services.ledger.arrived(asked, || arriving(strike.0));
    Journey { strike, witness }
}

/// Has the command written, counted against its author's rate, and holds its answer where that is what befalls it.
pub(super) async fn write_counted(
    services: &Services,
    command: Command,
    queueing: Queueing,
    journey: &Journey,
) -> Result<Verdict, ApiError> {
    let author = command.author();
    let token = take_token(services, &command).await?;
    let noted = journey.witness.is_there().then(|| command.clone());
    let answer = write(services, command, queueing, journey).await;
    if let Some(command) = &noted {
        note_verdict(&journey.witness, command, &answer);
    }
    if token && !brought_something_new(&answer) {
        services.limits.give_back(author);
    }
    journey.after_commit(services).await;
    answer
}

async fn write(
    services: &Services,
    command: Command,
    queueing: Queueing,
    journey: &Journey,
) -> Result<Verdict, ApiError> {
    let fault = journey.strike.at_database();
    if services.log.is_none() || fault.is_some() {
        // Nothing but the database can take it, and it must have its tables.
        services.store()?;
    }
    let queueing = match journey.strike.away_until(now()) {
        Some(_) if services.log.is_none() || queueing == Queueing::Never => {
            journey.strike.needs_database(now())?;
            queueing
        }
        Some(until) => Queueing::Until(until),
        None => queueing,
    };
    Ok(services.writer.submit(command, queueing, fault, &journey.witness).await?.verdict)
}

/// Notes what the database did about a command.
pub(super) fn note_verdict(witness: &Witness, command: &Command, answer: &Result<Verdict, ApiError>) {
    let (true, Ok(verdict)) = (witness.is_there(), answer) else { return };
    let meant = || {
        let content = match command {
            Command::Create(create) => create.post.content.clone(),
            Command::Edit(_) | Command::Delete(_) => String::new(),
        };
        Evidence { id: command.id().to_string(), content }
    };
    let wrote = match verdict {
        Verdict::Created(_) => return witness.created(meant),
        Verdict::Done { answer, replayed } => {
            // Where the key was known, the row's id is not the one that was minted for this arrival.
            let row = || match serde_json::from_str::<Post>(&answer.body) {
                Ok(post) => Evidence { id: post.id.to_string(), content: post.content },
                Err(_) => meant(),
            };
            return if *replayed { witness.wrote(Wrote::Recognised, row) } else { witness.created(row) };
        }
        Verdict::Replayed(_) => Wrote::Recognised,
        Verdict::Deleted | Verdict::NothingToDelete { .. } => Wrote::Deleted,
        // Nothing was written yet; the answer says so.
        Verdict::Queued(_) => return,
        Verdict::KeyReused
        | Verdict::IdUnavailable
        | Verdict::Gone
        | Verdict::ImageMissing
        | Verdict::NotFound
        | Verdict::Stale
        | Verdict::TooLong => Wrote::Refused,
    };
    witness.wrote(wrote, meant);
}

/// Takes a token for an id or key that may be new. An empty bucket looks it up before it refuses, so that replays
/// are never limited; false says that it is known and cost nothing.
async fn take_token(services: &Services, command: &Command) -> Result<bool, ApiError> {
    let author = command.author();
    let Err(wait) = services.limits.take(author, std::time::Instant::now()) else { return Ok(true) };
    let known = match command.key() {
        Some(key) => services.store()?.find_key(author, key).await?.is_some(),
        None => services.store()?.find(command.id()).await?.is_some_and(|row| is_known(command, &row)),
    };
    if known {
        return Ok(false);
    }
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
    let detail = "This identity brings new ids faster than the server takes them.";
    Err(Problem::new(ProblemName::TooManyWrites, detail).retry_after(wait).into())
}

/// Whether a command on the id of `row` is no news. Where it deletes what is somebody else's it passes for an id
/// never seen, which the row must not be told from.
fn is_known(command: &Command, row: &Row) -> bool {
    let owner = match row {
        Row::Post { post, .. } => post.user_id,
        Row::Tombstone { author, .. } => *author,
    };
    !matches!(command, Command::Delete(delete) if delete.author != owner)
}

fn brought_something_new(answer: &Result<Verdict, ApiError>) -> bool {
    match answer {
        Ok(
            Verdict::Created(_)
            | Verdict::Done { replayed: false, .. }
            | Verdict::NothingToDelete { counts_as_new: true }
            | Verdict::Queued(_),
        ) => true,
        Ok(_) => false,
        Err(error) => error.0.outcome != Outcome::NotApplied,
    }
}
