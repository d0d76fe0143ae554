//! Who is calling, what may be relied on, and this description itself.

use protocol::post::CONTENT_MAX_CHARS;
use protocol::wire::{BODY_MAX_BYTES, Capabilities, Limits, SessionAnswer};
use serde_json::json;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{HttpMethod, Type};

use super::answer::{html, json_of};
use super::document::SERVICE;
use super::example;
use super::operation::{Describe, Described};
use crate::api::query::PAGE_MAX;

pub fn operations() -> [Described; 4] {
    [session(), capabilities(), document(), page()]
}

fn session() -> Described {
    let about = "For callers that are not browsers. The token is signed, does not expire, and is good on every \
                 instance that shares the key. Nothing is stored before the first write.";
    Describe::new(HttpMethod::Post, "/api/session", "createSession", "Get an identity")
        .tag(SERVICE)
        .about(about)
        .answers(201, json_of::<SessionAnswer>("A new identity.", example::session()))
        .without_database()
        .done()
}

fn capabilities() -> Described {
    let limits = Limits {
        content_chars: CONTENT_MAX_CHARS,
        body_bytes: BODY_MAX_BYTES,
        page_posts: PAGE_MAX,
        write_rate: 50,
    };
    let answer = json_of::<Capabilities>("What holds on this server.", example::capabilities(limits));
    Describe::new(HttpMethod::Get, "/api/capabilities", "getCapabilities", "Ask what may be relied on")
        .tag(SERVICE)
        .about("How keys are kept, what happens to copies in flight, and the limits.")
        .answers(200, answer)
        .without_database()
        .done()
}

fn document() -> Described {
    let content = ContentBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::Object)))
        .example(Some(json!({ "openapi": "3.1.0" })))
        .build();
    let answer = ResponseBuilder::new().description("This document.").content("application/json", content);
    Describe::new(HttpMethod::Get, "/api/openapi.json", "getDocument", "Read this description as OpenAPI")
        .tag(SERVICE)
        .answers(200, answer)
        .without_database()
        .done()
}

fn page() -> Described {
    Describe::new(HttpMethod::Get, "/api/docs", "getDocs", "Read this description as a page")
        .tag(SERVICE)
        .answers(200, html("The page."))
        .without_database()
        .done()
}
