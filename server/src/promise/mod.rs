//! Two methods that break what their names promise: a `GET` that counts its visits, and a `PUT` that appends. They
//! show that a name makes nothing safe and nothing idempotent: it is up to the server.
//!
//! Each keeps one row of the control arm per run, so its state is read where that arm's rows are read. They exist only
//! where faults are on. Two first arrivals at the same instant may leave a row each: nothing here promises otherwise.

mod notes;
mod row;
mod visits;

pub use notes::put;
pub use visits::{Visits, get};
