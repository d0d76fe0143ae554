//! The client of one lane: a machine without hands, the same for every design but for the key it sends.
//!
//! [`Experiment::handle`] takes what happened and the time, and returns what to do, **in order**. The hands send
//! requests, wait, stamp what is to be recorded with their clock, and come back with what happened.
//!
//! | module | what it holds |
//! |---|---|
//! | `machine` | which happening leads to which orders |
//! | `order` | the happenings and the orders |
//! | `request` | what an attempt of each lane sends |
//! | `judgement` | which answers end a lane |
//! | `rows` | where the rows are read at the end, and which are this lane's |

mod judgement;
mod machine;
mod order;
mod request;
mod rows;

pub use machine::{ATTEMPTS_MAX, Experiment};
pub use order::{Happening, Order, Request};
pub use request::{Names, room};
pub use rows::{own_rows, rows_path};
