//! Durations in buckets that double, one row of bars above the other.

use leptos::prelude::*;
use protocol::numbers::Histogram;

use super::scale::{duration, percent, share};

/// Durations and what they are of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Durations {
    pub name: &'static str,
    pub histogram: Histogram,
}

/// Histograms over the same axis; bars within one are to scale, each with its own greatest.
#[component]
pub fn Bars(rows: Vec<Durations>) -> impl IntoView {
    let (first, last) = span(rows.iter().map(|row| &row.histogram));
    let buckets = last + 1 - first;
    let ends: Vec<String> = [first, first + buckets / 2, last]
        .into_iter()
        .map(|at| Histogram::end_us(at).map_or_else(|| "longer".to_owned(), duration))
        .collect();
    view! {
        <div class="bars">
            {rows
                .into_iter()
                .zip(1..)
                .map(|(row, number)| {
                    let greatest = (first..=last).map(|at| row.histogram.count(at)).max().unwrap_or_default();
                    let marks = (first..=last)
                        .map(|at| bar(&row.histogram, at, at - first, buckets, greatest))
                        .map(|(x, width, y, height)| {
                            view! {
                                <rect class=format!("bar series-{number}") x=x width=width y=y height=height rx="2" />
                            }
                        })
                        .collect_view();
                    view! {
                        <div class="bars-row">
                            <p class="bars-name">
                                <b>{row.name}</b>
                                " "
                                <span class="quiet">{quantiles(&row.histogram)}</span>
                            </p>
                            <svg class="plot" width="100%" height="100%" aria-hidden="true" focusable="false">
                                {marks}
                                <line class="rule" x1="0" x2="100%" y1="100%" y2="100%" />
                            </svg>
                        </div>
                    }
                })
                .collect_view()}
            <div class="x-axis quiet" aria-hidden="true">
                {ends.into_iter().map(|end| view! { <span>{end}</span> }).collect_view()}
            </div>
        </div>
    }
    .into_any()
}

/// The buckets that are drawn: from the first to the last that is not empty in any histogram.
fn span<'a>(histograms: impl Iterator<Item = &'a Histogram>) -> (usize, usize) {
    let filled = |histogram: &'a Histogram| (0..Histogram::LEN).filter(move |at| histogram.count(*at) > 0);
    histograms
        .flat_map(filled)
        .fold(None, |span: Option<(usize, usize)>, at| {
            Some(span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))))
        })
        .unwrap_or_default()
}

/// Where a bar stands: its left edge, width, upper edge and height, in percentages.
fn bar(
    histogram: &Histogram,
    at: usize,
    place: usize,
    buckets: usize,
    greatest: u64,
) -> (String, String, String, String) {
    let (place, buckets) = (place as u64, (buckets as u64).max(1));
    let width = 1_000 / buckets;
    let gap = width / 8;
    let height = share(histogram.count(at), greatest) * 95 / 100;
    (
        percent(place * 1_000 / buckets + gap),
        percent(width - 2 * gap),
        percent(1_000 - height),
        percent(height),
    )
}

fn quantiles(histogram: &Histogram) -> String {
    let quantile = |per_cent| {
        histogram
            .quantile_us(per_cent)
            .map_or_else(|| "over a minute".to_owned(), |us| format!("≤ {}", duration(us)))
    };
    match histogram.total() {
        0 => "nothing yet".to_owned(),
        total => format!("{total} · p50 {} · p95 {} · p99 {}", quantile(50), quantile(95), quantile(99)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(durations: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        for us in durations {
            histogram.record(*us);
        }
        histogram
    }

    #[test]
    fn only_what_is_filled_is_drawn() {
        let (fast, slow) = (histogram(&[900]), histogram(&[3_000, 7_000]));
        assert_eq!(span([&fast, &slow].into_iter()), (2, 5));
        assert_eq!(span([&Histogram::default()].into_iter()), (0, 0));
    }

    #[test]
    fn the_greatest_bar_nearly_fills_its_row_and_all_stay_inside() {
        let histogram = histogram(&[900, 900, 3_000]);
        let (x, width, y, height) = bar(&histogram, 2, 0, 3, 2);
        assert_eq!(
            (x.as_str(), width.as_str(), y.as_str(), height.as_str()),
            ("4.1%", "25.1%", "5.0%", "95.0%")
        );
        assert_eq!(bar(&histogram, 3, 1, 3, 2).3, "0.0%");
    }

    #[test]
    fn quantiles_are_said_as_bounds() {
        assert_eq!(quantiles(&Histogram::default()), "nothing yet");
        assert_eq!(quantiles(&histogram(&[900])), "1 · p50 ≤ 1 ms · p95 ≤ 1 ms · p99 ≤ 1 ms");
    }
}
