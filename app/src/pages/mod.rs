//! One file per page.

pub mod feed;
