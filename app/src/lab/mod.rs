//! The laboratory: the same press under the same weather, design beside design, drawn from what was recorded.
//!
//! | module | what it holds |
//! |---|---|
//! | `playback` | which moment is on screen, and when the next mark appears |
//! | `episodes` | the lines of a lane's picture, in the order of time |
//! | `picture`, `line` | the picture: a list, whose styling the lines are |
//! | `side`, `stored`, `wait` | one side of a comparison: its picture, its rows, its next attempt |
//! | `stage` | the sides next to each other, and the sentence below |
//! | `blindfold` | the client's eyes |
//! | `facts` | everything that is known of a mark |
//! | `time_control` | back, step, play, live, speed |
//! | `ledger`, `proof` | what arrived, and what the checker says of it |
//! | `bench` | the lab's own page: everything below, around the stage |
//! | `setup`, `cuts` | what the next run will be, and the board's rules |
//! | `board`, `client` | where to cut, and how the client behaves |
//! | `share` | links that promise a result, and the recording |
//! | `first`, `opening`, `press` | the first screen, its composer, and what the two know of each other |
//! | `words` | what designs are called |

pub mod bench;
pub mod blindfold;
pub mod board;
pub mod client;
pub mod cuts;
pub mod episodes;
pub mod facts;
pub mod first;
pub mod ledger;
pub mod line;
pub mod opening;
pub mod picture;
pub mod playback;
pub mod press;
pub mod proof;
pub mod setup;
pub mod share;
pub mod side;
pub mod stage;
pub mod stored;
pub mod time_control;
pub mod wait;
pub mod words;
