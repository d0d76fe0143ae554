//! The outcome in a sentence, made of nothing but the picture.

use super::picture::{LanePicture, Picture};

/// Such as *You pressed once. Each side tried 2 times. Left stored 2 rows, right stored 1.* Empty before the press.
pub fn sentence(picture: &Picture) -> String {
    let lanes = &picture.lanes;
    if lanes.is_empty() {
        return String::new();
    }
    let mut sentences = vec!["You pressed once.".to_owned(), tried(picture)];
    for (place, lane) in lanes.iter().enumerate().filter(|(_, lane)| lane.is_resent()) {
        let whose = name(lanes, place);
        sentences.push(format!(
            "The browser sent {} again by itself: {} arrived {}.",
            if lanes.len() == 1 { "a request".to_owned() } else { format!("a request of {whose}") },
            if lanes.len() == 1 { "it" } else { whose },
            times(lane.arrivals()),
        ));
    }
    sentences.push(stored(picture));
    sentences.join(" ")
}

fn tried(picture: &Picture) -> String {
    let lanes = &picture.lanes;
    let counts: Vec<usize> = lanes.iter().map(|lane| lane.attempts.len()).collect();
    let so_far = if picture.is_settled() { "" } else { " so far" };
    match counts.as_slice() {
        [one] => format!("The client tried {}{so_far}.", times(*one)),
        [first, rest @ ..] if rest.iter().all(|count| count == first) => {
            format!("Each side tried {}{so_far}.", times(*first))
        }
        _ => {
            let part = |(place, count): (usize, &usize)| match place {
                0 => format!("{} tried {}", capital(name(lanes, place)), times(*count)),
                _ => format!("{} {}", name(lanes, place), times(*count)),
            };
            format!("{}{so_far}.", counts.iter().enumerate().map(part).collect::<Vec<_>>().join(", "))
        }
    }
}

fn stored(picture: &Picture) -> String {
    let lanes = &picture.lanes;
    if let [one] = lanes.as_slice() {
        return format!("It stored {}.", rows(one));
    }
    let part = |(place, lane): (usize, &LanePicture)| match place {
        0 => format!("{} stored {}", capital(name(lanes, place)), rows(lane)),
        _ if lanes[0].rows.is_empty() => format!("{} stored {}", name(lanes, place), rows(lane)),
        _ if lane.rows.is_empty() => format!("{} stored none", name(lanes, place)),
        _ => format!("{} stored {}", name(lanes, place), lane.rows.len()),
    };
    format!("{}.", lanes.iter().enumerate().map(part).collect::<Vec<_>>().join(", "))
}

/// What the lane at `place` is called where several are side by side.
fn name(lanes: &[LanePicture], place: usize) -> &'static str {
    match (lanes.len(), place) {
        (2, 0) | (3, 0) => "left",
        (2, 1) | (3, 2) => "right",
        (3, 1) => "the middle",
        _ => "a side",
    }
}

fn rows(lane: &LanePicture) -> String {
    match lane.rows.len() {
        0 => "nothing".to_owned(),
        1 => "1 row".to_owned(),
        count => format!("{count} rows"),
    }
}

fn times(count: impl TryInto<u64>) -> String {
    match count.try_into().unwrap_or(u64::MAX) {
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
