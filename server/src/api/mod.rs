//! The API: one file per group of endpoints.
//!
//! | module | endpoints |
//! |---|---|
//! | [`create`] | `PUT /api/posts/{id}`, `POST /api/posts` |
//! | [`edit`] | `PATCH /api/posts/{id}` |
//! | [`delete`] | `DELETE /api/posts/{id}` |
//! | [`read`] | `GET /api/posts`, `GET /api/posts/{id}`, `GET /api/posts/{id}/status` |
//! | [`events`] | `GET /api/rooms/{room}/events` |
//! | [`session`] | `POST /api/session` |
//! | [`capabilities`] | `GET /api/capabilities` |
//! | [`request`], [`body`], [`form`], [`query`] | what is read from a request, and how it is refused |
//! | [`unknown`] | paths that do not exist, methods that a resource lacks, `OPTIONS` |

pub mod body;
pub mod capabilities;
pub mod create;
pub mod delete;
pub mod edit;
pub mod events;
pub mod form;
pub mod query;
pub mod read;
pub mod request;
pub mod session;
pub mod unknown;
