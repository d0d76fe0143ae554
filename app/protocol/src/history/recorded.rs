//! The history of a recorded run, with the rows as the database gave them at its end.

use std::collections::{BTreeMap, BTreeSet};

use crate::trace::{Lane, Row, Saw, Seen, Trace, What, Wrote};
use crate::wire::CreateBody;

use super::checker::{History, Intent, StoredRow};

impl Trace {
    /// One press is one intent in each lane, and every row of the run in that lane is this intent's, whatever the
    /// design names it. A lane whose rows could not be read is left out: nothing can be said of it.
    pub fn history(&self, rows: &BTreeMap<Lane, Vec<Row>>) -> History {
        let mut presses: BTreeMap<Lane, Press> = BTreeMap::new();
        for mark in self.marks() {
            let press = presses.entry(mark.lane).or_default();
            match &mark.what {
                What::Browser(Saw::Sent { body, .. }) => {
                    press.sent.extend(serde_json::from_str::<CreateBody>(body).map(|body| body.content));
                }
                What::Browser(Saw::Answer { status: 200 | 201, .. }) => press.answered = true,
                What::Server { seen: Seen::Wrote { wrote: Wrote::Deleted, .. }, .. } => press.deleted = true,
                What::Browser(_) | What::Server { .. } => {}
            }
        }
        let mut history = History::default();
        for (lane, press) in presses {
            let (Some(rows), Some(content)) = (rows.get(&lane), press.sent.first()) else { continue };
            let sent: BTreeSet<&String> = press.sent.iter().collect();
            // A row that holds what was sent after an edit is the press's second row, not an altered one.
            let stored = |row: &Row| StoredRow {
                lane,
                id: PRESS.to_owned(),
                content: Some(if sent.contains(&row.content) { content } else { &row.content }.clone()),
            };
            history.rows.extend(rows.iter().map(stored));
            history.intents.push(Intent {
                lane,
                id: Some(PRESS.to_owned()),
                content: content.clone(),
                answered: press.answered,
                deleted: press.deleted,
            });
        }
        history
    }
}

/// What the one intent of a run is called in a report.
const PRESS: &str = "the post";

/// What is known of the press in one lane.
#[derive(Default)]
struct Press {
    /// The contents, attempt by attempt.
    sent: Vec<String>,
    answered: bool,
    deleted: bool,
}
