//! The rules, and how an intent fares against them.

use std::fmt;

use crate::trace::Lane;

/// Something that was meant to be stored once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    pub lane: Lane,
    /// The key that names it, where its design has one that names the row. Without one its rows are told by their
    /// content, so contents must differ within a lane.
    pub id: Option<String>,
    pub content: String,
    /// An answer said that it is stored.
    pub answered: bool,
    /// An answer said that it is deleted.
    pub deleted: bool,
}

/// A row as read from the database at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRow {
    pub lane: Lane,
    pub id: String,
    /// `None` for a tombstone.
    pub content: Option<String>,
}

/// What was promised, and what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    pub intents: Vec<Intent>,
    pub rows: Vec<StoredRow>,
}

/// How an intent fared against the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breach {
    /// Stored more than once.
    Repeated { rows: usize },
    /// Answered, and not there.
    Missing,
    /// Deleted, and there again.
    Resurrected,
    /// Stored under its key with another content.
    Altered,
}

/// A breach and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub lane: Lane,
    /// The key, or the content where there is none.
    pub intent: String,
    pub breach: Breach,
}

/// What the checker found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub intents: usize,
    pub rows: usize,
    pub violations: Vec<Violation>,
}

impl History {
    /// Holds every intent against the rows.
    pub fn check(&self) -> Report {
        let violations = self.intents.iter().flat_map(|intent| {
            intent.breaches(&self.rows).map(|breach| Violation {
                lane: intent.lane,
                intent: intent.id.as_ref().unwrap_or(&intent.content).clone(),
                breach,
            })
        });
        Report {
            intents: self.intents.len(),
            rows: self.rows.iter().filter(|row| row.content.is_some()).count(),
            violations: violations.collect(),
        }
    }
}

impl Report {
    /// Whether everything that this lane stored is as it was meant.
    pub fn clears(&self, lane: Lane) -> bool {
        self.violations.iter().all(|violation| violation.lane != lane)
    }
}

impl Intent {
    fn breaches(&self, rows: &[StoredRow]) -> impl Iterator<Item = Breach> {
        let mine: Vec<&str> =
            rows.iter().filter(|row| self.owns(row)).filter_map(|row| row.content.as_deref()).collect();
        let repeated = (mine.len() > 1).then_some(Breach::Repeated { rows: mine.len() });
        let missing = (self.answered && !self.deleted && mine.is_empty()).then_some(Breach::Missing);
        let resurrected = (self.deleted && !mine.is_empty()).then_some(Breach::Resurrected);
        let altered = mine.iter().any(|content| *content != self.content).then_some(Breach::Altered);
        [repeated, missing, resurrected, altered].into_iter().flatten()
    }

    fn owns(&self, row: &StoredRow) -> bool {
        row.lane == self.lane
            && match &self.id {
                Some(id) => row.id == *id,
                None => row.content.as_ref() == Some(&self.content),
            }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lane, intent, breach } = self;
        match breach {
            Breach::Repeated { rows } => write!(f, "{lane}: {intent} is stored {rows} times"),
            Breach::Missing => write!(f, "{lane}: {intent} was answered and is not there"),
            Breach::Resurrected => write!(f, "{lane}: {intent} was deleted and came back"),
            Breach::Altered => write!(f, "{lane}: {intent} is stored with another content"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(id: Option<&str>) -> Intent {
        let (id, content) = (id.map(str::to_owned), "Hello".to_owned());
        Intent { lane: Lane::Uuid, id, content, answered: true, deleted: false }
    }

    fn row(id: &str, content: Option<&str>) -> StoredRow {
        StoredRow { lane: Lane::Uuid, id: id.to_owned(), content: content.map(str::to_owned) }
    }

    fn breaches(intent: Intent, rows: Vec<StoredRow>) -> Vec<Breach> {
        let report = History { intents: vec![intent], rows }.check();
        report.violations.into_iter().map(|violation| violation.breach).collect()
    }

    #[test]
    fn a_history_that_keeps_every_promise_is_clear() {
        assert_eq!(breaches(intent(Some("a")), vec![row("a", Some("Hello"))]), []);
        assert_eq!(breaches(intent(None), vec![row("1", Some("Hello")), row("2", Some("Other"))]), []);
        let unanswered = Intent { answered: false, ..intent(Some("a")) };
        assert_eq!(breaches(unanswered, vec![]), []);
        let deleted = Intent { deleted: true, ..intent(Some("a")) };
        assert_eq!(breaches(deleted, vec![row("a", None)]), []);
    }

    #[test]
    fn each_broken_promise_is_found() {
        let twice = vec![row("1", Some("Hello")), row("2", Some("Hello"))];
        assert_eq!(breaches(intent(None), twice), [Breach::Repeated { rows: 2 }]);
        assert_eq!(breaches(intent(Some("a")), vec![row("b", Some("Hello"))]), [Breach::Missing]);
        assert_eq!(breaches(intent(Some("a")), vec![row("a", None)]), [Breach::Missing]);
        let deleted = Intent { deleted: true, ..intent(Some("a")) };
        assert_eq!(breaches(deleted, vec![row("a", Some("Hello"))]), [Breach::Resurrected]);
        assert_eq!(breaches(intent(Some("a")), vec![row("a", Some("Bye"))]), [Breach::Altered]);
    }

    #[test]
    fn lanes_are_judged_apart() {
        let naive = Intent { lane: Lane::Naive, ..intent(None) };
        let of_naive = |id| StoredRow { lane: Lane::Naive, ..row(id, Some("Hello")) };
        let rows = vec![of_naive("1"), of_naive("2"), row("a", Some("Hello"))];
        let report = History { intents: vec![naive, intent(Some("a"))], rows }.check();
        assert!(report.clears(Lane::Uuid));
        assert!(!report.clears(Lane::Naive));
        assert_eq!(report.violations[0].to_string(), "naive: Hello is stored 2 times");
    }
}
