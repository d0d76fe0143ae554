//! The whole document.

use protocol::openapi::{AppendBody, FormBody};
use protocol::outage::{LogAnswer, Replayed};
use protocol::post::Post;
use protocol::problem::{Problem, ProblemName};
use protocol::wire::{
    Capabilities, CreateBody, EditBody, FeedPage, NaivePage, NaivePost, SessionAnswer, StateAnswer,
    StatusAnswer,
};
use utoipa::openapi::path::{Operation, PathItem, PathsBuilder};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr, Tag,
};
use utoipa::{PartialSchema, ToSchema};

use super::answer::Headers;
use super::operation::{BEARER, COOKIE, Described};
use super::{lab, parameter, posts, reads, refusal, service};
use crate::ledger::RunAnswer;
use crate::promise::Visits;

pub const POSTS: &str = "Writing";
pub const READS: &str = "Reading";
pub const SERVICE: &str = "The service";
pub const LAB: &str = "The lab";

const ABOUT: &str = "An API whose retries are safe. A post's id is minted by its author before the first attempt and \
                     is the primary key of its row: the row is the record of the request, in the transaction of the \
                     work, and never expires. Every 4xx and 5xx is a problem document that says whether anything \
                     was applied, and whether the same key or a new one may be sent next. Every resource answers \
                     OPTIONS with Allow; a method that it lacks is 405 `method-not-allowed` with Allow. No answer \
                     is to be stored by caches.";

/// Puts the document together.
pub fn document() -> OpenApi {
    let described = posts::operations()
        .into_iter()
        .chain(reads::operations())
        .chain(service::operations())
        .chain(lab::operations());
    let paths = described.fold(PathsBuilder::new(), add).build();
    let mut document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("PostOnce")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(ABOUT))
                .license(Some(
                    LicenseBuilder::new()
                        .name("MIT OR Apache-2.0")
                        .identifier(Some("MIT OR Apache-2.0"))
                        .build(),
                ))
                .build(),
        )
        .tags(Some(tags()))
        .components(Some(components()))
        .paths(paths)
        .build();
    for (path, item) in &mut document.paths.paths {
        complete(path, item);
    }
    document
}

fn add(paths: PathsBuilder, described: Described) -> PathsBuilder {
    paths.path(described.path, PathItem::new(described.method, described.operation))
}

/// Adds what follows from the other methods: `HEAD` where there is `GET`, and `OPTIONS` everywhere.
fn complete(path: &str, item: &mut PathItem) {
    item.head = item.get.as_ref().map(head);
    let operations = [
        ("DELETE", &item.delete),
        ("GET", &item.get),
        ("HEAD", &item.head),
        ("PATCH", &item.patch),
        ("POST", &item.post),
        ("PUT", &item.put),
    ];
    let there = operations.iter().filter(|(_, operation)| operation.is_some());
    let methods: Vec<_> = there.clone().map(|(name, _)| *name).chain(["OPTIONS"]).collect();
    let tags = there.clone().find_map(|(_, operation)| operation.as_ref()?.tags.clone());
    let parameters: Vec<_> = names(path).map(|name| parameter::any_in_path(name).into()).collect();
    let mut options = Operation::new();
    options.operation_id = Some(format!("optionsOf{}", camel(path)));
    options.summary = Some("Ask for the methods".to_owned());
    options.tags = tags;
    options.parameters = (!parameters.is_empty()).then_some(parameters);
    let answer = ResponseBuilder::new().description("The methods, in `Allow`.").allows(&methods.join(", "));
    options.responses.responses.insert("204".to_owned(), answer.build().into());
    if names(path).next().is_some() {
        // What is put into the path can make another path of it.
        let missing = refusal::responses([ProblemName::NotFound]).into_iter();
        let missing = missing.map(|(status, response)| (status.to_string(), response.build().into()));
        options.responses.responses.extend(missing);
    }
    item.options = Some(options);
}

/// The names between a path's braces.
fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
}

/// What `GET` says, without the body.
fn head(get: &Operation) -> Operation {
    let mut head = get.clone();
    head.operation_id = get.operation_id.as_ref().map(|id| format!("headOf{}", camel(id)));
    head.summary = get.summary.as_ref().map(|summary| format!("{summary}: the headers alone"));
    head.description = None;
    for response in head.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            response.content.clear();
            response.links.clear();
        }
    }
    head
}

/// `/api/posts/{id}` as `PostsId`.
fn camel(text: &str) -> String {
    text.trim_start_matches("/api")
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(|word| {
            let (first, rest) = word.split_at_checked(1)?;
            Some(first.to_ascii_uppercase() + rest)
        })
        .collect()
}

fn tags() -> [Tag; 4] {
    let tag = |name: &str, about: &str| TagBuilder::new().name(name).description(Some(about)).build();
    [
        tag(POSTS, "What may be sent again."),
        tag(READS, "What changes nothing. No identity is needed."),
        tag(SERVICE, "Who is calling, and what may be relied on."),
        tag(LAB, "Failures on purpose: only where the server runs with faults on, else 404."),
    ]
}

fn components() -> Components {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The token of `POST /api/session`."))
        .build();
    let about = "What a browser got with its first page. An unsafe method must come from the site's own pages, else \
                 403 `cross-site`.";
    let cookie =
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description("postonce_session", about)));
    let mut components = ComponentsBuilder::new()
        .security_scheme(BEARER, SecurityScheme::Http(bearer))
        .security_scheme(COOKIE, cookie)
        .build();
    components.examples.extend(refusal::examples());
    let mut schemas = Vec::new();
    collect::<Post>(&mut schemas);
    collect::<CreateBody>(&mut schemas);
    collect::<FormBody>(&mut schemas);
    collect::<EditBody>(&mut schemas);
    collect::<FeedPage>(&mut schemas);
    collect::<StatusAnswer>(&mut schemas);
    collect::<StateAnswer>(&mut schemas);
    collect::<SessionAnswer>(&mut schemas);
    collect::<Capabilities>(&mut schemas);
    collect::<NaivePost>(&mut schemas);
    collect::<NaivePage>(&mut schemas);
    collect::<AppendBody>(&mut schemas);
    collect::<Visits>(&mut schemas);
    collect::<LogAnswer>(&mut schemas);
    collect::<Replayed>(&mut schemas);
    collect::<RunAnswer>(&mut schemas);
    collect::<Problem>(&mut schemas);
    components.schemas.extend(schemas);
    components
}

/// A type's schema under its name, and those that it refers to.
fn collect<T: ToSchema + PartialSchema>(schemas: &mut Vec<(String, RefOr<utoipa::openapi::Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}
