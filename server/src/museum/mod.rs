//! The museum: six designs that look as if a retry were safe. Each is a real implementation, in a file that can be
//! read in a minute, under a path of its own, only where faults are on, and never part of the feed.
//!
//! | exhibit | why it looks right | where it breaks |
//! |---|---|---|
//! | [`check_then_insert`] | it looks before it writes | two arrivals look before either has written |
//! | [`key_after_commit`] | every key is stored, for good | the work is committed, the key is not yet |
//! | [`cache`](mod@cache) | it is fast, and retries come soon | this one comes later, or to another server |
//! | [`retry_without_key`] | the server honours every key | the client retries without it |
//! | [`new_key_per_edit`] | the server honours every key | the client mints another for what it meant once |
//! | [`server_minted`] | the database never stores one id twice | the id is minted anew for each arrival |
//!
//! What they share is in [`arrival`]: a request that was read, and the server's own retries around the database.

mod arrival;
mod cache;
mod check_then_insert;
mod endpoint;
mod honoured;
mod key_after_commit;
mod new_key_per_edit;
mod retry_without_key;
mod server_minted;

pub use cache::Cache;
pub use endpoint::{list, post};
