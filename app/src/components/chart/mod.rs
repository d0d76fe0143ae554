//! Charts, drawn on the server as SVG: pure functions from data to marks.
//!
//! Series differ by colour, by dash and by the shape at their end, and are named beside the chart. Text is HTML, so
//! it keeps its size in whatever room the picture has; colours are classes, because a page carries no inline style.
//!
//! | module | what it holds |
//! |---|---|
//! | `scale` | round numbers for an axis |
//! | `lines` | step lines over time |
//! | `bars` | durations in buckets that double |
//! | `figure` | what stands around a chart: its name, its table, its file |

pub mod bars;
pub mod figure;
pub mod lines;
pub mod scale;
