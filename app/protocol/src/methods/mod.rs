//! The methods of HTTP, measured: what is sent, what the state was before and after, and what follows from it.
//!
//! Whether a method is safe or idempotent is about the state that it leaves, never about the status that it answers.
//! So the state is read after every call, made canonical and hashed; verdicts are drawn from the hashes alone.
//!
//! | module | what it holds |
//! |---|---|
//! | [`trial`] | what can be measured, and what is said of it |
//! | [`request`] | the requests of a trial, in their order |
//! | [`record`] | what was sent and answered so far, and the verdict |
//! | [`state`] | the canonical state and its hash |
//! | [`difference`] | in what one body differs from the one before |
//! | [`curl`] | a request as a line for a shell |

pub mod curl;
pub mod difference;
pub mod record;
pub mod request;
pub mod state;
pub mod trial;

pub use difference::Difference;
pub use record::{Answer, Call, Names, Record, Verdict};
pub use request::Request;
pub use state::State;
pub use trial::{Claim, Trial};
