//! What pages are made of: one noun per file.

pub mod actions;
pub mod announcer;
pub mod avatar;
pub mod chart;
pub mod checked;
pub mod chip;
pub mod composer;
pub mod content;
pub mod draft;
pub mod frame;
pub mod icon;
pub mod live_line;
pub mod metrics_strip;
pub mod moment;
pub mod network_panel;
pub mod outbox;
pub mod post_card;
pub mod ready;
pub mod room;
pub mod shown;
pub mod timeline;
pub mod unsent;
pub mod weather;
