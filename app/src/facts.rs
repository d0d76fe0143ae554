//! What a page states about itself, as attributes that the browser's hands read from the document.
//!
//! The session cookie is not readable by programs, so the page says whose posts these are; and a new
//! `EventSource` sends no `Last-Event-ID`, so it says from which change live updates go on.
//!
//! | attribute | on | value |
//! |---|---|---|
//! | [`USER_ID`] | `<main>` | the viewer's id, lower-case and hyphenated |
//! | [`FAULTS`] | `<main>` | there, without a value, where the server carries out faults |
//! | [`ROOM`] | `<main>`, of a page with a composer | the room that the page shows |
//! | [`CURSOR`] | the feed of the newest page | the change cursor that the rendered posts stand at |
//!
//! Look each one up by its attribute (`[data-cursor]`), not by its element.

pub const USER_ID: &str = "data-user-id";
pub const FAULTS: &str = "data-faults";
pub const ROOM: &str = "data-room";
pub const CURSOR: &str = "data-cursor";
