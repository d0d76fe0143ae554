//! Outages that are real, each while 32 writers go on. Every post that was answered with 201, 200 or 202 is in the feed
//! exactly once afterwards, and each author's posts are in the order in which they were sent.
//!
//! | module | what is there |
//! |---|---|
//! | [`database`] | the database is stopped, killed or locked, on both logs; the server is killed meanwhile |
//! | [`broker`] | the broker is killed, alone and with the database; its acknowledgements are lost |
//! | [`crowd`], [`stage`], [`proxy`] | the writers, what they write to, and what cuts the broker's connections |

mod broker;
mod crowd;
mod database;
mod proxy;
mod stage;
