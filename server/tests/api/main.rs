//! What the product promises, told as stories against the real binary, each on SQLite and on Postgres.
//!
//! | file | what it tells |
//! |---|---|
//! | [`helpers`] | the running server, its visitors, its database, and the invariants after each story |
//! | [`writing`] | `PUT /api/posts/{id}`: once, however often it is sent |

mod helpers;
mod writing;
