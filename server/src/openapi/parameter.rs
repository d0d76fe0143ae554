//! What a request carries beside its body.

use protocol::openapi::ROOM_PATTERN;
use serde_json::{Value, json};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, SchemaType};
use utoipa::openapi::{Required, Type};

use super::example;
use crate::api::query::{PAGE_DEFAULT, PAGE_MAX};

/// The spellings of an id that are read: hyphenated in any case, or 32 hexadecimal digits.
const ID_AS_READ: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[47][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$|\
                          ^[0-9a-fA-F]{12}[47][0-9a-fA-F]{3}[89abAB][0-9a-fA-F]{15}$";

/// 1 to 255 visible ASCII characters but comma and semicolon, bare or as a complete quoted string.
const KEY: &str = r#"^[!#-+\--:<-~][!-+\--:<-~]{0,254}$|^"([!#-+\--:<-\[\]-~]|\\["\\]){1,255}"$"#;

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn uuid() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
}

fn parameter(
    name: &str,
    place: ParameterIn,
    schema: ObjectBuilder,
    example: Value,
    about: &str,
) -> ParameterBuilder {
    let required = if place == ParameterIn::Path { Required::True } else { Required::False };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .schema(Some(schema))
        .example(Some(example))
        .description(Some(about))
}

fn header(name: &str, schema: ObjectBuilder, example: Value, about: &str) -> ParameterBuilder {
    parameter(name, ParameterIn::Header, schema, example, about)
}

pub fn id() -> Parameter {
    id_such_as(example::ID)
}

/// Of a post that nothing else here is about, since it is deleted.
pub fn id_to_delete() -> Parameter {
    id_such_as(example::ID_TO_DELETE)
}

fn id_such_as(id: &str) -> Parameter {
    let about = "The post's id: a UUID of version 4 or 7, minted by whoever writes the post and before the first \
                 attempt. Hyphenated in any case, or 32 hexadecimal digits; compared as 16 bytes.";
    parameter("id", ParameterIn::Path, text().pattern(Some(ID_AS_READ)), json!(id), about).build()
}

/// `OPTIONS` asks nothing of what stands in the path.
pub fn any_in_path(name: &str) -> Parameter {
    let any = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
    parameter(name, ParameterIn::Path, any, json!("any"), "Not looked at.").build()
}

pub fn room_in_path() -> Parameter {
    let about = "The room's name.";
    parameter("room", ParameterIn::Path, text().pattern(Some(ROOM_PATTERN)), json!("lobby"), about).build()
}

pub fn run_in_path() -> Parameter {
    parameter("run", ParameterIn::Path, uuid(), json!(example::RUN), "The experiment.").build()
}

pub fn row_number() -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    parameter("n", ParameterIn::Path, schema, json!(42), "The row's number, as the database counted it.")
        .build()
}

pub fn lane(names: &[&str]) -> Parameter {
    let schema = text().enum_values(Some(names.iter().copied()));
    parameter("lane", ParameterIn::Path, schema, json!(names.first()), "The exhibit.").build()
}

pub fn key() -> Parameter {
    let about = "Names what is meant, the same on every attempt: a structured-field string or the bare text. In one \
                 line, without parameters. Case-sensitive, remembered per author for as long as what it made.";
    header("Idempotency-Key", text().pattern(Some(KEY)), json!(example::KEY), about)
        .required(Required::True)
        .build()
}

/// The museum's exhibits take a key or do without.
pub fn maybe_key() -> Parameter {
    let about = "Some exhibits need it, some pass it over; each says what it makes of it.";
    header("Idempotency-Key", text(), json!(example::KEY), about).build()
}

pub fn if_none_match() -> Parameter {
    let about = "With `*` the post is stored only if there is none: where it exists, be it by an earlier \
                 attempt of this request, the answer is 412. Other values are passed over.";
    header("If-None-Match", text(), json!("*"), about).build()
}

pub fn if_match() -> Parameter {
    let about = "The post is edited only if it still is the version with this `ETag`, compared strongly; `*` is any \
                 version. A replay is answered whatever the tag is by then.";
    header("If-Match", text(), json!("*"), about).build()
}

pub fn prefer() -> Parameter {
    let about = "`wait=N`: how many seconds a copy waits for the first, which is being written; at most 30, 5 where \
                 nothing is said. What cannot be read is passed over, as RFC 7240 asks.";
    header("Prefer", text(), json!("wait=5"), about).build()
}

pub fn last_event_id(about: &str) -> Parameter {
    header("Last-Event-ID", text(), json!("17"), about).build()
}

/// What a request says about itself in an experiment.
pub fn experiment() -> [Parameter; 3] {
    let fault = "What shall befall this request, where the server runs with faults on; elsewhere it is passed over. A \
                 structured-field token with parameters, for example `rolled-back; tries=1`.";
    let attempt =
        "Which attempt this is, counted from 1 by the client. A fault counts its arrivals per attempt.";
    let run = "Groups the requests of one experiment in the ledger.";
    let counted = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(u32::MAX));
    [
        header("Fault", text(), json!(example::FAULT), fault).build(),
        header("Attempt", counted, json!(1), attempt).build(),
        header("Run", uuid(), json!(example::RUN), run).build(),
    ]
}

fn query(name: &str, schema: ObjectBuilder, example: Value, about: &str) -> Parameter {
    parameter(name, ParameterIn::Query, schema, example, about).build()
}

pub fn room() -> Parameter {
    query(
        "room",
        text().pattern(Some(ROOM_PATTERN)),
        json!("lobby"),
        "The room; `lobby` where none is named.",
    )
}

pub fn before() -> Parameter {
    let about = "The cursor that the page before gave as `next`, as it came.";
    query("before", text().pattern(Some("^p[0-9]{1,18}$")), json!("p42"), about)
}

pub fn limit() -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(1))
        .maximum(Some(PAGE_MAX))
        .default(Some(json!(PAGE_DEFAULT)));
    query("limit", schema, json!(PAGE_DEFAULT), "How many rows at most.")
}

pub fn run() -> Parameter {
    query(
        "run",
        uuid(),
        json!(example::RUN),
        "The rows of this experiment, in every room unless one is named too.",
    )
}

pub fn after() -> Parameter {
    let about = "The change cursor to go on from, as a page or an event gave it.";
    query("after", text(), json!("17"), about)
}
