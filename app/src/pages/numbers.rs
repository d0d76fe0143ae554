//! `/numbers`: what this server counted of the experiments it took part in.

use leptos::prelude::*;
use protocol::numbers::{Histogram, Numbers, Sample};

use crate::components::chart::bars::{Bars, Durations};
use crate::components::chart::figure::{Figure, Table};
use crate::components::chart::lines::{Lines, Series};
use crate::components::chart::scale::duration;
use crate::components::frame::Frame;
use crate::ports::Viewer;
use crate::reads::numbers_of_server;

#[component]
pub fn NumbersPage() -> impl IntoView {
    // What the server rendered goes into the page, so that both sides draw the same.
    let numbers = SharedValue::new(numbers_of_server).into_inner();
    let faults = use_context::<Viewer>().is_some_and(|viewer| viewer.faults);
    let empty = numbers.samples.last().is_none_or(|last| last.attempts == 0);
    view! {
        <Frame
            title="Numbers"
            here="/numbers"
            description="Attempts against stored rows, duplicates with and without a key, and how long an answer took: counted on this server."
        >
            <div class="lede">
                <h1>"Numbers"</h1>
                <p>
                    "Counted by this server since it started, in its own memory. Prometheus is given the same at "
                    <a href="/metrics" rel="external">
                        "/metrics"
                    </a>"."
                </p>
            </div>
            {if empty { view! { <Nothing faults /> }.into_any() } else { view! { <Charts numbers /> }.into_any() }}
        </Frame>
    }
    .into_any()
}

#[component]
fn Nothing(faults: bool) -> impl IntoView {
    let words = if faults {
        "Nothing has been counted yet. Run something, and come back."
    } else {
        "Nothing has been counted yet. Post something, and come back."
    };
    let (path, name) = if faults { ("/", "Press Post once") } else { ("/feed", "To the feed") };
    view! {
        <p class="empty">
            {words} " "
            <a href=path rel="external">
                {name}
            </a>
        </p>
    }
    .into_any()
}

#[component]
fn Charts(numbers: Numbers) -> impl IntoView {
    let Numbers { samples, first_try, until_answered, .. } = numbers;
    let last = samples.last().copied().unwrap_or_default();
    let to = format!("{} after the start", moment(last.at_ms));
    let from = samples.first().map(|first| moment(first.at_ms)).unwrap_or_default();
    let series = |name, count: fn(&Sample) -> u64| Series {
        name,
        points: samples.iter().map(|sample| (sample.at_ms, count(sample))).collect(),
    };
    let attempts = vec![
        series("Attempts", |at| at.attempts),
        series("Rows stored", |at| at.stored),
        series("Posts meant", |at| at.meant),
    ];
    let duplicates = vec![
        series("Without a key", |at| at.naive_duplicates),
        series("With a UUID", |at| at.uuid_duplicates),
    ];
    let queue = vec![series("Writes under way", |at| at.queue)];
    let [attempts, duplicates, queue] = [attempts, duplicates, queue]
        .map(|series| view! { <Lines series from=from.clone() to=to.clone() /> }.into_any());
    view! {
        <div class="figures">
            <Figure
                id="attempts"
                name="Attempts and rows"
                says=attempts_in_words(last)
                table=table(
                    &samples,
                    &["Attempts", "Rows stored", "Posts meant"],
                    |at| vec![at.attempts, at.stored, at.meant],
                )
                csv="/numbers/attempts.csv"
            >
                {attempts}
            </Figure>
            <Figure
                id="duplicates"
                name="Duplicates"
                says=duplicates_in_words(last)
                table=table(
                    &samples,
                    &["Rows without a key", "Duplicates without a key", "Duplicates with a UUID"],
                    |at| vec![at.naive_rows, at.naive_duplicates, at.uuid_duplicates],
                )
                csv="/numbers/duplicates.csv"
            >
                {duplicates}
            </Figure>
            <Figure
                id="latency"
                name="Time to an answer"
                says="The first attempt alone, where it was answered, above the whole wait from the first attempt to the \
                 first answer that came through. Each bar's bucket ends at twice the one before."
                    .to_owned()
                table=buckets(&first_try, &until_answered)
                csv="/numbers/latency.csv"
            >
                <Bars rows=vec![
                    Durations { name: "First attempt", histogram: first_try.clone() },
                    Durations { name: "Until answered", histogram: until_answered.clone() },
                ] />
            </Figure>
            <Figure
                id="queue"
                name="Queue"
                says=format!("Writes that were under way when it was looked at: {} at the end.", last.queue)
                table=table(&samples, &["Writes under way"], |at| vec![at.queue])
                csv="/numbers/queue.csv"
            >
                {queue}
            </Figure>
        </div>
    }
    .into_any()
}

