//! What the product promises, told as stories against the real binary, each on SQLite and on Postgres.
//!
//! | file | what it tells |
//! |---|---|
//! | [`helpers`] | the running server, its visitors, its database, and the invariants after each story |
//! | [`writing`] | `PUT /api/posts/{id}`: once, however often it is sent |
//! | [`ids`], [`keys`], [`bodies`], [`content`] | what a write may look like |
//! | [`opaque_keys`], [`patching`] | what is done under a key that is no id: creates and edits, with the kept answer |
//! | [`deleting`] | deletions, and creates that arrive after them |
//! | [`reading`], [`methods`], [`headers`] | reads, the other methods, and what every answer carries |
//! | [`sessions`], [`limits`] | who is calling, and how fast |
//! | [`costs`] | what a replay costs the database, and what a stranger's id does |
//! | [`inert`] | that a text is never more than a text |
//! | [`live`] | the live stream of a room |
//! | [`concurrency`], [`crashes`], [`away`], [`shutdown`] | crowds, kills, a database that is away, orderly ends |
//! | [`faults`], [`fault_requests`], [`naive`] | faults on purpose, and the arm that they are compared on |
//! | [`museum`] | six designs that double a post, each under the weather that it was not made for |
//! | [`numbers`] | what is counted |
//! | [`promise`] | a `GET` that writes and a `PUT` that appends |
//! | [`openapi`] | the API's description, held against the server |
//! | [`outage`], [`long_outage`] | what is written while the database is away, as a request asks for it and in earnest |
//! | [`figures`] | what a long outage costs, where it is asked for |
//! | [`plug`] | a visitor's own part of the log: released, applied by a consumer that crashes, applied again |
//! | [`forms`] | posting without JavaScript |
//! | [`clients`], [`instances`] | other people's retrying clients, and two servers on one database |
//! | [`deployment`] | what containers are told, held against the server and nginx |
//! | [`coverage`] | that every hard case has its tests |
//! | [`transport`] | what no honest client sends |

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a story that cannot go on fails there")]
#![expect(
    unreachable_pub,
    reason = "a test binary exports nothing; `pub` says what a helper offers to the stories"
)]

mod away;
mod bodies;
mod clients;
mod concurrency;
mod content;
mod costs;
mod coverage;
mod crashes;
mod deleting;
mod deployment;
mod fault_requests;
mod faults;
mod figures;
mod forms;
mod headers;
mod helpers;
mod identities;
mod ids;
mod inert;
mod instances;
mod keys;
mod ledger;
mod limits;
mod live;
mod long_outage;
mod methods;
mod museum;
mod naive;
mod numbers;
mod opaque_keys;
mod openapi;
mod outage;
mod patching;
mod plug;
mod promise;
mod reading;
mod sessions;
mod shutdown;
mod transport;
mod writing;
