//! Retrying clients off the shelf, as people already use them, over a connection that really breaks: whatever their
//! habits, our lanes hold one row afterwards, and the control arm one per arrival.
//!
//! | file | client |
//! |---|---|
//! | [`curl`] | `curl --retry --retry-all-errors` |
//! | [`python`] | `urllib3.Retry`, with which `requests` retries |
//! | [`node`] | `axios-retry` |
//! | [`rust`] | `reqwest-retry` |
//! | [`nginx`] | a proxy that hands a failed request to the next instance |
//!
//! [`order`] is what each is told, [`weather`] what is done to it meanwhile. A client that is not installed fails
//! the run: `scripts/setup test` installs them all.

mod curl;
mod nginx;
mod node;
mod order;
mod python;
mod rust;
mod weather;
