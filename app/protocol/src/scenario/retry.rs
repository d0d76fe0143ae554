//! When a lane asks again.

use std::fmt;

use crate::backoff::Backoff;
use crate::time::Millis;

/// The longest fixed wait and the longest first wait.
const WAIT_MAX_MS: Millis = 60_000;
/// The longest wait of all.
const CAP_MAX_MS: Millis = 600_000;
/// No wait is shorter, so that no link makes a page storm its server.
const FLOOR_MS: Millis = 50;

/// The retry policy of both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// `fulljitter:base,2,cap`: a random wait below a ceiling that doubles with every failure.
    FullJitter { base_ms: Millis, cap_ms: Millis },
    /// `fixed:ms`: always the same wait.
    Fixed { ms: Millis },
    /// `none`: one attempt.
    None,
}

impl Default for Retry {
    fn default() -> Self {
        let Backoff { base_ms, cap_ms, .. } = Backoff::default();
        Self::FullJitter { base_ms, cap_ms }
    }
}

impl Retry {
    /// Reads the policy, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "none" {
            return Ok(Self::None);
        }
        if let Some(ms) = text.strip_prefix("fixed:") {
            let ms = millis(ms, WAIT_MAX_MS).ok_or("a fixed wait is 50 to 60000 ms")?;
            return Ok(Self::Fixed { ms });
        }
        let Some(numbers) = text.strip_prefix("fulljitter:") else {
            return Err("fulljitter:base,2,cap or fixed:ms or none");
        };
        let mut numbers = numbers.split(',');
        let (Some(base), Some(factor), Some(cap), None) =
            (numbers.next(), numbers.next(), numbers.next(), numbers.next())
        else {
            return Err("fulljitter takes three numbers: base, factor, cap");
        };
        if factor != "2" {
            return Err("the factor is 2, no other is built");
        }
        let base_ms = millis(base, WAIT_MAX_MS).ok_or("the base is 50 to 60000 ms")?;
        let cap_ms = millis(cap, CAP_MAX_MS)
            .filter(|cap| *cap >= base_ms)
            .ok_or("the cap is at least the base and at most 600000 ms")?;
        Ok(Self::FullJitter { base_ms, cap_ms })
    }

    /// The wait after `failures` earlier failures and this one; `None` where there is no other attempt.
    pub fn delay(&self, failures: u32, random: u64) -> Option<Millis> {
        match *self {
            Self::FullJitter { base_ms, cap_ms } => {
                Some(Backoff { base_ms, cap_ms, floor_ms: FLOOR_MS }.delay(failures, random))
            }
            Self::Fixed { ms } => Some(ms),
            Self::None => None,
        }
    }
}

fn millis(text: &str, most: Millis) -> Option<Millis> {
    let digits = !text.is_empty() && text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return None;
    }
    text.parse().ok().filter(|ms| (FLOOR_MS..=most).contains(ms))
}

impl fmt::Display for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FullJitter { base_ms, cap_ms } => write!(f, "fulljitter:{base_ms},2,{cap_ms}"),
            Self::Fixed { ms } => write!(f, "fixed:{ms}"),
            Self::None => f.write_str("none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_written_as_they_are_read() {
        for text in ["none", "fixed:200", "fulljitter:500,2,30000"] {
            assert_eq!(Retry::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Retry::default().to_string(), "fulljitter:500,2,30000");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "None",
            "fixed",
            "fixed:",
            "fixed:49",
            "fixed:60001",
            "fixed:+200",
            "fulljitter",
            "fulljitter:500",
            "fulljitter:500,3,30000",
            "fulljitter:500,2,400",
            "fulljitter:500,2,30000,1",
            "fulljitter:500,2,600001",
        ] {
            assert!(Retry::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_full_jitter_is_random() {
        let jitter = Retry::FullJitter { base_ms: 500, cap_ms: 1_000 };
        assert_eq!((jitter.delay(0, 0), jitter.delay(5, u64::MAX)), (Some(FLOOR_MS), Some(1_000)));
        assert_eq!(Retry::Fixed { ms: 200 }.delay(9, 7), Some(200));
        assert_eq!(Retry::None.delay(0, 0), None);
    }
}
