//! Timestamps as the wire spells them (RFC 3339, UTC, millisecond precision), and the two clocks.

use std::fmt;

use ::time::OffsetDateTime;
use ::time::format_description::BorrowedFormatItem;
use ::time::format_description::well_known::Rfc3339;
use ::time::macros::format_description;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MILLISECOND_UTC: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Milliseconds: a duration, or the reading of a clock.
pub type Millis = u64;

/// Both clocks at one moment, read by whoever has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since an arbitrary start; never goes back. Every delay is measured on it.
    pub monotonic_ms: Millis,
    /// Milliseconds since the Unix epoch by a clock that a user may set to any year. Only what is stored over
    /// a reload is measured on it, and clamped when it is read again.
    pub wall_ms: Millis,
}

/// A point in time, in whole milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Milliseconds since the Unix epoch. Years outside 0–9999, which RFC 3339 cannot spell, are clamped to
    /// the nearest end.
    pub const fn from_unix_ms(ms: i64) -> Self {
        const FIRST: i64 = -62_167_219_200_000;
        const LAST: i64 = 253_402_300_799_999;
        if ms < FIRST {
            Self(FIRST)
        } else if ms > LAST {
            Self(LAST)
        } else {
            Self(ms)
        }
    }

    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 with any offset; digits beyond milliseconds are cut off.
    pub fn parse(text: &str) -> Option<Self> {
        let parsed = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(parsed.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(Self::from_unix_ms)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = i128::from(self.0) * 1_000_000;
        let moment = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).map_err(|_| fmt::Error)?;
        f.write_str(&moment.format(MILLISECOND_UTC).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 timestamp"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_survive_the_wire() {
        let moment = Timestamp::from_unix_ms(1_609_459_200_007);
        assert_eq!(moment.to_string(), "2021-01-01T00:00:00.007Z");
        assert_eq!(Timestamp::parse("2021-01-01T00:00:00.007Z"), Some(moment));
        assert_eq!(Timestamp::parse("2021-01-01T01:00:00.0079+01:00"), Some(moment));
    }

    #[test]
    fn what_rfc_3339_cannot_spell_is_clamped() {
        assert_eq!(Timestamp::from_unix_ms(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::from_unix_ms(i64::MIN).to_string(), "0000-01-01T00:00:00.000Z");
    }
}
