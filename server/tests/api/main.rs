//! What the product promises, told as stories against the real binary, each on SQLite and on Postgres.
//!
//! | file | what it tells |
//! |---|---|
//! | [`helpers`] | the running server, its visitors, its database, and the invariants after each story |
//! | [`writing`] | `PUT /api/posts/{id}`: once, however often it is sent |
//! | [`ids`], [`keys`], [`bodies`], [`content`] | what a write may look like |
//! | [`deleting`] | deletions, and creates that arrive after them |
//! | [`reading`], [`methods`], [`headers`] | reads, the other methods, and what every answer carries |
//! | [`sessions`] | who is calling |

mod bodies;
mod content;
mod deleting;
mod headers;
mod helpers;
mod ids;
mod keys;
mod methods;
mod reading;
mod sessions;
mod writing;
