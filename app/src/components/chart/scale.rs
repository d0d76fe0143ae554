//! Round numbers for an axis, and durations as people say them.

/// Into how many parts an axis is divided: its marks are equally far from each other.
const PARTS: u64 = 4;

/// The end of an axis that holds `max`: a multiple of [`PARTS`], so that every mark is a whole number, and at
/// least that, so that an axis of nothing is still an axis.
pub(super) fn top(max: u64) -> u64 {
    let step = max.div_ceil(PARTS).max(1);
    let magnitude = 10_u64.pow(step.ilog10());
    let rounded = [1, 2, 5, 10].into_iter().map(|digit| digit * magnitude).find(|round| *round >= step);
    rounded.unwrap_or(step) * PARTS
}

/// The numbers at the marks, from the top down to zero.
pub(super) fn marks(top: u64) -> Vec<u64> {
    (0..=PARTS).rev().map(|part| top / PARTS * part).collect()
}

/// How far along an axis of `whole` a value lies, from 0 to 1,000.
pub(super) fn share(value: u64, whole: u64) -> u64 {
    (value.min(whole) * 1_000).checked_div(whole).unwrap_or_default()
}

/// A number of thousandths as a percentage, as SVG spells it.
pub(super) fn percent(thousandths: u64) -> String {
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

/// A duration in microseconds, to two digits or so.
pub fn duration(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", us / 1_000),
        _ if us.is_multiple_of(1_000_000) => format!("{} s", us / 1_000_000),
        _ => format!("{}.{} s", us / 1_000_000, us % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_holds_its_greatest_value_and_ends_round() {
        for (max, end) in [(0, 4), (1, 4), (4, 4), (5, 8), (9, 20), (40, 40), (41, 80), (1_000, 2_000)] {
            assert_eq!(top(max), end, "{max}");
            assert_eq!(marks(end).len(), 5);
            assert_eq!((marks(end).first(), marks(end).last()), (Some(&end), Some(&0)));
        }
    }

    #[test]
    fn shares_stay_within_the_axis() {
        assert_eq!((share(0, 8), share(4, 8), share(8, 8), share(9, 8)), (0, 500, 1_000, 1_000));
        assert_eq!(share(5, 0), 0);
        assert_eq!(
            (percent(1_000), percent(5), percent(333)),
            ("100.0%".into(), "0.5%".into(), "33.3%".into())
        );
    }

    #[test]
    fn durations_are_short() {
        for (us, words) in [(250, "250 µs"), (4_000, "4 ms"), (512_000, "512 ms"), (1_024_000, "1.0 s")] {
            assert_eq!(duration(us), words);
        }
        assert_eq!((duration(2_000_000).as_str(), duration(65_536_000).as_str()), ("2 s", "65.5 s"));
    }
}
