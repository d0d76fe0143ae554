//! The lab: the arm that retries are compared on, the museum, and the ledger. All of it is there only where the
//! server runs with faults on.

use protocol::openapi::AppendBody;
use protocol::outage::{LogAnswer, Replayed};
use protocol::problem::ProblemName as P;
use protocol::trace::Lane;
use protocol::wire::{CreateBody, NaivePage, NaivePost};
use serde_json::json;
use utoipa::openapi::HttpMethod;
use utoipa::openapi::link::LinkBuilder;

use super::answer::{Headers, json_of, stream};
use super::document::LAB;
use super::operation::{Describe, Described};
use super::{example, parameter};
use crate::ledger::RunAnswer;
use crate::promise::Visits;

pub fn operations() -> [Described; 13] {
    [
        naive_post(),
        naive_list(),
        naive_append(),
        museum_post(),
        museum_list(),
        visit(),
        note(),
        log(),
        release_log(),
        crash_log(),
        replay_log(),
        run(),
        follow_run(),
    ]
}

fn naive_post() -> Described {
    let append = LinkBuilder::new()
        .operation_id("appendNaive")
        .parameter("n", "$response.body#/id")
        .description("Add to the row.");
    let answer = json_of::<NaivePost>("A new row, whatever was sent before.", example::naive_post());
    Describe::new(HttpMethod::Post, "/api/naive/posts", "createNaive", "Store a row for every arrival")
        .tag(LAB)
        .about("The control arm. It takes the same body and passes over every key: a retry is another row.")
        .by_anybody()
        .with(parameter::experiment())
        .takes::<CreateBody>([("post", example::create())])
        .answers(201, answer.link("append", append.build()))
        .refuses([P::MalformedFault, P::NotFound, P::InvalidContent, P::TooManyWrites])
        .refuses([P::NotSignedIn, P::CrossSite])
        .done()
}

fn naive_list() -> Described {
    Describe::new(HttpMethod::Get, "/api/naive/posts", "listNaive", "Read the control arm's rows")
        .tag(LAB)
        .with([parameter::room(), parameter::before(), parameter::limit(), parameter::run()])
        .answers(200, json_of::<NaivePage>("A page of rows, newest first.", example::naive_page()))
        .refuses([P::InvalidQuery, P::NotFound])
        .done()
}

fn naive_append() -> Described {
    let about = "Adds the text on every arrival: why a method that is not idempotent needs a key. It finds rows of \
                 the request's own experiment alone.";
    Describe::new(HttpMethod::Patch, "/api/naive/posts/{n}", "appendNaive", "Add to a row on every arrival")
        .tag(LAB)
        .about(about)
        .by_anybody()
        .with([parameter::row_number()])
        .with(parameter::experiment())
        .takes::<AppendBody>([("append", json!({ "append": example::ADDITION }))])
        .answers(200, json_of::<NaivePost>("The row as it stands.", example::appended_naive_post()))
        .refuses([P::MalformedFault, P::NotFound, P::PostNotFound, P::InvalidContent])
        .refuses([P::TooManyWrites, P::NotSignedIn, P::CrossSite])
        .done()
}

fn museum_post() -> Described {
    let about = "Six designs that look as if a retry were safe, each a real one, each doubling a post in the weather \
                 that it was not made for.";
    let first = json_of::<NaivePost>("What the exhibit takes for a new post.", example::naive_post());
    let again = json_of::<NaivePost>("What it takes for a retry.", example::naive_post()).maybe_replayed("");
    Describe::new(HttpMethod::Post, "/api/lab/museum/{lane}/posts", "createExhibit", "Post to a half-fix")
        .tag(LAB)
        .about(about)
        .by_anybody()
        .with([parameter::lane(&exhibits()), parameter::maybe_key()])
        .with(parameter::experiment())
        .takes::<CreateBody>([("post", example::create())])
        .answers(200, again)
        .answers(201, first)
        .refuses([P::KeyRequired, P::KeyMalformed, P::MalformedFault, P::NotFound, P::InvalidContent])
        .refuses([P::TooManyWrites, P::NotSignedIn, P::CrossSite])
        .done()
}

fn museum_list() -> Described {
    Describe::new(HttpMethod::Get, "/api/lab/museum/{lane}/posts", "listExhibit", "Read a half-fix's rows")
        .tag(LAB)
        .with([parameter::lane(&exhibits()), parameter::room(), parameter::before(), parameter::limit()])
        .with([parameter::run()])
        .answers(200, json_of::<NaivePage>("A page of rows, newest first.", example::naive_page()))
        .refuses([P::InvalidQuery, P::NotFound])
        .done()
}

