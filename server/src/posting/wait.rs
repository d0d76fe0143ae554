//! How long a duplicate is willing to wait for the first.

use std::time::Duration;

use axum::http::HeaderMap;

/// How long a duplicate waits for the first when `Prefer: wait` does not say.
pub(super) const DEFAULT_WAIT: Duration = Duration::from_secs(5);

/// The longest that `Prefer: wait` may ask for, in seconds.
const WAIT_MAX_SECONDS: u64 = 30;

/// `Prefer: wait=N` (RFC 7240). Malformed values and other preferences are ignored, as that document asks.
pub(super) fn preferred_wait(headers: &HeaderMap) -> Option<Duration> {
    let lines = headers.get_all("prefer").iter().filter_map(|line| line.to_str().ok());
    let seconds = lines
        .flat_map(|line| line.split(','))
        .filter_map(|preference| preference.split(';').next()?.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
        .and_then(|(_, value)| value.trim().trim_matches('"').parse::<u64>().ok())?;
    Some(Duration::from_secs(seconds.min(WAIT_MAX_SECONDS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(line: &str) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert("prefer", line.parse().unwrap());
        preferred_wait(&headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn prefer_wait_is_capped_and_nonsense_ignored() {
        assert_eq!(wait("wait=3"), Some(3));
        assert_eq!(wait("respond-async, Wait = \"0\"; x=1"), Some(0));
        assert_eq!(wait("wait=900"), Some(30));
        for line in ["wait", "wait=", "wait=-1", "wait=1.5", "waits=3", "wait=99999999999999999999"] {
            assert_eq!(wait(line), None, "{line}");
        }
    }
}