/// A moment since counting began, in hours, minutes and seconds.
fn moment(at_ms: u64) -> String {
    let seconds = at_ms / 1_000;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

fn attempts_in_words(last: Sample) -> String {
    format!(
        "{} became {}, where {} meant. Rows above what was meant are duplicates; attempts above rows are retries.",
        count(last.attempts, "attempt", "attempts"),
        count(last.stored, "row", "rows"),
        count(last.meant, "post was", "posts were"),
    )
}

fn duplicates_in_words(last: Sample) -> String {
    format!(
        "Rows beyond the first of one press: {} without a key, {} with a UUID.",
        last.naive_duplicates, last.uuid_duplicates
    )
}

fn table(samples: &[Sample], names: &[&'static str], cells: fn(&Sample) -> Vec<u64>) -> Table {
    let row = |sample: &Sample| {
        let cells = cells(sample).into_iter().map(|cell| cell.to_string());
        std::iter::once(moment(sample.at_ms)).chain(cells).collect()
    };
    Table {
        head: std::iter::once("After the start").chain(names.iter().copied()).collect(),
        rows: samples.iter().map(row).collect(),
    }
}

/// The buckets up to the last that is not empty.
fn buckets(first_try: &Histogram, until_answered: &Histogram) -> Table {
    let filled = |at: &usize| first_try.count(*at) + until_answered.count(*at) > 0;
    let end = (0..Histogram::LEN).rev().find(filled).map_or(0, |last| last + 1);
    let row = |at| {
        let bound =
            Histogram::end_us(at).map_or_else(|| "longer".to_owned(), |us| format!("≤ {}", duration(us)));
        vec![bound, first_try.count(at).to_string(), until_answered.count(at).to_string()]
    };
    Table { head: vec!["Took", "First attempts", "Until answered"], rows: (0..end).map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_said_in_their_two_largest_units() {
        let words =
            [(999, "0 s"), (61_000, "1 min 1 s"), (3_600_000, "1 h 0 min"), (90_061_000, "25 h 1 min")];
        for (ms, said) in words {
            assert_eq!(moment(ms), said);
        }
    }

    #[test]
    fn a_table_says_what_its_chart_draws() {
        let samples = [Sample { at_ms: 2_000, attempts: 3, stored: 2, meant: 1, ..Sample::default() }];
        let table = table(&samples, &["Attempts", "Rows stored"], |at| vec![at.attempts, at.stored]);
        assert_eq!(table.head, ["After the start", "Attempts", "Rows stored"]);
        assert_eq!(table.rows, [["2 s", "3", "2"]]);
        assert!(
            attempts_in_words(samples[0]).starts_with("3 attempts became 2 rows, where 1 post was meant.")
        );
    }

    #[test]
    fn empty_buckets_at_the_end_are_left_out() {
        let mut histogram = Histogram::default();
        histogram.record(900);
        let table = buckets(&histogram, &Histogram::default());
        assert_eq!(table.rows.len(), 3);
        assert_eq!(table.rows[2], ["≤ 1 ms", "1", "0"]);
        assert!(buckets(&Histogram::default(), &Histogram::default()).rows.is_empty());
    }
}