fn exhibits() -> Vec<&'static str> {
    Lane::ALL.into_iter().filter(|lane| lane.is_museum()).map(Lane::as_str).collect()
}

fn visit() -> Described {
    let visits = serde_json::to_value(Visits { visits: 1 }).unwrap_or_default();
    Describe::new(HttpMethod::Get, "/api/lab/promise/visits/{run}", "countVisit", "Break the promise of GET")
        .tag(LAB)
        .about("A read that writes: it counts its visits, HEAD included. A name makes nothing safe.")
        .by_anybody()
        .with([parameter::run_in_path()])
        .answers(200, json_of::<Visits>("How many there were.", visits))
        .refuses([P::InvalidQuery, P::NotFound, P::PostNotFound, P::InvalidContent, P::TooManyWrites])
        .done()
}

fn note() -> Described {
    let about =
        "A replacement that appends: the row grows with every arrival. A name makes nothing idempotent.";
    let first = json_of::<NaivePost>("The row that the run keeps here.", example::naive_post());
    let again = json_of::<NaivePost>("The row as it stands.", example::appended_naive_post());
    Describe::new(HttpMethod::Put, "/api/lab/promise/notes/{run}", "putNote", "Break the promise of PUT")
        .tag(LAB)
        .about(about)
        .by_anybody()
        .with([parameter::run_in_path()])
        .takes::<CreateBody>([("note", example::create())])
        .answers(200, again)
        .answers(201, first)
        .refuses([P::InvalidQuery, P::NotFound, P::PostNotFound, P::InvalidContent, P::TooManyWrites])
        .refuses([P::NotSignedIn, P::CrossSite])
        .done()
}

fn log() -> Described {
    let about = "The caller's records among the last ones, as they wait and are applied. There is nothing here where the \
                 server has no log.";
    Describe::new(HttpMethod::Get, "/api/lab/log", "listLog", "Read one's own records of the log")
        .tag(LAB)
        .about(about)
        .by_a_caller()
        .answers(200, json_of::<LogAnswer>("The records, oldest first.", example::log()))
        .refuses([P::NotFound])
        .done()
}

fn release_log() -> Described {
    on_log("/api/lab/log/release", "releaseLog", "End one's own outage")
        .about("What the caller has set aside in the log is applied now, in its order.")
        .answers(200, json_of::<LogAnswer>("The records, oldest first.", example::log()))
        .done()
}

fn crash_log() -> Described {
    on_log("/api/lab/log/crash", "crashLog", "Stop the consumer before it has saved its offset")
        .about("It strikes once, when the caller's next records are applied; they are then applied again.")
        .answers(200, json_of::<LogAnswer>("The records, oldest first.", example::log()))
        .done()
}

fn replay_log() -> Described {
    on_log("/api/lab/log/replay", "replayLog", "Apply one's own records again")
        .about("The code of `postonce replay`, on the caller's records alone and one caller at a time.")
        .answers(200, json_of::<Replayed>("What it did.", example::replayed()))
        .refuses([P::TooManyWrites])
        .done()
}

fn on_log(path: &'static str, id: &str, summary: &str) -> Describe {
    Describe::new(HttpMethod::Post, path, id, summary).tag(LAB).by_a_caller().refuses([P::NotFound])
}

fn run() -> Described {
    let about = "Every request that carried this `Run`, in the order of arrival: its attempt, the fault that fired, \
                 what became of it, and where the time went. Kept in memory by the instance that it names.";
    Describe::new(HttpMethod::Get, "/api/lab/runs/{run}", "getRun", "Read an experiment's ledger")
        .tag(LAB)
        .about(about)
        .with([parameter::run_in_path()])
        .answers(200, json_of::<RunAnswer>("What arrived.", example::run()))
        .refuses([P::InvalidQuery, P::NotFound])
        .done()
}

fn follow_run() -> Described {
    let about = "The same as Server-Sent Events, as it is recorded: `ledger`, and a `ping` every 15 seconds. It may be \
                 opened before the first arrival.";
    let event = json!({ "id": "0", "event": "ledger", "data": example::run()["events"][0].to_string() });
    let answer = stream("The stream; it ends when the run is forgotten.", &["ledger", "ping"], event);
    Describe::new(HttpMethod::Get, "/api/lab/runs/{run}/events", "followRun", "Follow an experiment's ledger")
        .tag(LAB)
        .about(about)
        .with([
            parameter::run_in_path(),
            parameter::last_event_id("The number of the last event that was seen."),
        ])
        .answers(200, answer)
        .refuses([P::InvalidQuery, P::NotFound])
        .done()
}
