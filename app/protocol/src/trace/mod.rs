//! What really happened in an experiment: events recorded by the browser and by the server's ledger, and the
//! picture that is folded from them.
//!
//! | module | what it holds |
//! |---|---|
//! | `lane` | the designs that can be compared |
//! | `event` | what the browser and the server record |

mod event;
mod lane;

pub use event::{BrowserEvent, LedgerEvent, Row, Saw, Seen, TryFailure, Wrote};
pub use lane::Lane;
