//! One operation, built word by word. What belongs together is said in one word: who needs an identity can be
//! refused for the lack of it, and who reads a body can find that it is none.

use std::collections::{BTreeMap, BTreeSet};

use protocol::problem::ProblemName;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::content::{Content, ContentBuilder};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{HttpMethod, Ref, Required};

use super::refusal;

/// An operation and where it is.
pub struct Described {
    pub path: &'static str,
    pub method: HttpMethod,
    pub operation: Operation,
}

/// An operation that is being described.
pub struct Describe {
    path: &'static str,
    method: HttpMethod,
    operation: OperationBuilder,
    answers: BTreeMap<u16, ResponseBuilder>,
    problems: BTreeSet<ProblemName>,
}

/// A request body's example: its name and itself.
pub type NamedExample = (&'static str, Value);

impl Describe {
    /// Any operation may find the database away, or fail for a reason that nobody foresaw.
    pub fn new(method: HttpMethod, path: &'static str, id: &str, summary: &str) -> Self {
        Self {
            path,
            method,
            operation: OperationBuilder::new().operation_id(Some(id)).summary(Some(summary)),
            answers: BTreeMap::new(),
            problems: BTreeSet::from([ProblemName::Internal, ProblemName::StoreUnavailable]),
        }
    }

    pub fn tag(mut self, tag: &str) -> Self {
        self.operation = self.operation.tag(tag);
        self
    }

    pub fn about(mut self, text: &str) -> Self {
        self.operation = self.operation.description(Some(text));
        self
    }

    pub fn with(mut self, parameters: impl IntoIterator<Item = Parameter>) -> Self {
        for parameter in parameters {
            self.operation = self.operation.parameter(parameter);
        }
        self
    }

    /// Needs an identity.
    pub fn by_a_caller(mut self) -> Self {
        self.operation = self.operation.securities(Some([bearer(), cookie()]));
        self.problems.extend([
            ProblemName::NotSignedIn,
            ProblemName::CrossSite,
            ProblemName::OtherIdentity,
            ProblemName::MalformedHeader,
        ]);
        self
    }

    /// Takes an identity and does without.
    pub fn by_anybody(mut self) -> Self {
        let nobody = SecurityRequirement::default();
        self.operation = self.operation.securities(Some([nobody, bearer(), cookie()]));
        self
    }

    /// Reads a JSON body.
    pub fn takes<T: ToSchema>(self, examples: impl IntoIterator<Item = NamedExample>) -> Self {
        self.takes_any([body::<T>("application/json", examples)])
    }

    /// Reads a body of any of these media types.
    pub fn takes_any(mut self, contents: impl IntoIterator<Item = (&'static str, Content)>) -> Self {
        let body = contents
            .into_iter()
            .fold(RequestBodyBuilder::new(), |body, (media_type, content)| body.content(media_type, content));
        self.operation = self.operation.request_body(Some(body.required(Some(Required::True)).build()));
        self.refuses([
            ProblemName::MalformedBody,
            ProblemName::RequestTimeout,
            ProblemName::TooLarge,
            ProblemName::UnsupportedMediaType,
        ])
    }

    pub fn answers(mut self, status: u16, answer: ResponseBuilder) -> Self {
        self.answers.insert(status, answer);
        self
    }

    pub fn refuses(mut self, problems: impl IntoIterator<Item = ProblemName>) -> Self {
        self.problems.extend(problems);
        self
    }

    /// Never asks the database.
    pub fn without_database(mut self) -> Self {
        self.problems.remove(&ProblemName::StoreUnavailable);
        self
    }

    pub fn done(self) -> Described {
        let mut answers = self.answers;
        for (status, response) in refusal::responses(self.problems) {
            answers.insert(status, response);
        }
        let operation = answers.into_iter().fold(self.operation, |operation, (status, response)| {
            operation.response(status.to_string(), response.build())
        });
        Described { path: self.path, method: self.method, operation: operation.build() }
    }
}

/// A body of this type under a media type.
pub fn body<T: ToSchema>(
    media_type: &'static str,
    examples: impl IntoIterator<Item = NamedExample>,
) -> (&'static str, Content) {
    let examples =
        examples.into_iter().map(|(name, value)| (name, ExampleBuilder::new().value(Some(value)).build()));
    let schema = Ref::from_schema_name(T::name());
    (media_type, ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples).build())
}

pub const BEARER: &str = "bearer";
pub const COOKIE: &str = "cookie";

fn bearer() -> SecurityRequirement {
    SecurityRequirement::new::<_, [&str; 0], &str>(BEARER, [])
}

fn cookie() -> SecurityRequirement {
    SecurityRequirement::new::<_, [&str; 0], &str>(COOKIE, [])
}
