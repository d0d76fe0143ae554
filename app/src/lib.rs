//! The face of PostOnce: pages and components, and the ports it needs the server to fill.
