//! Faults on purpose: what shall befall one request, and plans of them.
//!
//! A fault travels in the request's own `Fault` header, so one visitor's faults never touch another's. The
//! browser writes the header from a [`Plan`]; the server reads it with [`Fault::parse`] and carries it out.
//!
//! | module | what it holds |
//! |---|---|
//! | `point` | the eight points, and which parameters each uses |
//! | `header` | the `Fault` header, read and written |
//! | `plan` | which attempt meets which fault: a script, the next few, or odds with a seed |
//! | `spelling` | a plan as text: `reply-lost@1,rolled-back;tries=1@2-4` |
//! | `seed` | the one generator of repeatable random bits |

mod header;
mod plan;
mod point;
mod seed;
mod spelling;

pub use header::{Fault, MalformedFault, Tries, parse_attempt};
pub use plan::{Odds, Plan};
pub use point::FaultPoint;
pub use seed::SplitMix64;
pub use spelling::InvalidPlan;
