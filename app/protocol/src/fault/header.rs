//! The `Fault` header: a structured-field token with parameters (RFC 9651).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::point::{FaultPoint, Parameter};

const TIMES_MAX: u64 = 100;
const DELAY_MAX_MS: u64 = 60_000;
const DELAY_DEFAULT_MS: u32 = 1_000;
const TRIES_MAX: u64 = 20;

/// One fault as the header names it. Parameters that the point does not use keep their defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fault {
    pub point: FaultPoint,
    /// On how many arrivals of one attempt it fires, 1–100.
    pub times: u8,
    /// How long `request-late` and `slow` hold, in milliseconds, at most 60,000; 1,000 where none is given.
    pub delay_ms: u32,
    /// How many of the server's own database tries within one arrival are hit.
    pub tries: Tries,
    /// Until when `database-away` lasts, in Unix milliseconds; 0 for every other point. That it is at most two
    /// minutes ahead is checked by the server, which has a clock.
    pub until_ms: u64,
    /// `reply-lost` without an interim answer, so that a browser sends again by itself.
    pub bare: bool,
}

/// How many of the server's database tries a fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tries {
    /// The first few, 1–20.
    First(u8),
    All,
}

impl Tries {
    /// Whether the try with this number, counted from 1, is hit.
    pub const fn hits(self, number: u32) -> bool {
        match self {
            Self::First(count) => number <= count as u32,
            Self::All => true,
        }
    }
}

/// Why a `Fault` or `Attempt` header was refused; the answer is 400 `malformed-fault`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedFault {
    #[error("there is no fault point of this name")]
    Point,
    #[error("the fault is not a structured-field token with parameters")]
    Syntax,
    #[error("the parameter {0} is not known")]
    Unknown(String),
    #[error("the parameter {0} stands twice")]
    Repeated(String),
    #[error("{point} does not use the parameter {parameter}")]
    Unused { point: FaultPoint, parameter: String },
    #[error("the value of {0} is out of range or of the wrong type")]
    Value(String),
    #[error("database-away needs the parameter until")]
    UntilMissing,
    #[error("request-lost is made in the browser and never sent")]
    BrowserOnly,
    #[error("Attempt is a whole number from 1")]
    Attempt,
}

impl Fault {
    /// The fault at `point` with every parameter at its default.
    pub const fn at(point: FaultPoint) -> Self {
        let tries = if matches!(point, FaultPoint::CommitAckLost) { Tries::First(1) } else { Tries::All };
        Self { point, times: 1, delay_ms: DELAY_DEFAULT_MS, tries, until_ms: 0, bare: false }
    }

    pub const fn delay(mut self, ms: u32) -> Self {
        self.delay_ms = ms;
        self
    }

    pub const fn tries(mut self, tries: Tries) -> Self {
        self.tries = tries;
        self
    }

    /// Reads a fault that may be meant for the browser; see [`Fault::parse_header`] for what a server reads.
    pub fn parse(text: &str) -> Result<Self, MalformedFault> {
        let mut parts = text.trim_matches(' ').split(';');
        let token = parts.next().unwrap_or_default();
        let point = FaultPoint::parse(token).ok_or(MalformedFault::Point)?;
        let mut fault = Self::at(point);
        let mut seen = Vec::new();
        for part in parts {
            let part = part.trim_start_matches(' ');
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (part, None),
            };
            if name.is_empty() {
                return Err(MalformedFault::Syntax);
            }
            let parameter = Parameter::parse(name)
                .ok_or_else(|| MalformedFault::Unknown(name.chars().take(40).collect()))?;
            if seen.contains(&parameter) {
                return Err(MalformedFault::Repeated(name.to_owned()));
            }
            if !point.uses(parameter) {
                return Err(MalformedFault::Unused { point, parameter: name.to_owned() });
            }
            seen.push(parameter);
            fault.set(parameter, value).ok_or_else(|| MalformedFault::Value(name.to_owned()))?;
        }
        if point.uses(Parameter::Until) && !seen.contains(&Parameter::Until) {
            return Err(MalformedFault::UntilMissing);
        }
        Ok(fault)
    }

    /// Reads the header as a server does: `request-lost` cannot have reached it.
    pub fn parse_header(text: &str) -> Result<Self, MalformedFault> {
        let fault = Self::parse(text)?;
        if fault.point == FaultPoint::RequestLost { Err(MalformedFault::BrowserOnly) } else { Ok(fault) }
    }

    /// Sets one parameter; `None` where the value is not acceptable.
    fn set(&mut self, parameter: Parameter, value: Option<&str>) -> Option<()> {
        match parameter {
            Parameter::Times => self.times = integer(value?, 1, TIMES_MAX)?.try_into().ok()?,
            Parameter::Delay => self.delay_ms = integer(value?, 0, DELAY_MAX_MS)?.try_into().ok()?,
            Parameter::Tries if value == Some("all") => self.tries = Tries::All,
            Parameter::Tries => self.tries = Tries::First(integer(value?, 1, TRIES_MAX)?.try_into().ok()?),
            Parameter::Until => self.until_ms = integer(value?, 0, u64::MAX)?,
            Parameter::Bare => {
                self.bare = match value {
                    None | Some("?1") => true,
                    Some("?0") => false,
                    Some(_) => return None,
                }
            }
        }
        Some(())
    }
}

