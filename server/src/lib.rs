//! The server's hands: HTTP, stores, writer, live updates, faults.

pub mod store;
