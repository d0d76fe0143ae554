//! Scenarios: the one versioned format behind share links, tour steps, browser tests and golden traces.
//!
//! `v=1&seed=42&compare=naive,uuid&faults=reply-lost@1&retry=fixed:200&timeout=4000&text=Hello&expect=naive:2,uuid:1`
//!
//! | module | what it holds |
//! |---|---|
//! | `parse` | a query read as a whole or not at all, with a complaint for each part that is wrong |
//! | `complaint` | what is wrong with a part |
//! | `display` | the canonical query |
//! | `query` | percent-encoding |
//! | `retry` | when a lane asks again |
//! | `library` | the named scenarios |
//! | `expected` | the result that a link promises |

mod complaint;
mod display;
mod expected;
mod library;
mod parse;
mod query;
mod retry;

use std::collections::BTreeMap;

use crate::fault::Plan;
use crate::time::Millis;
use crate::trace::Lane;

pub use complaint::Complaint;
pub use expected::Expected;
pub use library::{Named, library};
pub use retry::Retry;

/// The version of the format that this build reads and writes.
pub const VERSION: &str = "1";

/// What is done to which designs, under which weather, and what shall come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Where all chance comes from: the weather and the waits, alike in each lane.
    pub seed: u64,
    /// One to three designs, each once, in the order in which they are shown.
    pub compare: Vec<Lane>,
    /// Which attempt meets which fault; each lane gets a clone.
    pub faults: Plan,
    pub retry: Retry,
    /// How long an attempt waits for its answer, 100–60,000.
    pub timeout_ms: Millis,
    /// What is posted: acceptable content.
    pub text: String,
    /// What the visitor changes the text to after the first unanswered attempt.
    pub edit: Option<String>,
    /// Opens idle connections first, so that the browser has one to reuse and sends again by itself.
    pub warm: bool,
    /// The promised result; only of lanes that are compared.
    pub expect: BTreeMap<Lane, Expected>,
}

impl Default for Scenario {
    /// Calm weather, the naive lane beside the UUID's.
    fn default() -> Self {
        Self {
            seed: 42,
            compare: vec![Lane::Naive, Lane::Uuid],
            faults: Plan::Calm,
            retry: Retry::default(),
            timeout_ms: 4_000,
            text: "Hello, world".to_owned(),
            edit: None,
            warm: false,
            expect: BTreeMap::new(),
        }
    }
}
