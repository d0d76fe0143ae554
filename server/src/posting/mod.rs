//! Creating, editing and deleting posts, whichever door the request came through: PUT, POST, PATCH, DELETE or a form.
//!
//! | module | what is there |
//! |---|---|
//! | [`create`](mod@create), [`edit`](mod@edit), [`delete`](mod@delete) | the three operations |
//! | `write` | a command on its way to the writer and back |
//! | `refusal` | what a verdict means for whoever asked |
//! | `wait` | how long a duplicate is willing to wait for the first |

mod create;
mod delete;
mod edit;
mod refusal;
mod wait;
mod write;

pub use create::{Posting, Stored, StoredAs, content_or_why_not, create};
pub use delete::{Deletion, delete};
pub use edit::{Editing, edit, revision_or_why_not};
pub use refusal::refusal;
