//! The ledger: what really arrived in an experiment, and what became of it, hop by hop.
//!
//! It is kept in memory, only where faults are on and only of requests that carry `Run`: bounded in bytes, and gone
//! an hour after a run's first arrival. Whoever knows a run's UUID, which cannot be guessed, may read it.
//!
//! | module | what is there |
//! |---|---|
//! | `book` | the runs and their events |
//! | `witness` | the pen of one arrival: notes what happens to it |
//! | `journey` | a request with what befalls it, noted as it befalls |
//! | `endpoint` | the list, and the stream |

mod book;
mod endpoint;
mod journey;
mod witness;

pub use book::Ledger;
pub use endpoint::{RunAnswer, follow, list};
pub use journey::{Journey, Reply, body_of};
pub use witness::{Arriving, Witness};
