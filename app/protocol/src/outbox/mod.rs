//! The outbox: what becomes of a post between the press of *Post* and the server's answer.
//!
//! [`Outbox`] is a machine without hands. [`Outbox::handle`] takes an [`Event`], the time and random bits, and
//! returns [`Command`]s; a driver carries them out **in order**, and gives back what happened as further
//! events. The same events at the same times with the same bits give the same commands.
//!
//! The rules that cost others posts:
//! - the id is minted before anything is sent, and a retry sends the same bytes under it;
//! - a row is written before what it says is done, so a crash at any moment loses nothing;
//! - no answer means *unknown*, never *failed*;
//! - a row leaves only a day after its answer.
//!
//! | module | what it holds |
//! |---|---|
//! | `item` | one intent: its content, where it stands; it is a row of the browser's storage |
//! | `event`, `command` | what a driver tells the machine, and what it is told to do |
//! | `answer` | what an answer of the server means |
//! | `machine` | the state, and which rule hears which event |
//! | `settle` | an attempt ended: what follows for its item |
//! | `choose` | what to do next: whom to send, whom to ask about, when to wake |
//! | `pace` | when the queue may try again |
//! | `sync` | several tabs, one storage |
//! | `wishes` | what the user asked for |
//! | `attempts` | a record of the last attempts |
//! | `chip` | the words that tell a user where an item stands |

mod answer;
mod attempts;
mod chip;
mod choose;
mod command;
mod event;
mod item;
mod machine;
mod pace;
mod settle;
mod sync;
mod wishes;

pub(crate) use answer::refusal;
pub use answer::{Answer, Verdict, judge};
pub use attempts::{AttemptOutcome, AttemptRecord, Attempts};
pub use chip::{Action, Chip, ChipState, NO_ANSWER_YET, chip};
pub use command::{Command, Method, Request};
pub use event::{Event, Leadership, NoAnswer, Wake};
pub use item::{Acked, Gone, Item, Obstacle, Operation, Reason, ReasonKind, SessionId, State, Try, Wish};
pub use machine::{Config, Outbox};
