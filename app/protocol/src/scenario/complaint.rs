//! What is wrong with a part of a query.

use std::fmt;

/// A part of a query that cannot be accepted. Both texts may quote the query: a view escapes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The part's name, at most 60 characters of it.
    pub part: String,
    /// What is wrong with it, as the end of a sentence.
    pub says: String,
}

impl Complaint {
    pub(super) fn new(part: &str, says: impl fmt::Display) -> Self {
        Self { part: part.chars().take(60).collect(), says: says.to_string() }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part, self.says)
    }
}
