//! Reading: what may be asked as often as one likes, because nothing changes.

use protocol::post::Post;
use protocol::problem::ProblemName as P;
use protocol::wire::{FeedPage, PostState, StatusAnswer};
use serde_json::json;
use utoipa::openapi::HttpMethod;
use utoipa::openapi::link::LinkBuilder;

use super::answer::{Headers, json_of, stream};
use super::document::READS;
use super::operation::{Describe, Described};
use super::{example, parameter};

pub fn operations() -> [Described; 4] {
    [get(), status(), list(), events()]
}

fn get() -> Described {
    let answer = json_of::<Post>("The post.", example::post()).tagged().leads_to_the_post();
    Describe::new(HttpMethod::Get, "/api/posts/{id}", "getPost", "Read a post")
        .tag(READS)
        .with([parameter::id()])
        .answers(200, answer)
        .refuses([P::InvalidId, P::NotFound, P::PostNotFound, P::PostDeleted])
        .done()
}

fn status() -> Described {
    let about = "For a client that got no answer and wants to know before it asks again; asking again is just as safe. \
                 Someone else's id is `absent`, and so is every id to a caller without an identity.";
    let answer = json_of::<StatusAnswer>("Where it stands.", example::status(PostState::Stored));
    Describe::new(HttpMethod::Get, "/api/posts/{id}/status", "getPostStatus", "Ask what became of a post")
        .tag(READS)
        .about(about)
        .by_anybody()
        .with([parameter::id()])
        .answers(200, answer)
        .refuses([P::InvalidId, P::NotFound])
        .done()
}

fn list() -> Described {
    let about = "Newest first, by the order in which the server stored them. Cursors are opaque, and hold while posts \
                 are added.";
    let next = LinkBuilder::new()
        .operation_id("listPosts")
        .parameter("before", "$response.body#/next")
        .description("The next page, where there is one.");
    let answer = json_of::<FeedPage>("A page of the room.", example::page()).link("next", next.build());
    Describe::new(HttpMethod::Get, "/api/posts", "listPosts", "Read a room's posts")
        .tag(READS)
        .about(about)
        .with([parameter::room(), parameter::before(), parameter::limit()])
        .answers(200, answer)
        .refuses([P::InvalidQuery])
        .done()
}

fn events() -> Described {
    let about = "Server-Sent Events: `post` (the post; again after an edit), `deleted` (`{\"id\"}`), `reset` where the \
                 cursor cannot be used and the stream starts from now, and a `ping` every 15 seconds. Each `id` is a \
                 change cursor: a client that gives it back, and merges by the post's id, sees no gap and no double.";
    let post = serde_json::to_string(&example::post()).unwrap_or_default();
    let names = ["post", "deleted", "reset", "ping"];
    let event = json!({ "id": "17", "event": "post", "data": post });
    let answer = stream("The stream; it does not end by itself.", &names, event);
    let last = "The last `id` that was seen; it wins over `after`.";
    Describe::new(HttpMethod::Get, "/api/rooms/{room}/events", "followRoom", "Follow a room")
        .tag(READS)
        .about(about)
        .with([parameter::room_in_path(), parameter::after(), parameter::last_event_id(last)])
        .answers(200, answer)
        .refuses([P::InvalidQuery, P::NotFound])
        .done()
}
