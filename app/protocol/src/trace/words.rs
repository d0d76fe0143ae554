//! The short labels of the picture.

use crate::problem::{Outcome, Problem};

use super::event::{TryFailure, Wrote};

pub(super) const RESENT: &str = "sent again by the browser, not by this page";
pub(super) const REPLY_LOST: &str = "reply lost";

/// `201 Created`, `200, already stored`, `503, not stored`.
pub(super) fn answer(status: u16, replayed: bool, body: &str) -> String {
    if replayed {
        return format!("{status}, already stored");
    }
    match status {
        200 => "200 OK".to_owned(),
        201 => "201 Created".to_owned(),
        202 => "202 Accepted".to_owned(),
        400.. => match serde_json::from_str::<Problem>(body).map(|problem| problem.outcome) {
            Ok(Outcome::NotApplied) => format!("{status}, not stored"),
            Ok(Outcome::Unknown) => format!("{status}, outcome unknown"),
            Ok(Outcome::Applied) | Err(_) => status.to_string(),
        },
        _ => status.to_string(),
    }
}

/// An answer that came when nobody waited for one.
pub(super) fn unheard(answer: &str) -> String {
    format!("{answer}, nobody waits for it")
}

/// What the client sees of an attempt that ended without an answer, `waited` microseconds after it began.
pub(super) fn no_answer(timeout: bool, waited: u64) -> String {
    if timeout { format!("no answer in {}", seconds(waited / 1_000)) } else { "no answer".to_owned() }
}

pub(super) fn held(ms: u32) -> String {
    format!("held for {}", seconds(u64::from(ms)))
}

/// 1,500 becomes `1.5 s`.
pub(super) fn seconds(ms: u64) -> String {
    let tenths = ms.saturating_add(50) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// What is asked of the database: the verb that writes, wherever it stands in the statements.
pub(super) fn attempt(number: u32, sql: &[String]) -> String {
    let words =
        sql.iter().flat_map(|statement| statement.split(|letter: char| !letter.is_ascii_alphabetic()));
    let writes = |word: &String| matches!(word.as_str(), "insert" | "update" | "delete");
    let verb = words.map(str::to_ascii_lowercase).find(writes).unwrap_or_else(|| "ask".to_owned());
    if number > 1 { format!("{verb} again, try {number}") } else { verb }
}

pub(super) const fn failed(how: TryFailure) -> &'static str {
    match how {
        TryFailure::Refused => "no connection",
        TryFailure::RolledBack => "rolled back",
        TryFailure::AckLost => "answer lost",
        TryFailure::Other => "the database did not answer",
    }
}

/// What the database did; `number` is the row's in its lane.
pub(super) fn wrote(wrote: Wrote, number: Option<u32>) -> String {
    let row = number.map_or_else(String::new, |number| format!(", row {number}"));
    match wrote {
        Wrote::Inserted => format!("committed{row}"),
        Wrote::Recognised => "already there".to_owned(),
        Wrote::OwnRow => "its own row".to_owned(),
        Wrote::Deleted => "deleted".to_owned(),
        Wrote::Refused => "refused, nothing written".to_owned(),
    }
}
