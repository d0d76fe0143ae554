//! One file per page.

pub mod feed;
pub mod home;
pub mod honesty;
pub mod lab;
pub mod methods;
pub mod museum;
pub mod not_found;
pub mod numbers;
pub mod outage;
pub mod refused;
pub mod tour;
