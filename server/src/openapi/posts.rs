//! Writing: the operations that may be sent again.

use protocol::openapi::FormBody;
use protocol::post::Post;
use protocol::problem::ProblemName as P;
use protocol::wire::{CreateBody, EditBody, PostState, StateAnswer};
use serde_json::json;
use utoipa::openapi::HttpMethod;
use utoipa::openapi::response::ResponseBuilder;

use super::answer::{Headers, json_of};
use super::document::POSTS;
use super::operation::{Describe, Described, body};
use super::{example, parameter};

/// Why a create is refused by what is stored.
const BY_THE_TABLE: [P; 8] = [
    P::IdUnavailable,
    P::InFlight,
    P::PostDeleted,
    P::PreconditionFailed,
    P::KeyReused,
    P::InvalidContent,
    P::ImageMissing,
    P::TooManyWrites,
];

pub fn operations() -> [Described; 4] {
    [put(), post(), patch(), delete()]
}

fn put() -> Described {
    let about = "The id in the path is the key: send the same request again, as often as you like, and the post is \
                 stored once. The first answer is 201, every other 200 with the marker `Idempotency-Replayed`. An \
                 `Idempotency-Key` is not needed; one that is sent has to be the same id. Checks run in this order: \
                 identity, id, media type and size, body, then what is stored.";
    let first = json_of::<Post>("Stored by this request.", example::post()).located().leads_to_the_post();
    let again = json_of::<Post>(
        "Stored before: the post as it stands, the bytes of the first answer until it is edited.",
        example::post(),
    );
    Describe::new(HttpMethod::Put, "/api/posts/{id}", "putPost", "Store a post under its id")
        .tag(POSTS)
        .about(about)
        .by_a_caller()
        .with([parameter::id(), parameter::if_none_match(), parameter::prefer()])
        .with(parameter::experiment())
        .takes::<CreateBody>([("post", example::create())])
        .answers(200, again.maybe_replayed("").leads_to_the_post())
        .answers(201, first)
        .answers(202, queued())
        .refuses([P::InvalidId, P::KeyMalformed, P::MalformedFault, P::NotFound])
        .refuses(BY_THE_TABLE)
        .done()
}

fn post() -> Described {
    let about = "The same operation for clients that prefer POST. A key that is a UUID of version 4 or 7 becomes the \
                 post's id, so that PUT and POST of one id are one operation. Under any other key the server mints \
                 the id, remembers the key in the transaction that stores the post, and answers every retry with the \
                 bytes of the first answer. Forms and JSON that mean the same post are the same post.";
    let answer = json_of::<Post>("Stored, by this request or before.", example::post())
        .located()
        .maybe_replayed("Missing on the first answer.")
        .leads_to_the_post();
    Describe::new(HttpMethod::Post, "/api/posts", "createPost", "Store a post under a key")
        .tag(POSTS)
        .about(about)
        .by_a_caller()
        .with([parameter::key(), parameter::if_none_match(), parameter::prefer()])
        .with(parameter::experiment())
        .takes_any([
            body::<CreateBody>("application/json", [("post", example::create())]),
            body::<FormBody>("application/x-www-form-urlencoded", [("post", example::create())]),
        ])
        .answers(201, answer)
        .answers(202, queued())
        .refuses([P::KeyRequired, P::KeyMalformed, P::MalformedFault])
        .refuses(BY_THE_TABLE)
        .done()
}

fn patch() -> Described {
    let about = "Setting the content twice is harmless, adding to it twice is not: so every edit needs a key, and is \
                 applied once under it. A retry gets the first answer, whatever became of the post since.";
    let answer = json_of::<Post>("The post after the edit.", example::edited_post())
        .tagged()
        .maybe_replayed("Missing on the first answer.")
        .leads_to_the_post();
    let bodies =
        [("set", json!({ "content": example::CONTENT })), ("append", json!({ "append": example::ADDITION }))];
    Describe::new(HttpMethod::Patch, "/api/posts/{id}", "patchPost", "Edit a post once per key")
        .tag(POSTS)
        .about(about)
        .by_a_caller()
        .with([parameter::id(), parameter::key(), parameter::if_match()])
        .with(parameter::experiment())
        .takes::<EditBody>(bodies)
        .answers(200, answer)
        .answers(202, queued())
        .refuses([P::InvalidId, P::KeyRequired, P::KeyMalformed, P::MalformedFault, P::NotFound])
        .refuses([P::PostNotFound, P::PostDeleted, P::PreconditionFailed])
        .refuses([P::KeyReused, P::InvalidContent, P::TooManyWrites])
        .done()
}

fn delete() -> Described {
    let about = "200 the first time, then 404: the status differs, the state does not. What is left is a tombstone, so \
                 that a create which arrives late finds it (410) and the post never comes back. Deleting an id that \
                 was never seen leaves one, too; someone else's post is answered as if there were none.";
    let answer = json_of::<StateAnswer>(
        "Deleted by this request.",
        example::state(example::ID_TO_DELETE, PostState::Deleted),
    );
    Describe::new(HttpMethod::Delete, "/api/posts/{id}", "deletePost", "Delete a post for good")
        .tag(POSTS)
        .about(about)
        .by_a_caller()
        .with([parameter::id_to_delete()])
        .with(parameter::experiment())
        .answers(200, answer)
        .answers(202, queued())
        .refuses([P::InvalidId, P::MalformedFault, P::NotFound, P::PostNotFound, P::TooManyWrites])
        .done()
}

/// What a server with a log answers while its database is away.
fn queued() -> ResponseBuilder {
    let about = "The database is away and the request is in a durable log: it is carried out once, or refused with a \
                 reason that the status tells. Servers without a log answer 503.";
    json_of::<StateAnswer>(about, example::state(example::ID, PostState::Queued)).located()
}
