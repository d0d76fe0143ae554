//! Time and randomness of this browser, for the pure machine that has neither.
//!
//! `crypto.getRandomValues` and `performance.now` work on plain http as well, unlike `crypto.randomUUID`.

use std::cell::Cell;

use protocol::key::PostId;
use protocol::outbox::SessionId;
use protocol::time::{Millis, Now};
use uuid::Uuid;

/// Milliseconds since the page was opened; never goes back.
pub(crate) fn monotonic_ms() -> Millis {
    let performance = web_sys::window().and_then(|window| window.performance());
    performance.map_or_else(wall_ms, |performance| performance.now().max(0.0) as Millis)
}

/// The same in microseconds, as finely as the browser tells them.
pub(crate) fn monotonic_us() -> u64 {
    let performance = web_sys::window().and_then(|window| window.performance());
    performance.map_or_else(|| wall_ms() * 1_000, |performance| (performance.now().max(0.0) * 1_000.0) as u64)
}

/// Milliseconds since 1970 by this device's clock, which may be wrong and may jump.
pub(crate) fn wall_ms() -> Millis {
    js_sys::Date::now().max(0.0) as Millis
}

pub(crate) fn now() -> Now {
    Now { monotonic_ms: monotonic_ms(), wall_ms: wall_ms() }
}

/// The time of day in the visitor's own spelling, such as `12:04`.
pub(crate) fn local_time() -> String {
    let date = js_sys::Date::new_0();
    format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
}

/// Fills `bytes` from the browser's cryptographic source; `None` where it has none.
fn fill(bytes: &mut [u8]) -> Option<()> {
    let crypto = web_sys::window()?.crypto().ok()?;
    crypto.get_random_values_with_u8_array(bytes).ok().map(|_| ())
}

/// Random bits for back-off and jitter, where a poor source does no harm.
pub(crate) fn random() -> u64 {
    let mut bytes = [0; 8];
    match fill(&mut bytes) {
        Some(()) => u64::from_le_bytes(bytes),
        None => (js_sys::Math::random() * 2f64.powi(53)) as u64,
    }
}

/// A name for this page load; `None` without a cryptographic source.
pub(crate) fn session() -> Option<SessionId> {
    unguessable().map(SessionId)
}

/// A UUID of random bits, which nobody guesses; `None` without a cryptographic source.
pub(crate) fn unguessable() -> Option<Uuid> {
    let mut bits = [0; 16];
    fill(&mut bits)?;
    Some(uuid::Builder::from_random_bytes(bits).into_uuid())
}

/// Mints the id of a draft (O1); `None` without a cryptographic source: two browsers must not mint the same id,
/// and a form without an id of the browser's own still posts with the server's.
pub(crate) fn mint() -> Option<PostId> {
    thread_local! {
        /// The last minted millisecond: a clock that is set back must not make younger ids sort first.
        static LAST_MS: Cell<u64> = const { Cell::new(0) };
    }
    let mut bits = [0; 10];
    fill(&mut bits)?;
    let ms = LAST_MS.get().max(wall_ms());
    LAST_MS.set(ms);
    Some(PostId::mint(ms, bits))
}
