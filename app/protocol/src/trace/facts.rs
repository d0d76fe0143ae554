//! Everything that is known of one mark.

use super::event::{Row, Saw, Seen, Wrote};
use super::lane::Lane;
use super::weave::{Mark, What};
use super::words;

/// What the facts panel shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Such as *Attempt 2 arrived*.
    pub title: String,
    pub lane: Lane,
    /// Microseconds since the run began.
    pub at_us: u64,
    pub pairs: Vec<Fact>,
}

/// One name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub name: String,
    pub value: String,
    /// The value is the machine's own text, such as a statement or a body: shown verbatim.
    pub verbatim: bool,
}

/// The facts of the mark at `index`.
pub fn facts(marks: &[Mark], index: usize) -> Option<Facts> {
    let mark = marks.get(index)?;
    let mut facts = Facts { title: String::new(), lane: mark.lane, at_us: mark.at_us, pairs: Vec::new() };
    let said = match &mark.what {
        What::Browser(saw) => facts.browser(saw),
        What::Server { arrival, nth, seen } => {
            facts.say("arrival", format!("{arrival} of the run"));
            if *nth > 1 {
                facts.say("arrival of this attempt", format!("{nth}: {}", words::RESENT));
            }
            let said = facts.server(seen);
            if let Some(us) = took(marks, index, *arrival) {
                facts.say("took", format!("{}.{} ms", us / 1_000, us % 1_000 / 100));
            }
            said
        }
    };
    facts.title = format!("Attempt {} {said}", mark.attempt);
    Some(facts)
}

/// Microseconds since the event before of the same arrival; both are times of the server.
fn took(marks: &[Mark], index: usize, arrival: u32) -> Option<u64> {
    let same = |mark: &&Mark| matches!(mark.what, What::Server { arrival: other, .. } if other == arrival);
    let before = marks.get(..index)?.iter().rev().find(same)?;
    Some(marks.get(index)?.at_us.saturating_sub(before.at_us))
}

impl Facts {
    fn say(&mut self, name: &str, value: impl Into<String>) {
        self.pairs.push(Fact { name: name.to_owned(), value: value.into(), verbatim: false });
    }

    fn quote(&mut self, name: &str, value: impl Into<String>) {
        self.pairs.push(Fact { name: name.to_owned(), value: value.into(), verbatim: true });
    }

    fn request(
        &mut self,
        request: (&str, &str),
        headers: &[(String, String)],
        body: &str,
        fault: Option<&str>,
    ) {
        self.quote("request", format!("{} {}", request.0, request.1));
        let lines = headers.iter().map(|(name, value)| format!("{name}: {value}"));
        self.quote("headers", lines.collect::<Vec<_>>().join("\n"));
        self.quote("body", body);
        self.say("fault", fault.unwrap_or("none"));
    }

    fn answer(&mut self, status: u16, replayed: bool, body: &str) {
        self.say("answer", words::answer(status, replayed, body));
        if replayed {
            self.quote("header", "Idempotency-Replayed: true");
        }
        self.quote("body", body);
    }

    fn row(&mut self, row: &Row) {
        self.quote("row", row.id.clone());
        self.quote("content", row.content.clone());
    }

    /// Adds what the browser recorded, and says what it was.
    fn browser(&mut self, saw: &Saw) -> &'static str {
        match saw {
            Saw::Sent { method, path, headers, body, fault } => {
                self.request((method, path), headers, body, fault.as_deref());
                "sent"
            }
            Saw::Lost => {
                self.say("made", "in your browser: nothing was sent");
                "lost"
            }
            Saw::Answer { status, replayed, body } => {
                self.answer(*status, *replayed, body);
                "answered"
            }
            Saw::NoAnswer { timeout } => {
                self.say("the browser saw", if *timeout { "its own timeout" } else { "a network error" });
                self.say("stored", "unknown to the client: it may already be there");
                "without an answer"
            }
            Saw::Waiting { ms } => {
                self.say("next attempt", format!("in {}", words::seconds(*ms)));
                "is followed by a wait"
            }
            Saw::Settled { answered } => {
                self.say("with an answer", if *answered { "yes" } else { "no" });
                "was the last"
            }
        }
    }

    /// Adds what the server recorded, and says what it was.
    fn server(&mut self, seen: &Seen) -> &'static str {
        match seen {
            Seen::Arrived { method, path, headers, body, fault, .. } => {
                self.request((method, path), headers, body, fault.as_deref());
                "arrived"
            }
            Seen::Held { ms } => {
                self.say("held", words::seconds(u64::from(*ms)));
                "held"
            }
            Seen::Attached => {
                self.say("waits for", "the arrival that is being written under the same key");
                "attached"
            }
            Seen::Try { number, sql } => {
                self.say("try", number.to_string());
                self.quote("SQL", sql.join(";\n"));
                "at the database"
            }
            Seen::TryFailed { number, how, row } => {
                self.say("try", number.to_string());
                self.say("outcome", words::failed(*how));
                if let Some(row) = row {
                    self.row(row);
                }
                "failed at the database"
            }
            Seen::Looked { found, sql } => {
                self.quote("SQL", sql.clone());
                self.say("outcome", if *found { "the key is there" } else { "no such key" });
                "looked for its key"
            }
            Seen::Wrote { wrote, row } => {
                self.say("outcome", outcome(*wrote));
                self.row(row);
                "at the database"
            }
            Seen::Answered { status, replayed, body } => {
                self.answer(*status, *replayed, body);
                "answered by the server"
            }
            Seen::Cut => {
                self.say("connection", "reset; not a byte of the answer was sent");
                "cut off"
            }
        }
    }
}

const fn outcome(wrote: Wrote) -> &'static str {
    match wrote {
        Wrote::Inserted => "committed, a row that was not there",
        Wrote::Recognised => "it was there already: the retry is recognised",
        Wrote::OwnRow => "it was there already, from the try whose answer was lost",
        Wrote::Deleted => "deleted",
        Wrote::Refused => "refused by a rule, nothing written",
    }
}
