//! What really happened in an experiment: events recorded by the browser and by the server's ledger, and the
//! picture that is folded from them.
//!
//! | module | what it holds |
//! |---|---|
//! | `lane` | the designs that can be compared |
//! | `event` | what the browser and the server record |
//! | `weave` | both records as one list of marks, in which no effect stands before its cause |
//! | `fit` | the server's clock fitted to the browser's |
//! | `picture`, `fold` | what the first few marks show, and how |
//! | `words` | the short labels |
//! | `sentence` | the outcome in a sentence |
//! | `facts` | everything that is known of one mark |
//! | `golden` | a lane's events as stable lines, for tests |
//! | `arrivals` | the ledger's rows, folded from the server's events alone |

mod arrivals;
mod event;
mod facts;
mod fit;
mod fold;
mod golden;
mod lane;
mod picture;
mod sentence;
mod weave;
mod words;

pub use arrivals::{Arrival, Stage, Verdict, arrivals};
pub use event::{BrowserEvent, LedgerEvent, Row, Saw, Seen, TryFailure, Wrote};
pub use facts::{Fact, Facts, facts};
pub use fit::Fit;
pub use golden::golden;
pub use lane::Lane;
pub use picture::{Attempt, Hop, LanePicture, Outcome, Picture, Place, Progress, StoredRow, Wait};
pub use sentence::sentence;
pub use weave::{Mark, Trace, What};
