//! The server's hands.
