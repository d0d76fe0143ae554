//! The rules of PostOnce, shared by the browser and the server.
//!
//! This crate has opinions and no hands: it knows no clock, no randomness and no I/O. Time and random bits
//! come in as arguments, so the same input gives the same output everywhere, and a simulation can own both.
//!
//! | module | what it decides |
//! |---|---|
//! | [`post`] | what a post is, and which content is acceptable |
//! | [`user`] | who wrote it, and the display name an id gives |
//! | [`time`] | timestamps as the wire spells them |
//! | [`key`] | which ids and idempotency keys are accepted |
//! | [`fingerprint`] | whether two requests under one key mean the same |
//! | [`wire`] | bodies and header names |
//! | [`problem`] | every refusal, with its retry contract |
//! | [`fault`] | faults on purpose: points, the header, plans with a seed |
//! | [`backoff`] | when to ask again |
//! | [`history`] | whether what is stored is what was promised |
//! | [`methods`] | the methods of HTTP: what is measured of them, and the verdict |
//! | [`outbox`] | what becomes of a post until the server has answered: a machine without hands |
//! | [`experiment`] | the client of one lane: when it asks, what it asks, when it is done |
//! | [`scenario`] | one format for links, tour steps, tests: what is done under which weather |
//! | [`trace`] | what really happened in an experiment, and the picture of it |
//! | [`outage`] | what a page may see of the server's log |
//! | [`herd`] | how many browsers come back to a server: a simulation |
//! | [`numbers`] | what is counted: the series behind the charts |
//! | [`timeline`] | the feed: what the server has and what waits, merged by id |
//! | `openapi` | schemas of what goes over the wire, with the feature of this name |

// A new variant must be thought about wherever variants are told apart.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod allowance;
pub mod backoff;
pub mod experiment;
pub mod fault;
pub mod fingerprint;
pub mod herd;
pub mod history;
pub mod key;
pub mod methods;
pub mod numbers;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod outage;
pub mod outbox;
pub mod post;
pub mod problem;
pub mod scenario;
pub mod time;
pub mod timeline;
pub mod trace;
pub mod user;
pub mod wire;
