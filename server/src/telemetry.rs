//! Logs to standard error, and the counters of `GET /metrics`.

use std::fmt::Write;
use std::io;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use protocol::fault::FaultPoint;
use protocol::problem::ProblemName;
use tracing_subscriber::EnvFilter;

use crate::error::ApiError;
use crate::faults::Strike;
use crate::numbers;
use crate::services::Services;

/// Starts logging; `RUST_LOG` chooses what.
pub fn start_logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false).init();
}

/// Upper bounds of the duration buckets, in microseconds.
const BUCKETS: [u64; 12] =
    [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 2_500_000, 10_000_000];

/// Counters since the process started.
pub struct Telemetry {
    /// Answers by the first digit of their status.
    answers: [AtomicU64; 6],
    created: AtomicU64,
    replayed: AtomicU64,
    /// Refused creates, by problem.
    refused: [AtomicU64; ProblemName::ALL.len()],
    /// Faults that fired, by point.
    faults: [AtomicU64; FaultPoint::ALL.len()],
    durations: Durations,
    pub streams: Gauge,
}

#[derive(Default)]
struct Durations {
    buckets: [AtomicU64; BUCKETS.len()],
    count: AtomicU64,
    sum_us: AtomicU64,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            answers: Default::default(),
            created: AtomicU64::default(),
            replayed: AtomicU64::default(),
            refused: std::array::from_fn(|_| AtomicU64::default()),
            faults: Default::default(),
            durations: Durations::default(),
            streams: Gauge::default(),
        }
    }
}

/// How many of something there are.
#[derive(Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    pub fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn down(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Telemetry {
    /// Counts a create by what became of it, which is whether it was a replay.
    pub fn count_create(&self, replayed: Result<bool, &ApiError>) {
        match replayed {
            Ok(false) => one_more(&self.created),
            Ok(true) => one_more(&self.replayed),
            Err(error) => {
                let place = error.0.name().and_then(|name| position(&ProblemName::ALL, &name));
                if let Some(counter) = place.and_then(|at| self.refused.get(at)) {
                    one_more(counter);
                }
            }
        }
    }

    pub fn count_strike(&self, strike: Strike) {
        let place = strike.0.and_then(|fault| position(&FaultPoint::ALL, &fault.point));
        if let Some(counter) = place.and_then(|at| self.faults.get(at)) {
            one_more(counter);
        }
    }

    /// Counts an answer and how long its head took.
    pub fn count_answer(&self, status: u16, took: Duration) {
        if let Some(counter) = self.answers.get(usize::from(status / 100)) {
            one_more(counter);
        }
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        one_more(&self.durations.count);
        self.durations.sum_us.fetch_add(us, Ordering::Relaxed);
        let bucket = BUCKETS.iter().position(|bound| us <= *bound);
        if let Some(counter) = bucket.and_then(|at| self.durations.buckets.get(at)) {
            one_more(counter);
        }
    }
}

fn one_more(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn position<T: PartialEq>(all: &[T], one: &T) -> Option<usize> {
    all.iter().position(|candidate| candidate == one)
}

/// `GET /metrics`, in Prometheus' text format.
pub async fn metrics(State(services): State<Services>) -> impl IntoResponse {
    let mut text = String::with_capacity(4_096);
    // Writing to a String cannot fail.
    let _ = write_metrics(&mut text, &services);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

fn write_metrics(out: &mut String, services: &Services) -> std::fmt::Result {
    let telemetry = &services.telemetry;
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    family(out, "postonce_answers_total", "counter", "HTTP answers by class of status")?;
    for (class, counter) in telemetry.answers.iter().enumerate().skip(1) {
        writeln!(out, "postonce_answers_total{{class=\"{class}xx\"}} {}", read(counter))?;
    }
    family(out, "postonce_creates_total", "counter", "Creates by what became of them")?;
    writeln!(out, "postonce_creates_total{{verdict=\"created\"}} {}", read(&telemetry.created))?;
    writeln!(out, "postonce_creates_total{{verdict=\"replayed\"}} {}", read(&telemetry.replayed))?;
    for (name, counter) in ProblemName::ALL.iter().zip(&telemetry.refused) {
        if read(counter) > 0 {
            writeln!(out, "postonce_creates_total{{verdict=\"{}\"}} {}", name.as_str(), read(counter))?;
        }
    }
    family(out, "postonce_faults_total", "counter", "Faults carried out because a request asked for them")?;
    for (point, counter) in FaultPoint::ALL.iter().zip(&telemetry.faults) {
        writeln!(out, "postonce_faults_total{{point=\"{}\"}} {}", point.as_str(), read(counter))?;
    }
    family(out, "postonce_in_flight", "gauge", "Creates under way, by id")?;
    writeln!(out, "postonce_in_flight {}", services.in_flight.len())?;
    write_log(out, services)?;
    family(out, "postonce_event_streams", "gauge", "Open event streams")?;
    writeln!(out, "postonce_event_streams {}", telemetry.streams.0.load(Ordering::Relaxed))?;
    family(out, "postonce_answer_seconds", "histogram", "From the request's head to the answer's")?;
    let mut below = 0;
    for (bound, counter) in BUCKETS.iter().zip(&telemetry.durations.buckets) {
        below += read(counter);
        writeln!(out, "postonce_answer_seconds_bucket{{le=\"{}\"}} {below}", seconds(*bound))?;
    }
    let count = read(&telemetry.durations.count);
    writeln!(out, "postonce_answer_seconds_bucket{{le=\"+Inf\"}} {count}")?;
    writeln!(out, "postonce_answer_seconds_sum {}", seconds(read(&telemetry.durations.sum_us)))?;
    writeln!(out, "postonce_answer_seconds_count {count}")?;
    numbers::write_metrics(out, services)
}

/// Where there is a log: what waits in it, and what became of the rest.
fn write_log(out: &mut String, services: &Services) -> std::fmt::Result {
    let (Some(log), Some(relay)) = (&services.log, &services.relay) else { return Ok(()) };
    let counts = relay.counts();
    family(out, "postonce_log_lag", "gauge", "Records of the log that wait to be applied")?;
    writeln!(out, "postonce_log_lag {}", log.queue().length())?;
    family(out, "postonce_log_appended_total", "counter", "Commands that this instance left to the log")?;
    writeln!(out, "postonce_log_appended_total {}", services.writer.counts().queued)?;
    family(out, "postonce_relay_applied_total", "counter", "Records that were taken off the log")?;
    writeln!(out, "postonce_relay_applied_total {}", counts.applied)?;
    family(out, "postonce_relay_refused_total", "counter", "Records that went to the dead letters")?;
    writeln!(out, "postonce_relay_refused_total {}", counts.refused)?;
    family(out, "postonce_relay_blocked_total", "counter", "Steps that found the database or the log away")?;
    writeln!(out, "postonce_relay_blocked_total {}", counts.blocked)?;
    family(out, "postonce_database_away", "gauge", "1 while the database is known to be away")?;
    writeln!(out, "postonce_database_away {}", i32::from(services.breaker.is_open()))
}

pub(crate) fn family(out: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(out, "# HELP {name} {help}.\n# TYPE {name} {kind}")
}

pub(crate) fn seconds(us: u64) -> f64 {
    Duration::from_micros(us).as_secs_f64()
}
