//! Links: what they say reads back, and what cannot be accepted is named and does nothing.

use proptest::prelude::*;
use protocol::fault::{Fault, FaultPoint, Plan, Tries};
use protocol::scenario::{Expected, Retry, Scenario};
use protocol::trace::Lane;

const LINK: &str = "v=1&seed=42&compare=naive,uuid&faults=reply-lost@1,rolled-back;tries=1@2\
    &retry=fulljitter:500,2,30000&timeout=4000&text=Hello&expect=naive:2,uuid:1";

fn complaints(query: &str) -> Vec<String> {
    let Err(complaints) = Scenario::parse(query) else { panic!("{query} was accepted") };
    complaints.into_iter().map(|complaint| complaint.part).collect()
}

#[test]
fn a_link_reads_as_it_is_written() {
    let scenario = Scenario::parse(LINK).unwrap();
    assert_eq!(scenario.compare, [Lane::Naive, Lane::Uuid]);
    assert_eq!(scenario.retry, Retry::FullJitter { base_ms: 500, cap_ms: 30_000 });
    let mut faults = scenario.faults.clone();
    assert_eq!(faults.fault(1), Some(Fault::at(FaultPoint::ReplyLost)));
    assert_eq!(faults.fault(2), Some(Fault::at(FaultPoint::RolledBack).tries(Tries::First(1))));
    assert_eq!(scenario.expect[&Lane::Naive], Expected { rows: 2, at_least: false });
    assert_eq!(scenario.to_string(), LINK);
}

#[test]
fn what_a_link_leaves_out_has_its_default() {
    assert_eq!(Scenario::parse("").unwrap(), Scenario::default());
    assert_eq!(Scenario::parse("?text=Hi+there").unwrap().text, "Hi there");
}

#[test]
fn at_least_is_read_with_a_bare_plus_and_with_an_escaped_one() {
    for query in ["expect=naive:2+", "expect=naive:2%2B"] {
        let promise = Scenario::parse(query).unwrap().expect[&Lane::Naive];
        assert_eq!(promise.to_string(), "2+");
        assert!(promise.is_met_by(2) && promise.is_met_by(5) && !promise.is_met_by(1));
    }
}

#[test]
fn odds_take_the_links_seed_wherever_it_stands() {
    let scenario = Scenario::parse("faults=reply-lost@30pc&seed=9").unwrap();
    assert_eq!(scenario.faults, Plan::odds(9, vec![(Fault::at(FaultPoint::ReplyLost), 300)]));
}

#[test]
fn every_unacceptable_part_is_named_at_once() {
    assert_eq!(complaints("v=2&seed=-1&colour=red&text=%00"), ["colour", "v", "seed", "text"]);
}

#[test]
fn nothing_unknown_is_accepted() {
    let long = format!("text={}", "a".repeat(2_049));
    for (query, part) in [
        ("v=", "v"),
        ("v=01", "v"),
        ("V=1", "V"),
        ("seed=", "seed"),
        ("seed=18446744073709551616", "seed"),
        ("compare=", "compare"),
        ("compare=naive,naive", "compare"),
        ("compare=naive,uuid,key,cache", "compare"),
        ("compare=naive,<b>", "compare"),
        ("faults=gone@1", "faults"),
        ("faults=reply-lost", "faults"),
        ("faults=reply-lost@1,slow@1", "faults"),
        ("faults=database-away;until=5@1", "faults"),
        ("retry=fast", "retry"),
        ("timeout=99", "timeout"),
        ("timeout=60001", "timeout"),
        ("timeout=1e3", "timeout"),
        (&long, "text"),
        ("text=", "text"),
        ("text=a%00b", "text"),
        ("edit=", "edit"),
        ("warm=0", "warm"),
        ("expect=naive", "expect"),
        ("expect=naive:x", "expect"),
        ("expect=key:1", "expect"),
        ("expect=naive:1,naive:2", "expect"),
        ("seed=1&seed=1", "seed"),
        ("seed=%f", "seed=%f"),
        ("a", "a"),
    ] {
        assert_eq!(complaints(query), [part], "{query}");
    }
}

