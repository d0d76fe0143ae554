//! The server's hands: HTTP, stores, writer, live updates, faults.

pub mod live;
pub mod store;
pub mod writer;
