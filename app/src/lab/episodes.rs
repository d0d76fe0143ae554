//! The rows of one lane's picture, from top to bottom: what stands where, in the order of time.
//!
//! A request that is late goes on below the attempt that came after it, so that time only ever runs downwards. An
//! attempt is therefore one or more episodes.

use protocol::trace::{
    Attempt, Hop, LanePicture, Mark, Outcome, Place, Progress, Seen, StoredRow, What, Wrote,
};

/// A stretch of one attempt that nothing else interrupts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    pub attempt: u32,
    /// Counted from 0 within the attempt.
    pub part: usize,
    /// The attempt's `data-outcome`: `pending`, `no-answer` or `answered`.
    pub outcome: &'static str,
    pub lines: Vec<Line>,
}

/// One row of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place among the lines of the attempt, which never changes.
    pub key: usize,
    pub from: Place,
    pub to: Place,
    pub outcome: Outcome,
    /// The fault that fired here.
    pub cut: Option<&'static str>,
    /// Which arrival of the attempt it belongs to, counted from 1.
    pub nth: u32,
    pub label: String,
    pub tone: Tone,
    /// The mark whose facts it opens.
    pub mark: usize,
    /// The row of the database that stands at its beginning.
    pub stored: Option<Stored>,
}

/// How a line is coloured; its words say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Bad,
}

impl Tone {
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Good => Some("good"),
            Self::Bad => Some("bad"),
        }
    }
}

/// A row as the picture shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// Stored for the first time for this press, under this number of the lane.
    First(u32),
    /// The same press, stored again.
    Twin(u32),
    /// Found there, from before.
    Same,
}

impl Stored {
    /// The `data-row` of its box.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First(_) => "first",
            Self::Twin(_) => "twin",
            Self::Same => "same",
        }
    }

    pub fn words(self) -> String {
        match self {
            Self::First(number) | Self::Twin(number) => format!("row {number}"),
            Self::Same => "same".to_owned(),
        }
    }
}

/// The episodes of a lane. `blind` leaves out everything that the browser does not see.
pub fn episodes(lane: &LanePicture, marks: &[Mark], blind: bool) -> Vec<Episode> {
    let mut lines: Vec<(u64, u32, Line)> = Vec::new();
    for attempt in &lane.attempts {
        if blind {
            lines.extend(seen_by_client(attempt));
        } else {
            let hops = attempt.hops.iter().enumerate();
            lines.extend(hops.map(|(key, hop)| (moment(hop), attempt.number, line(key, hop, lane, marks))));
            lines.extend(end(attempt, marks));
        }
    }
    // Stable: what happened at one moment keeps the order in which it was told.
    lines.sort_by_key(|(at, ..)| *at);
    let mut episodes: Vec<Episode> = Vec::new();
    for (_, number, line) in lines {
        match episodes.last_mut() {
            Some(last) if last.attempt == number => last.lines.push(line),
            _ => {
                let part = episodes.iter().filter(|episode| episode.attempt == number).count();
                let outcome = lane.attempts.iter().find(|it| it.number == number).map_or("pending", outcome);
                episodes.push(Episode { attempt: number, part, outcome, lines: vec![line] });
            }
        }
    }
    episodes
}

const fn outcome(attempt: &Attempt) -> &'static str {
    match attempt.progress {
        Progress::UnderWay => "pending",
        Progress::NoAnswer { .. } => "no-answer",
        Progress::Answered { .. } => "answered",
    }
}

/// When a hop is drawn: a request that was held goes on when it is let go.
fn moment(hop: &Hop) -> u64 {
    let was_held = hop.from == Place::Network && hop.to == Place::Server;
    if was_held { hop.at_us } else { hop.began_us }
}

fn line(key: usize, hop: &Hop, lane: &LanePicture, marks: &[Mark]) -> Line {
    let stored = (hop.from == Place::Database).then(|| stored(hop, lane, marks)).flatten();
    let to_client = hop.from == Place::Server && hop.to == Place::Browser;
    let recognised = to_client && hop.label.contains("already stored");
    let tone = match (hop.outcome, stored) {
        (Outcome::Lost, _) | (_, Some(Stored::Twin(_))) => Tone::Bad,
        (_, Some(Stored::Same)) => Tone::Good,
        _ if recognised => Tone::Good,
        _ if hop.cut.is_some() || hop.is_resent() => Tone::Bad,
        _ => Tone::Plain,
    };
    Line {
        key,
        from: hop.from,
        to: hop.to,
        outcome: hop.outcome,
        cut: hop.cut.map(|point| point.as_str()),
        nth: hop.nth,
        // The box beside it names the row.
        label: match hop.label.split_once(", row ") {
            Some((words, _)) if stored.is_some() => words.to_owned(),
            _ => hop.label.clone(),
        },
        tone,
        mark: hop.mark,
        stored,
    }
}

/// The row that an answer of the database is about.
fn stored(hop: &Hop, lane: &LanePicture, marks: &[Mark]) -> Option<Stored> {
    let What::Server { seen, .. } = &marks.get(hop.mark)?.what else { return None };
    let (row, made) = match seen {
        Seen::Wrote { wrote: Wrote::Inserted, row } | Seen::TryFailed { row: Some(row), .. } => (row, true),
        Seen::Wrote { wrote: Wrote::Recognised | Wrote::OwnRow, row } => (row, false),
        _ => return None,
    };
    let known: Option<&StoredRow> = lane.rows.iter().find(|known| known.id == row.id);
    match known {
        Some(known) if made && known.twin => Some(Stored::Twin(known.number)),
        Some(known) if made => Some(Stored::First(known.number)),
        _ => (!made).then_some(Stored::Same),
    }
}

/// That no answer came is a line of its own: no hop carries it.
fn end(attempt: &Attempt, marks: &[Mark]) -> Option<(u64, u32, Line)> {
    let mark = attempt.end.filter(|_| matches!(attempt.progress, Progress::NoAnswer { .. }))?;
    let at = marks.get(mark)?.at_us;
    Some((at, attempt.number, at_browser(usize::MAX, attempt.label.clone(), Tone::Bad, mark)))
}

/// What the browser sees of an attempt: that it sent something, and what came back.
fn seen_by_client(attempt: &Attempt) -> Vec<(u64, u32, Line)> {
    let sent = at_browser(0, "sent".to_owned(), Tone::Plain, attempt.mark);
    let mut lines = vec![(attempt.sent_us, attempt.number, sent)];
    if let Some(mark) = attempt.end {
        let tone = match attempt.progress {
            Progress::NoAnswer { .. } => Tone::Bad,
            Progress::UnderWay | Progress::Answered { .. } => Tone::Plain,
        };
        // After its sending, whatever the clocks say.
        lines.push((
            attempt.sent_us,
            attempt.number,
            at_browser(usize::MAX, attempt.label.clone(), tone, mark),
        ));
    }
    lines
}

const fn at_browser(key: usize, label: String, tone: Tone, mark: usize) -> Line {
    Line {
        key,
        from: Place::Browser,
        to: Place::Browser,
        outcome: Outcome::Arrived,
        cut: None,
        nth: 1,
        label,
        tone,
        mark,
        stored: None,
    }
}
