//! Step lines over time: a count stays what it is until it changes.

use leptos::prelude::*;

use super::scale::{marks, percent, share, top};

/// The shape at the end of a line, for eyes that do not tell its colour.
const SHAPES: [&str; 3] =
    ["M-5 0A5 5 0 1 0 5 0A5 5 0 1 0-5 0Z", "M-4.5-4.5H4.5V4.5H-4.5Z", "M0-6 5.5 4.5H-5.5Z"];

/// A line: its name and its points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    pub name: &'static str,
    /// Milliseconds and counts, oldest first.
    pub points: Vec<(u64, u64)>,
}

/// At most three lines over the same time.
#[component]
pub fn Lines(
    series: Vec<Series>,
    /// What stands under the two ends of the time axis.
    from: String,
    #[prop(into)] to: String,
) -> impl IntoView {
    let points = || series.iter().flat_map(|series| series.points.iter().copied());
    let last = points().map(|(at, _)| at).max().unwrap_or_default();
    let top = top(points().map(|(_, count)| count).max().unwrap_or_default());
    let paths: Vec<_> = series
        .iter()
        .zip(1..)
        .map(|(series, number)| {
            view! { <path class=format!("line series-{number}") d=path(&series.points, last, top) /> }
        })
        .collect();
    let ends: Vec<_> = series
        .iter()
        .zip(SHAPES)
        .zip(1..)
        .filter_map(|((series, shape), number)| {
            let (at, count) = *series.points.last()?;
            let y = percent(1_000 - share(count, top));
            Some(view! {
                <svg x=percent(share(at, last)) y=y overflow="visible" width="1" height="1">
                    <path class=format!("end series-{number}") d=shape />
                </svg>
            })
        })
        .collect();
    view! {
        <div class="chart">
            <div class="y-axis" aria-hidden="true">
                {marks(top).into_iter().map(|mark| view! { <span>{mark}</span> }).collect_view()}
            </div>
            <svg class="plot" width="100%" height="100%" overflow="visible" aria-hidden="true" focusable="false">
                {(0..=4)
                    .map(|part| {
                        let y = percent(part * 250);
                        view! { <line class="rule" x1="0" x2="100%" y1=y.clone() y2=y /> }
                    })
                    .collect_view()}
                <svg width="100%" height="100%" viewBox="0 0 1000 1000" preserveAspectRatio="none" overflow="visible">
                    {paths}
                </svg>
                {ends}
            </svg>
            <div class="x-axis quiet" aria-hidden="true">
                <span>{from}</span>
                <span>{to}</span>
            </div>
        </div>
        <ul class="legend">
            {series
                .into_iter()
                .zip(SHAPES)
                .zip(1..)
                .map(|((series, shape), number)| {
                    let count = series.points.last().map(|(_, count)| *count).unwrap_or_default();
                    view! {
                        <li>
                            <svg width="40" height="14" viewBox="0 0 40 14" aria-hidden="true" focusable="false">
                                <path class=format!("line series-{number}") d="M0 7H40" />
                                <path class=format!("end series-{number}") d=shape transform="translate(20 7)" />
                            </svg>
                            <span>{series.name} " " <b>{count}</b></span>
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}

/// A step line in a square of 1,000 by 1,000, whose origin is at its top left.
fn path(points: &[(u64, u64)], last: u64, top: u64) -> String {
    let mut path = String::new();
    for (at, count) in points {
        let (x, y) = (share(*at, last), 1_000 - share(*count, top));
        if path.is_empty() {
            path = format!("M{x} {y}");
        } else {
            path.push_str(&format!("H{x}V{y}"));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_stays_what_it_is_until_it_changes() {
        assert_eq!(path(&[(0, 0), (500, 1), (1_000, 4)], 1_000, 4), "M0 1000H500V750H1000V0");
    }

    #[test]
    fn nothing_and_a_single_moment_can_be_drawn() {
        assert_eq!(path(&[], 0, 4), "");
        assert_eq!(path(&[(0, 2)], 0, 4), "M0 500");
    }
}
