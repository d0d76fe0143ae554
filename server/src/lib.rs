//! The server's hands: HTTP, stores, writer, live updates, faults.
//!
//! | module | what is there |
//! |---|---|
//! | [`compared`] | what the server is compared with by `make bench` |
//! | [`config`], [`startup`] | flags, and the only place where parts are put together |
//! | [`router`] | every route on one screen |
//! | [`connection`] | the accept loop, and the cut that is a real reset |
//! | [`front`], [`unread`], [`url_length`] | what every request passes; bodies nobody read; URLs without end |
//! | [`api`], [`naive`] | one file per group of endpoints; the control arm |
//! | [`openapi`], [`docs`] | the API's description, as OpenAPI and as a page |
//! | [`museum`] | six designs that look safe to retry and are not |
//! | [`promise`] | two methods that break what their names promise |
//! | [`pages`], [`reader`], [`plain_form`], [`site`] | HTML: rendered pages, their reads, the form without JavaScript; built files |
//! | [`text_page`], [`problems`] | HTML without a program: what a refusal means |
//! | [`posting`], [`in_flight`], [`limits`] | a create on its way to the writer, and the copies that attach to it |
//! | [`detached`] | work that goes on when the client has gone |
//! | [`faults`] | what a request asks to befall it |
//! | [`ledger`] | what arrived in an experiment, and what became of it |
//! | [`writer`] | batches, retries, answers |
//! | [`store`] | the database: one trait, two implementations |
//! | [`log`], [`relay`] | what is accepted while the database is away, and how it gets there later |
//! | [`live`] | committed changes, to whoever follows a room |
//! | [`session`] | signed identities |
//! | [`numbers`] | what was counted since the start, and how it grew |
//! | [`services`] | what every request may use |
//! | [`error`], [`headers`], [`health`], [`telemetry`] | refusals, headers, readiness, counters |

pub mod api;
pub mod compared;
pub mod config;
pub mod connection;
pub mod detached;
pub mod docs;
pub mod error;
pub mod faults;
pub mod front;
pub mod headers;
pub mod health;
pub mod identity;
pub mod in_flight;
pub mod ledger;
pub mod limits;
pub mod live;
pub mod log;
pub mod museum;
pub mod naive;
pub mod numbers;
pub mod openapi;
pub mod outage;
pub mod pages;
pub mod plain_form;
pub mod posting;
pub mod problems;
pub mod promise;
pub mod reader;
pub mod relay;
pub mod router;
pub mod services;
pub mod session;
pub mod site;
pub mod startup;
pub mod store;
pub mod telemetry;
pub mod text_page;
pub mod unread;
pub mod url_length;
pub mod writer;
