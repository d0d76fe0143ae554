//! The counts in Prometheus' text format.

use std::fmt::{Result, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use protocol::numbers::Histogram;

use super::tally::{Durations, Tally};
use crate::services::Services;
use crate::telemetry::{family, seconds};

/// Appends every total to `out`.
pub fn write(out: &mut String, services: &Services) -> Result {
    let tally: &Tally = &services.numbers;
    let counters: [(&str, &str, &AtomicU64); 6] = [
        ("postonce_attempts_total", "Creates that arrived", &tally.attempts),
        ("postonce_posts_meant_total", "Posts that these asked for, each counted once", &tally.meant),
        ("postonce_rows_total", "Rows that they became", &tally.stored),
        ("postonce_naive_rows_total", "Rows of the side without a key", &tally.naive_rows),
        (
            "postonce_naive_duplicates_total",
            "Of these, those beyond the first of each run",
            &tally.naive_duplicates,
        ),
        (
            "postonce_uuid_duplicates_total",
            "Rows beyond one per id, on the side with a UUID",
            &tally.uuid_duplicates,
        ),
    ];
    for (name, help, counter) in counters {
        family(out, name, "counter", help)?;
        writeln!(out, "{name} {}", counter.load(Ordering::Relaxed))?;
    }
    family(out, "postonce_writer_queue", "gauge", "Writes under way")?;
    writeln!(out, "postonce_writer_queue {}", services.writer.in_flight())?;
    let (first_try, until_answered) = {
        let kept = tally.kept();
        (kept.first_try.clone(), kept.until_answered.clone())
    };
    let help = "How long an intent's first arrival took to be answered, in runs, where its answer was heard";
    histogram(out, "postonce_first_try_seconds", help, &first_try)?;
    let help = "From an intent's first arrival to its first answer that was heard, in runs";
    histogram(out, "postonce_until_answered_seconds", help, &until_answered)
}

fn histogram(out: &mut String, name: &str, help: &str, durations: &Durations) -> Result {
    family(out, name, "histogram", help)?;
    let mut below = 0;
    for at in 0..Histogram::LEN {
        below += durations.histogram.count(at);
        let end = Histogram::end_us(at).map_or_else(|| "+Inf".to_owned(), |end| seconds(end).to_string());
        writeln!(out, "{name}_bucket{{le=\"{end}\"}} {below}")?;
    }
    writeln!(out, "{name}_sum {}", seconds(durations.sum_us))?;
    writeln!(out, "{name}_count {}", durations.histogram.total())
}
