//! What the hands report, and what they are told to do.

use crate::fault::Fault;
use crate::outbox::{Answer, NoAnswer};
use crate::time::Millis;
use crate::trace::Saw;

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The visitor pressed.
    Start,
    /// Attempt `attempt` ended, with an answer or without one.
    Answer { attempt: u32, result: Result<Answer, NoAnswer> },
    /// The moment of the last [`Order::WakeAt`] came, or may have come.
    Wake,
    /// The visitor will not wait.
    TryNow,
    /// The visitor gave the run up.
    Stop,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Send it, wait at most its timeout, and report how it ended.
    Send(Request),
    /// `request-lost`: send nothing, and report that the network gave no answer.
    Lose { attempt: u32 },
    /// Wake the machine at this moment of the clock that its times come from.
    WakeAt(Millis),
    /// Stamp this with the time since the run began and keep it. What is recorded before a `Send` is stamped
    /// before it is sent, or an arrival could seem older than its cause.
    Record(Saw),
    /// Nothing more will come.
    Finished,
}

/// One attempt, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Counted from 1.
    pub attempt: u32,
    pub method: &'static str,
    pub path: String,
    /// Names in lower case; whatever a browser adds by itself is not among them.
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub timeout_ms: Millis,
    /// The fault that its header asks for.
    pub fault: Option<Fault>,
}
