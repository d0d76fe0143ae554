//! Every refusal, with its retry contract (RFC 9457 problem details).
//!
//! A refusal that does not say whether anything was applied leaves the client guessing, and a client that
//! guesses either loses a post or doubles it. So each problem states its outcome, and whether the same key or
//! a new one may be used.

use serde::{Deserialize, Serialize};

/// Whether the request that got this answer changed anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    NotApplied,
    Applied,
    Unknown,
}

/// The kinds of refusal; each has a page at `/problems/<name>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemName {
    InvalidId,
    MalformedBody,
    KeyRequired,
    KeyMalformed,
    MalformedFault,
    MalformedHeader,
    InvalidQuery,
    NotSignedIn,
    CrossSite,
    NotFound,
    PostNotFound,
    MethodNotAllowed,
    RequestTimeout,
    OtherIdentity,
    IdUnavailable,
    InFlight,
    PostDeleted,
    PreconditionFailed,
    TooLarge,
    UnsupportedMediaType,
    KeyReused,
    InvalidContent,
    ImageMissing,
    TooManyWrites,
    Internal,
    StoreUnavailable,
}

/// What a kind of refusal always says.
struct Contract {
    name: &'static str,
    status: u16,
    title: &'static str,
    same_key_safe: bool,
    new_key_safe: bool,
}

impl ProblemName {
    pub const ALL: [Self; 26] = [
        Self::InvalidId,
        Self::MalformedBody,
        Self::KeyRequired,
        Self::KeyMalformed,
        Self::MalformedFault,
        Self::MalformedHeader,
        Self::InvalidQuery,
        Self::NotSignedIn,
        Self::CrossSite,
        Self::NotFound,
        Self::PostNotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::OtherIdentity,
        Self::IdUnavailable,
        Self::InFlight,
        Self::PostDeleted,
        Self::PreconditionFailed,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::KeyReused,
        Self::InvalidContent,
        Self::ImageMissing,
        Self::TooManyWrites,
        Self::Internal,
        Self::StoreUnavailable,
    ];

    /// One row per kind: name, status, title, and whether the same key and a new key may be used next.
    ///
    /// `same_key_safe` is false where the key is spent on something else: repeating it cannot succeed.
    /// `new_key_safe` is false where a new key could store the post a second time.
    const fn contract(self) -> Contract {
        let (name, status, title, same_key_safe, new_key_safe) = match self {
            Self::InvalidId => ("invalid-id", 400, "The id is not a UUID of version 4 or 7", false, true),
            Self::MalformedBody => ("malformed-body", 400, "The body cannot be read", true, true),
            Self::KeyRequired => ("key-required", 400, "An Idempotency-Key is needed", true, true),
            Self::KeyMalformed => ("key-malformed", 400, "The Idempotency-Key cannot be read", false, true),
            Self::MalformedFault => ("malformed-fault", 400, "The Fault header cannot be read", true, true),
            Self::MalformedHeader => ("malformed-header", 400, "A header cannot be read", true, false),
            Self::InvalidQuery => ("invalid-query", 400, "The query cannot be read", true, true),
            Self::NotSignedIn => ("not-signed-in", 401, "No identity came with the request", true, true),
            Self::CrossSite => ("cross-site", 403, "Another site sent this request", true, true),
            Self::NotFound => ("not-found", 404, "There is nothing at this path", true, true),
            Self::PostNotFound => ("post-not-found", 404, "There is no such post", true, true),
            Self::MethodNotAllowed => {
                ("method-not-allowed", 405, "The method is not allowed here", true, true)
            }
            Self::RequestTimeout => {
                ("request-timeout", 408, "The request did not arrive in time", true, true)
            }
            Self::OtherIdentity => ("other-identity", 409, "The session is somebody else's", true, false),
            Self::IdUnavailable => ("id-unavailable", 409, "This id cannot be used", false, true),
            Self::InFlight => ("in-flight", 409, "The first request is still being written", true, false),
            Self::PostDeleted => ("post-deleted", 410, "The post was deleted", false, true),
            Self::PreconditionFailed => ("precondition-failed", 412, "The precondition failed", true, false),
            Self::TooLarge => ("too-large", 413, "The body is too large", true, true),
            Self::UnsupportedMediaType => {
                ("unsupported-media-type", 415, "The media type is not supported", true, true)
            }
            Self::KeyReused => ("key-reused", 422, "The key belongs to other content", false, true),
            Self::InvalidContent => ("invalid-content", 422, "The content cannot be stored", true, true),
            Self::ImageMissing => ("image-missing", 422, "There is no such picture", true, true),
            Self::TooManyWrites => ("too-many-writes", 429, "Too many new ids at once", true, true),
            Self::Internal => ("internal", 500, "The server failed", true, false),
            Self::StoreUnavailable => ("store-unavailable", 503, "The database is away", true, false),
        };
        Contract { name, status, title, same_key_safe, new_key_safe }
    }

    /// The last segment of the problem's `type`.
    pub const fn as_str(self) -> &'static str {
        self.contract().name
    }

    pub const fn status(self) -> u16 {
        self.contract().status
    }

    pub const fn title(self) -> &'static str {
        self.contract().title
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|candidate| candidate.as_str() == name)
    }
}

/// The body of every 4xx and 5xx under `/api`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `/problems/<name>`, a page that explains it.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^/problems/[a-z-]+$"))]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    pub outcome: Outcome,
    pub same_key_safe: bool,
    pub new_key_safe: bool,
    /// How long to wait before asking again, in milliseconds, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The RFC 6901 pointer to the field at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

impl Problem {
    /// A refusal that changed nothing; see [`Problem::outcome_unknown`] for the other kind.
    pub fn new(name: ProblemName, detail: impl Into<String>) -> Self {
        let contract = name.contract();
        Self {
            kind: format!("/problems/{}", contract.name),
            title: contract.title.to_owned(),
            status: contract.status,
            detail: detail.into(),
            outcome: Outcome::NotApplied,
            same_key_safe: contract.same_key_safe,
            // Where nothing was applied for certain and nothing else is under way, a new key cannot double.
            new_key_safe: contract.new_key_safe || matches!(name, ProblemName::StoreUnavailable),
            retry_after_ms: None,
            pointer: None,
        }
    }

    /// The server cannot tell whether the request was applied: only the same key may be used.
    pub fn outcome_unknown(mut self) -> Self {
        self.outcome = Outcome::Unknown;
        self.same_key_safe = true;
        self.new_key_safe = false;
        self
    }

    pub fn retry_after(mut self, milliseconds: u64) -> Self {
        self.retry_after_ms = Some(milliseconds);
        self
    }

    pub fn at(mut self, pointer: &str) -> Self {
        self.pointer = Some(pointer.to_owned());
        self
    }

    /// Which kind it is, where this crate knows it.
    pub fn name(&self) -> Option<ProblemName> {
        self.kind.strip_prefix("/problems/").and_then(ProblemName::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed_once_and_found_by_its_name() {
        for name in ProblemName::ALL {
            assert_eq!(ProblemName::parse(name.as_str()), Some(name));
            assert_eq!(Problem::new(name, "").name(), Some(name));
            assert!((400..600).contains(&name.status()));
        }
    }

    #[test]
    fn an_unknown_outcome_forbids_a_new_key() {
        let problem = Problem::new(ProblemName::StoreUnavailable, "").outcome_unknown();
        assert!(problem.same_key_safe && !problem.new_key_safe);
        assert!(Problem::new(ProblemName::StoreUnavailable, "").new_key_safe);
    }
}