impl Parameter {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "times" => Some(Self::Times),
            "delay" => Some(Self::Delay),
            "tries" => Some(Self::Tries),
            "until" => Some(Self::Until),
            "bare" => Some(Self::Bare),
            _ => None,
        }
    }
}

/// A structured-field integer: at most 15 digits. A sign is refused with everything below `least`.
fn integer(text: &str, least: u64, most: u64) -> Option<u64> {
    if text.is_empty() || text.len() > 15 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number| (least..=most).contains(number))
}

/// Reads an `Attempt` header: a whole number from 1.
pub fn parse_attempt(text: &str) -> Result<u32, MalformedFault> {
    integer(text.trim_matches(' '), 1, u64::from(u32::MAX))
        .and_then(|number| u32::try_from(number).ok())
        .ok_or(MalformedFault::Attempt)
}

impl fmt::Display for Fault {
    /// Writes only what differs from the defaults.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = Self::at(self.point);
        write!(f, "{}", self.point)?;
        if self.point.uses(Parameter::Times) && self.times != default.times {
            write!(f, "; times={}", self.times)?;
        }
        if self.point.uses(Parameter::Delay) && self.delay_ms != default.delay_ms {
            write!(f, "; delay={}", self.delay_ms)?;
        }
        if self.point.uses(Parameter::Tries) && self.tries != default.tries {
            match self.tries {
                Tries::First(count) => write!(f, "; tries={count}")?,
                Tries::All => write!(f, "; tries=all")?,
            }
        }
        if self.point.uses(Parameter::Until) {
            write!(f, "; until={}", self.until_ms)?;
        }
        if self.point.uses(Parameter::Bare) && self.bare {
            write!(f, "; bare")?;
        }
        Ok(())
    }
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_point_of_the_contract_is_read_with_its_defaults() {
        for point in FaultPoint::ALL {
            let text =
                if point == FaultPoint::DatabaseAway { "database-away;until=5" } else { point.as_str() };
            let fault = Fault::parse(text).unwrap();
            assert_eq!((fault.point, fault.times), (point, 1));
        }
        assert_eq!(Fault::parse("commit-ack-lost").unwrap().tries, Tries::First(1));
        assert_eq!(Fault::parse("rolled-back").unwrap().tries, Tries::All);
    }

    #[test]
    fn parameters_are_read_with_their_limits() {
        let fault = Fault::parse("  slow;times=100; delay=60000 ").unwrap();
        assert_eq!((fault.times, fault.delay_ms), (100, 60_000));
        assert_eq!(Fault::parse("rolled-back;tries=20").unwrap().tries, Tries::First(20));
        assert_eq!(Fault::parse("commit-ack-lost;tries=all").unwrap().tries, Tries::All);
        assert!(Fault::parse("reply-lost;bare").unwrap().bare);
        assert!(Fault::parse("reply-lost;bare=?1").unwrap().bare);
        assert!(!Fault::parse("reply-lost;bare=?0").unwrap().bare);
    }

    #[test]
    fn anything_else_is_malformed() {
        for text in [
            "",
            "REPLY-LOST",
            "\"reply-lost\"",
            "reply-lost, slow",
            "reply-lost;",
            "reply-lost ;times=2",
            "reply-lost;times",
            "reply-lost;times=0",
            "reply-lost;times=101",
            "reply-lost;times=-1",
            "reply-lost;times=1.0",
            "reply-lost;times=\"1\"",
            "reply-lost;times=2;times=2",
            "reply-lost;Times=2",
            "reply-lost;delay=5",
            "slow;delay=60001",
            "slow;bare",
            "slow;tries=1",
            "rolled-back;tries=21",
            "rolled-back;tries=0",
            "rolled-back;tries=ALL",
            "database-away",
            "database-away;until=",
            "database-away;until=9999999999999999",
            "reply-lost;bare=1",
            "reply-lost;unknown=1",
            "request-lost;times=2",
            "slow;delay= 5",
            "slow;=5",
            "slow;delay=+5",
        ] {
            assert!(Fault::parse(text).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn request_lost_cannot_reach_a_server() {
        assert_eq!(Fault::parse_header("request-lost"), Err(MalformedFault::BrowserOnly));
        assert!(Fault::parse_header("reply-lost").is_ok());
    }

    #[test]
    fn attempts_count_from_one() {
        assert_eq!(parse_attempt("1"), Ok(1));
        for text in ["", "0", "-1", "1.5", "one", "4294967296", "1, 2"] {
            assert_eq!(parse_attempt(text), Err(MalformedFault::Attempt), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            point in 0_usize..8, times in 1_u8..=100, delay in 0_u32..=60_000, tries in 0_u8..=20,
            until in 0_u64..=999_999_999_999_999, bare: bool,
        ) {
            let tries = if tries == 0 { Tries::All } else { Tries::First(tries) };
            let point = FaultPoint::ALL[point];
            let any = Fault { point, times, delay_ms: delay, tries, until_ms: until, bare };
            let read = Fault::parse(&any.to_string()).unwrap();
            prop_assert_eq!(read.to_string(), any.to_string());
            prop_assert_eq!(Fault::parse(&read.to_string()), Ok(read));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,60}") {
            let _ = Fault::parse(&text);
            let _ = parse_attempt(&text);
        }
    }
}