#[test]
fn complaints_quote_little_and_end() {
    let flood: String = (0..1_000).map(|number| format!("{}{number}=1&", "x".repeat(500))).collect();
    let complaints = Scenario::parse(&flood).unwrap_err();
    assert_eq!(complaints.len(), 20);
    assert!(complaints.iter().all(|complaint| complaint.to_string().len() < 100));
}

fn content() -> impl Strategy<Value = String> + Clone {
    "[^\0]{1,80}"
}

fn fault() -> impl Strategy<Value = Fault> {
    let away = |point: &FaultPoint| *point != FaultPoint::DatabaseAway;
    let points: Vec<FaultPoint> = FaultPoint::ALL.into_iter().filter(away).collect();
    (prop::sample::select(points), 1_u8..=100, 0_u32..=60_000, 0_u8..=20, any::<bool>()).prop_map(
        |(point, times, delay_ms, tries, bare)| {
            let tries = if tries == 0 { Tries::All } else { Tries::First(tries) };
            // Written and read once, so that parameters the point does not use are at their defaults.
            let any = Fault { point, times, delay_ms, tries, until_ms: 0, bare };
            Fault::parse(&any.to_string()).unwrap_or(Fault::at(point))
        },
    )
}

fn plan(seed: u64) -> impl Strategy<Value = Plan> {
    prop_oneof![
        Just(Plan::Calm),
        prop::collection::btree_map(1_u32..=100, fault(), 1..6).prop_map(Plan::Script),
        prop::collection::vec((fault(), 1_u16..=300), 1..=3).prop_map(move |odds| Plan::odds(seed, odds)),
    ]
}

fn retry() -> impl Strategy<Value = Retry> {
    prop_oneof![
        Just(Retry::None),
        (50_u64..=60_000).prop_map(|ms| Retry::Fixed { ms }),
        (50_u64..=60_000, 0_u64..=500_000)
            .prop_map(|(base_ms, more)| Retry::FullJitter { base_ms, cap_ms: base_ms + more }),
    ]
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let lanes = prop::sample::subsequence(Lane::ALL.to_vec(), 1..=3).prop_shuffle();
    let rows = (0_u32..=1_000, any::<bool>()).prop_map(|(rows, at_least)| Expected { rows, at_least });
    let promises = prop::collection::vec(prop::option::of(rows), 3);
    let texts = (content(), prop::option::of(content()));
    any::<u64>().prop_flat_map(move |seed| {
        (lanes.clone(), plan(seed), retry(), 100_u64..=60_000, texts.clone(), any::<bool>(), promises.clone())
            .prop_map(move |(compare, faults, retry, timeout_ms, (text, edit), warm, promises)| {
                let expect = compare.iter().zip(promises);
                let expect = expect.filter_map(|(lane, rows)| rows.map(|rows| (*lane, rows))).collect();
                Scenario { seed, compare, faults, retry, timeout_ms, text, edit, warm, expect }
            })
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(scenario in scenario()) {
        let query = scenario.to_string();
        prop_assert!(query.bytes().all(|byte| byte.is_ascii_graphic()), "{}", query);
        prop_assert_eq!(Scenario::parse(&query), Ok(scenario));
    }

    #[test]
    fn no_text_makes_the_reader_panic(query in any::<String>()) {
        let _ = Scenario::parse(&query);
    }

    #[test]
    fn no_value_makes_the_reader_panic(
        name in prop::sample::select(vec!["v", "seed", "compare", "faults", "retry", "timeout", "expect"]),
        value in "[a-z0-9:;,@*%+=. -]{0,40}",
    ) {
        let _ = Scenario::parse(&format!("{name}={value}"));
    }
}
