//! A point in time, in words that need no clock.

use leptos::prelude::*;
use protocol::time::Timestamp;

/// A `<time>` with absolute text, the same on the server and in the browser whatever their time zones.
#[component]
pub fn Moment(at: Timestamp) -> impl IntoView {
    let machine = at.to_string();
    let words = in_words(&machine).unwrap_or_else(|| machine.clone());
    view! { <time datetime=machine>{words}</time> }
}

/// `2026-11-24T04:02:28.123Z` becomes *24 Nov 2026, 04:02 UTC*.
fn in_words(timestamp: &str) -> Option<String> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (date, time) = timestamp.split_once('T')?;
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    Some(format!("{} {month} {year}, {} UTC", day.trim_start_matches('0'), time.get(..5)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_reads_as_day_month_year_and_minute() {
        let at = Timestamp::from_unix_ms(1_609_459_200_007);
        assert_eq!(in_words(&at.to_string()).as_deref(), Some("1 Jan 2021, 00:00 UTC"));
        assert_eq!(in_words("nonsense"), None);
    }
}
