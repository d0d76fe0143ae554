//! Each problem as this server writes it, and the answers that carry it.

use std::collections::BTreeMap;

use protocol::problem::{Problem, ProblemName};
use utoipa::ToSchema;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::{Ref, RefOr};

use super::answer::Headers;

/// An answer that carries this problem: what it says and when.
pub fn example(name: ProblemName) -> Problem {
    let (detail, pointer, retry_after_ms) = match name {
        ProblemName::InvalidId => {
            ("An id is a UUID of version 4 or 7, hyphenated or as 32 hexadecimal digits.", None, None)
        }
        ProblemName::MalformedBody => ("The body must be one JSON object.", None, None),
        ProblemName::KeyRequired => (
            "Send an Idempotency-Key, made once for what you mean, and the same one on every retry.",
            None,
            None,
        ),
        ProblemName::KeyMalformed => ("Idempotency-Key must be the id in the path.", None, None),
        ProblemName::MalformedFault => ("Run must be a UUID", None, None),
        ProblemName::MalformedHeader => ("As-User must be one user's id.", None, None),
        ProblemName::OtherIdentity => (crate::identity::OTHER_IDENTITY, None, None),
        ProblemName::InvalidQuery => ("limit must be 1 to 100.", None, None),
        ProblemName::NotSignedIn => {
            ("Send the session cookie, or a bearer token from POST /api/session.", None, None)
        }
        ProblemName::CrossSite => (crate::identity::CROSS_SITE, None, None),
        ProblemName::NotFound => ("There is nothing at this path.", None, None),
        ProblemName::PostNotFound => ("There is no post with this id.", None, None),
        ProblemName::MethodNotAllowed => ("This resource has other methods; see Allow.", None, None),
        ProblemName::RequestTimeout => ("The body took more than ten seconds to arrive.", None, None),
        ProblemName::IdUnavailable => ("This id cannot be used. Mint another.", None, None),
        ProblemName::InFlight => (
            "The first request with this id is still being written. Ask again with the same id.",
            None,
            Some(1_000),
        ),
        ProblemName::PostDeleted => ("You deleted this post. It will not come back.", None, None),
        ProblemName::PreconditionFailed => {
            ("The post has changed since the version that If-Match names.", None, None)
        }
        ProblemName::TooLarge => ("A body is at most 65,536 bytes.", None, None),
        ProblemName::UnsupportedMediaType => ("Send application/json.", None, None),
        ProblemName::KeyReused => {
            ("You used this id or key for something else. Nothing was written.", None, None)
        }
        ProblemName::InvalidContent => ("content must not be empty.", Some("/content"), None),
        ProblemName::ImageMissing => ("There is no picture with this id.", Some("/image_id"), None),
        ProblemName::TooManyWrites => {
            ("This identity brings new ids faster than the server takes them.", None, Some(20))
        }
        ProblemName::Internal => ("The server failed. Ask again with the same key.", None, None),
        ProblemName::StoreUnavailable => {
            ("The database is away. Ask again with the same key.", None, Some(1_000))
        }
    };
    let mut problem = Problem::new(name, detail);
    if name == ProblemName::Internal {
        problem = problem.outcome_unknown();
    }
    problem.pointer = pointer.map(str::to_owned);
    problem.retry_after_ms = retry_after_ms;
    problem
}

/// The examples that answers refer to, by their names.
pub fn examples() -> impl Iterator<Item = (String, RefOr<Example>)> {
    ProblemName::ALL.into_iter().map(|name| {
        let value = serde_json::to_value(example(name)).unwrap_or_default();
        let example = ExampleBuilder::new().summary(name.title()).value(Some(value)).build();
        (name.as_str().to_owned(), RefOr::T(example))
    })
}

/// The answers that carry these problems: one for each status.
pub fn responses(problems: impl IntoIterator<Item = ProblemName>) -> BTreeMap<u16, ResponseBuilder> {
    let mut by_status: BTreeMap<u16, Vec<ProblemName>> = BTreeMap::new();
    for problem in problems {
        by_status.entry(problem.status()).or_default().push(problem);
    }
    by_status.into_iter().map(|(status, problems)| (status, response(status, &problems))).collect()
}

fn response(status: u16, problems: &[ProblemName]) -> ResponseBuilder {
    let titles: Vec<_> =
        problems.iter().map(|problem| format!("`{}`: {}.", problem.as_str(), problem.title())).collect();
    let examples = problems.iter().map(|problem| {
        let place = format!("#/components/examples/{}", problem.as_str());
        (problem.as_str(), RefOr::Ref(Ref::new(place)))
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(<Problem as ToSchema>::name())))
        .examples_from_iter::<_, _, RefOr<Example>>(examples);
    let response = ResponseBuilder::new()
        .description(titles.join(" "))
        .content("application/problem+json", content.build());
    let waits = problems.iter().any(|problem| example(*problem).retry_after_ms.is_some());
    let response = if waits { response.waits() } else { response };
    if status == 401 { response.challenges() } else { response }
}
