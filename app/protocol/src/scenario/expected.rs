//! The result that a link promises.

use std::fmt;

/// How many rows a lane has at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    pub rows: u32,
    /// `2+`: so many or more, where a browser decides for itself how often it sends.
    pub at_least: bool,
}

/// No run makes more rows than this: twenty attempts, each sent again a few times.
const ROWS_MAX: u32 = 1_000;

impl Expected {
    pub fn parse(text: &str) -> Option<Self> {
        let (number, at_least) = match text.strip_suffix('+') {
            Some(number) => (number, true),
            // To every decoder of a query a bare plus sign is a space.
            None => match text.strip_suffix(' ') {
                Some(number) => (number, true),
                None => (text, false),
            },
        };
        let digits = (1..=4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        let rows = if digits { number.parse().ok()? } else { return None };
        (rows <= ROWS_MAX).then_some(Self { rows, at_least })
    }

    /// Whether the promise is kept by so many rows.
    pub fn is_met_by(self, rows: usize) -> bool {
        let promised = usize::try_from(self.rows).unwrap_or(usize::MAX);
        if self.at_least { rows >= promised } else { rows == promised }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.rows, if self.at_least { "+" } else { "" })
    }
}
