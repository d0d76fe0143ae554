//! What a screen reader hears when a press is done: the outcome, once.

use protocol::methods::{Record, Trial, Verdict};

/// The outcome of everything that one press measured.
pub fn told(records: &[Record]) -> String {
    match records {
        [] => "Nothing was sent: this browser cannot mint ids.".to_owned(),
        [one] => format!("{} {}", calls(one), judged(one)).trim_end().to_owned(),
        many => summary(many),
    }
}

/// What came of a record's calls, in a sentence.
pub fn calls(record: &Record) -> String {
    let statuses: Vec<String> = record.statuses().into_iter().map(named).collect();
    let changes = (0..record.calls.len()).filter(|place| record.changed(*place) == Some(true)).count();
    let changes = match changes {
        0 => "The state did not change.".to_owned(),
        1 => "The state changed once.".to_owned(),
        many => format!("The state changed {many} times."),
    };
    format!("{}: {}. {changes}", record.trial.name(), statuses.join(", "))
}

fn named(status: u16) -> String {
    if status == 0 { "no answer".to_owned() } else { status.to_string() }
}

/// The verdict in words; empty where there is none yet.
pub fn judged(record: &Record) -> &'static str {
    match record.verdict() {
        Verdict { safe: Some(true), idempotent: Some(true) } => "Safe and idempotent.",
        Verdict { safe: Some(false), idempotent: Some(true) } => "Not safe, but idempotent.",
        Verdict { safe: Some(false), idempotent: Some(false) } => "Neither safe nor idempotent.",
        // Nothing can be safe and not idempotent.
        Verdict { .. } => late(record),
    }
}

/// What became of B when A came late.
fn late(record: &Record) -> &'static str {
    let [_, _, last] = record.calls.as_slice() else { return "" };
    if record.trial.repeats() {
        return "";
    }
    let Some(contents) = last.state.as_ref().map(protocol::methods::State::contents) else { return "" };
    let answer = last.answer.as_ref();
    let refused = answer.is_some_and(|answer| answer.status == 412);
    match contents.first().map(String::as_str) {
        Some("A") => "B is lost: the late A came last, and won.",
        Some("B") if refused => "B stays: the late A named an old version, and was refused.",
        Some("B") => "B stays: the late A was recognised, and nothing was applied.",
        _ => "",
    }
}

fn summary(records: &[Record]) -> String {
    let with = |wanted: Option<bool>| {
        let names: Vec<&str> = records
            .iter()
            .filter(|record| record.trial.repeats() && record.verdict().idempotent == wanted)
            .map(|record| record.trial.name())
            .collect();
        names.join(", ")
    };
    let mut said: Vec<String> = Vec::new();
    for (wanted, word) in
        [(Some(true), "Idempotent"), (Some(false), "Not idempotent"), (None, "Not measured")]
    {
        let names = with(wanted);
        if !names.is_empty() {
            said.push(format!("{word}: {names}."));
        }
    }
    let others = records.iter().filter(|record| !record.trial.repeats());
    said.extend(others.map(|record| format!("{}: {}", record.trial.name(), judged(record))));
    said.join(" ")
}

/// Whether what was measured is what the article says; `None` while it is not measured.
pub fn agrees(trial: Trial, verdict: Verdict) -> Option<bool> {
    let claim = trial.claim()?;
    Some(verdict.safe? == claim.safe && verdict.idempotent? == claim.idempotent)
}
