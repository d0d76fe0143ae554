//! Measuring the methods of HTTP: requests that are really sent, and the state that they really leave.
//!
//! | module | what it holds |
//! |---|---|
//! | `words` | what is said of each trial |
//! | `builder` | which request is sent, and how often |
//! | `log` | what was answered, call by call |
//! | `call` | one line of it, with everything that is known of it |
//! | `verdicts` | the article's table, filled with what was measured |
//! | `comparison` | trials beside each other, sent by one press |
//! | `told` | what a screen reader hears when a press is done |

pub mod builder;
pub mod call;
pub mod comparison;
pub mod log;
pub mod told;
pub mod verdicts;
pub mod words;
