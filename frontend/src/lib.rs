//! The browser's hands.
