//! A lane's events as lines that are the same in every run, on every database and after a reload: without times,
//! with names for ids.
//!
//! They are grouped by attempt, since which of two attempts the server got to first may be a matter of
//! microseconds; where it matters, the numbers of the rows tell.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::event::{Row, Saw, Seen, TryFailure, Wrote};
use super::lane::Lane;
use super::weave::{Trace, What};

/// The lane's lines, such as `1 sent PUT /api/posts/{id}, reply-lost`. A line begins with the attempt, and from
/// its second arrival on with that, too: `1.2 arrived`.
pub fn golden(trace: &Trace, lane: Lane) -> Vec<String> {
    let mut rows = Vec::new();
    let mut attempts: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for mark in trace.marks().into_iter().filter(|mark| mark.lane == lane) {
        let (nth, line) = match &mark.what {
            What::Browser(saw) => (1, browser(saw)),
            What::Server { nth, seen, .. } => (*nth, server(seen, &mut rows)),
        };
        let who = if nth > 1 { format!("{}.{nth}", mark.attempt) } else { mark.attempt.to_string() };
        attempts.entry(mark.attempt).or_default().push(format!("{who} {line}"));
    }
    attempts.into_values().flatten().collect()
}

fn browser(saw: &Saw) -> String {
    match saw {
        Saw::Sent { method, path, fault, .. } => {
            let fault = fault.as_ref().map_or_else(String::new, |fault| format!(", {fault}"));
            format!("sent {method} {}{fault}", nameless(path))
        }
        Saw::Lost => "never left the browser".to_owned(),
        Saw::Answer { status, replayed, .. } => format!("heard {}", answer(*status, *replayed)),
        Saw::NoAnswer { timeout: true } => "no answer, timeout".to_owned(),
        Saw::NoAnswer { timeout: false } => "no answer, network".to_owned(),
        Saw::Waiting { .. } => "waiting".to_owned(),
        Saw::Settled { answered: true } => "settled".to_owned(),
        Saw::Settled { answered: false } => "gave up".to_owned(),
    }
}

fn server(seen: &Seen, rows: &mut Vec<String>) -> String {
    let mut name = |row: &Row| {
        let place = rows.iter().position(|id| *id == row.id).unwrap_or_else(|| {
            rows.push(row.id.clone());
            rows.len() - 1
        });
        format!("row {}", place + 1)
    };
    match seen {
        Seen::Arrived { fault: Some(fault), .. } => format!("arrived, {fault}"),
        Seen::Arrived { fault: None, .. } => "arrived".to_owned(),
        Seen::Held { ms } => format!("held for {ms} ms"),
        Seen::Attached => "attached".to_owned(),
        Seen::Try { number, .. } => format!("try {number}"),
        Seen::TryFailed { number, how, row } => {
            let row = row.as_ref().map_or_else(String::new, |row| format!(", {}", name(row)));
            format!("try {number} {}{row}", failure(*how))
        }
        Seen::Looked { found: true, .. } => "looked, found".to_owned(),
        Seen::Looked { found: false, .. } => "looked, found nothing".to_owned(),
        Seen::Wrote { wrote: Wrote::Refused, .. } => "refused".to_owned(),
        Seen::Wrote { wrote, row } => format!("{} {}", done(*wrote), name(row)),
        Seen::Answered { status, replayed, .. } => format!("answered {}", answer(*status, *replayed)),
        Seen::Cut => "cut".to_owned(),
    }
}

const fn failure(how: TryFailure) -> &'static str {
    match how {
        TryFailure::Refused => "refused",
        TryFailure::RolledBack => "rolled back",
        TryFailure::AckLost => "committed, answer lost",
        TryFailure::Other => "failed",
    }
}

const fn done(wrote: Wrote) -> &'static str {
    match wrote {
        Wrote::Inserted => "inserted",
        Wrote::Recognised => "recognised",
        Wrote::OwnRow => "found its own",
        Wrote::Deleted => "deleted",
        Wrote::Refused => "refused",
    }
}

fn answer(status: u16, replayed: bool) -> String {
    format!("{status}{}", if replayed { ", replayed" } else { "" })
}

/// A path with every id taken out.
fn nameless(path: &str) -> String {
    let name = |part| if Uuid::try_parse(part).is_ok() { "{id}" } else { part };
    path.split('/').map(name).collect::<Vec<_>>().join("/")
}
