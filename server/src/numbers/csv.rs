//! `GET /numbers/{chart}.csv`: what a chart is drawn from, as a file.

use std::fmt::Write;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::numbers::{Histogram, Numbers};

use crate::services::Services;

/// 404 where no chart has this name.
pub async fn file(State(services): State<Services>, Path(name): Path<String>) -> Response {
    let numbers = services.numbers.snapshot(services.writer.in_flight());
    match name.strip_suffix(".csv").and_then(|chart| text(chart, &numbers)) {
        Some(text) => ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// One line of names and one line per sample or bucket. Times are milliseconds since counting began; the bucket
/// without an end has an empty field for it.
fn text(chart: &str, numbers: &Numbers) -> Option<String> {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = match chart {
        "attempts" => {
            out.push_str("at_ms,attempts,meant,stored\n");
            let mut samples = numbers.samples.iter();
            samples
                .try_for_each(|at| writeln!(out, "{},{},{},{}", at.at_ms, at.attempts, at.meant, at.stored))
        }
        "duplicates" => {
            out.push_str("at_ms,naive_rows,naive_duplicates,uuid_duplicates\n");
            numbers.samples.iter().try_for_each(|at| {
                let (rows, naive, uuid) = (at.naive_rows, at.naive_duplicates, at.uuid_duplicates);
                writeln!(out, "{},{rows},{naive},{uuid}", at.at_ms)
            })
        }
        "queue" => {
            out.push_str("at_ms,queue\n");
            numbers.samples.iter().try_for_each(|at| writeln!(out, "{},{}", at.at_ms, at.queue))
        }
        "latency" => {
            out.push_str("at_most_us,first_try,until_answered\n");
            (0..Histogram::LEN).try_for_each(|at| {
                let end = Histogram::end_us(at).map(|end| end.to_string()).unwrap_or_default();
                writeln!(out, "{end},{},{}", numbers.first_try.count(at), numbers.until_answered.count(at))
            })
        }
        _ => return None,
    };
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chart_is_a_table() {
        let numbers = Numbers { samples: vec![Default::default(); 2], ..Numbers::default() };
        for (chart, lines) in
            [("attempts", 3), ("duplicates", 3), ("queue", 3), ("latency", Histogram::LEN + 1)]
        {
            let text = text(chart, &numbers).unwrap();
            let columns: Vec<usize> = text.lines().map(|line| line.split(',').count()).collect();
            assert_eq!(columns.len(), lines, "{text}");
            assert!(columns.iter().all(|count| *count == columns[0]), "{text}");
        }
        assert_eq!(text("nonsense", &numbers), None);
    }
}
