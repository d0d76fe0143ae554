//! The checker of histories: what was meant and answered, against what is stored at the end.
//!
//! Three rules, each about one intent, which is one press of the button however often it was sent:
//! it is stored at most once, and exactly once if an answer said so; what an answer said is there; what an answer
//! said is deleted does not come back. The API's own tests and the proof on the page ask this one checker.
//!
//! | module | what it holds |
//! |---|---|
//! | `checker` | the rules, and how an intent fares against them |
//! | `recorded` | the history of a recorded run |

mod checker;
mod recorded;

pub use checker::{Breach, History, Intent, Report, StoredRow, Violation};
