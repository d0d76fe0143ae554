//! Whatever the clocks say and in whatever order events come, no effect stands before its cause.

use std::collections::BTreeMap;

use proptest::prelude::*;
use protocol::scenario::library;
use protocol::trace::{BrowserEvent, Lane, LedgerEvent, Mark, Saw, Seen, Trace, What};

use super::world::{Run, run};

/// One event of either record.
#[derive(Clone, Debug)]
enum Recorded {
    Browser(BrowserEvent),
    Ledger(LedgerEvent),
}

fn recorded(run: &Run) -> Vec<Recorded> {
    let browser = run.browser.iter().cloned().map(Recorded::Browser);
    browser.chain(run.ledger.iter().cloned().map(Recorded::Ledger)).collect()
}

fn woven(events: &[Recorded]) -> Trace {
    let mut trace = Trace::new();
    for event in events {
        match event.clone() {
            Recorded::Browser(event) => trace.push_browser(event),
            Recorded::Ledger(event) => trace.push_ledger(event),
        }
    }
    trace
}

/// Fails where an arrow would point back in time.
fn assert_causal(marks: &[Mark]) {
    let mut sent: BTreeMap<(Lane, u32), usize> = BTreeMap::new();
    let mut ends: BTreeMap<(Lane, u32), usize> = BTreeMap::new();
    for (place, mark) in marks.iter().enumerate() {
        let key = (mark.lane, mark.attempt);
        match &mark.what {
            What::Browser(Saw::Sent { .. }) => _ = sent.insert(key, place),
            What::Browser(Saw::Answer { .. } | Saw::NoAnswer { timeout: false }) => {
                _ = ends.insert(key, place);
            }
            What::Browser(_) | What::Server { .. } => {}
        }
    }
    for (place, mark) in marks.iter().enumerate() {
        assert!(place == 0 || marks[place - 1].at_us <= mark.at_us, "time goes back at {place}");
        let key = (mark.lane, mark.attempt);
        let (sent, end) = (sent.get(&key), ends.get(&key));
        match &mark.what {
            What::Server { seen: Seen::Arrived { .. }, .. } => {
                assert!(sent.is_none_or(|sent| *sent < place), "{mark:?} arrived before it was sent");
            }
            What::Server { seen: Seen::Answered { .. } | Seen::Cut, .. } => {
                assert!(end.is_none_or(|end| place < *end), "{mark:?} was heard of before it happened");
            }
            What::Browser(_) | What::Server { .. } => {}
        }
    }
}

proptest! {
    #[test]
    fn the_order_of_recording_does_not_matter(
        which in any::<prop::sample::Index>(), offset_us in 0_u64..10_000_000_000, seed in any::<u64>(),
    ) {
        let named = library();
        let scenario = named[which.index(named.len())].scenario().unwrap();
        let run = run(&scenario, offset_us);
        let mut events = recorded(&run);
        let expected = woven(&events).marks();
        assert_causal(&expected);
        shuffle(&mut events, seed);
        // Told twice is told once, as far as the ledger goes.
        let again = events.iter().find(|event| matches!(event, Recorded::Ledger(_))).cloned();
        events.extend(again);
        prop_assert_eq!(woven(&events).marks(), expected);
    }

    #[test]
    fn nothing_points_back_in_time_while_a_run_goes_on(
        which in any::<prop::sample::Index>(), offset_us in 0_u64..10_000_000_000, told in 0_usize..80,
        heard in 0_usize..80,
    ) {
        let named = library();
        let run = run(&named[which.index(named.len())].scenario().unwrap(), offset_us);
        let mut trace = Trace::new();
        run.browser.iter().take(told).cloned().for_each(|event| trace.push_browser(event));
        run.ledger.iter().take(heard).cloned().for_each(|event| trace.push_ledger(event));
        assert_causal(&trace.marks());
    }

    #[test]
    fn clocks_that_contradict_what_happened_do_not_turn_an_arrow(
        which in any::<prop::sample::Index>(), seed in any::<u64>(),
    ) {
        let named = library();
        let mut run = run(&named[which.index(named.len())].scenario().unwrap(), 0);
        let mut random = protocol::fault::SplitMix64::new(seed);
        for event in &mut run.ledger {
            event.at_us = random.below(60_000_000);
        }
        let marks = woven(&recorded(&run)).marks();
        prop_assert_eq!(marks.len(), run.browser.len() + run.ledger.len());
        assert_causal(&marks);
    }
}

fn shuffle(events: &mut [Recorded], seed: u64) {
    let mut random = protocol::fault::SplitMix64::new(seed);
    for place in (1..events.len()).rev() {
        let other = usize::try_from(random.below(u64::try_from(place).unwrap() + 1)).unwrap();
        events.swap(place, other);
    }
}

#[test]
fn the_fit_is_as_good_as_the_network_allows() {
    let scenario = library()[0].scenario().unwrap();
    for offset_us in [0_u64, 5_000_000] {
        let fit = run(&scenario, offset_us).trace.fit();
        let off = fit.offset_us + i64::try_from(offset_us).unwrap();
        let uncertainty = i64::try_from(fit.uncertainty_us.unwrap()).unwrap();
        assert!(off.abs() <= uncertainty, "off by {off} µs, said to be within {uncertainty} µs");
        assert!(uncertainty <= 2_000);
    }
}

#[test]
fn a_trace_survives_a_reload() {
    let run = run(&library()[0].scenario().unwrap(), 0);
    let text = serde_json::to_string(&run.trace).unwrap();
    assert_eq!(serde_json::from_str::<Trace>(&text).unwrap(), run.trace);
}
