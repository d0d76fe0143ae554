//! A query read as a whole or not at all.
//!
//! A link may come from anywhere, and what it says is then done by a page. So a part that this build does not
//! know is a reason to do nothing: the rest without it could be another experiment.

use std::collections::BTreeMap;

use crate::fault::{FaultPoint, Plan};
use crate::post::check_content;
use crate::trace::Lane;

use super::complaint::Complaint;
use super::expected::Expected;
use super::query::pairs;
use super::retry::Retry;
use super::{Scenario, VERSION};

/// A page that lists more complaints than this helps nobody.
const COMPLAINTS_MAX: usize = 20;
const LANES_MAX: usize = 3;

impl Scenario {
    /// Reads a query, with or without its question mark. Missing parts have their defaults; everything that
    /// cannot be accepted is named, and then nothing is.
    pub fn parse(query: &str) -> Result<Self, Vec<Complaint>> {
        let mut parts: BTreeMap<String, String> = BTreeMap::new();
        let mut complaints = Vec::new();
        for pair in pairs(query) {
            if complaints.len() >= COMPLAINTS_MAX {
                break;
            }
            match pair {
                Err(part) => complaints.push(Complaint::new(&part, "is not percent-encoded UTF-8")),
                Ok((name, _)) if !NAMES.contains(&name.as_str()) => {
                    complaints.push(Complaint::new(&name, "is not known here"));
                }
                Ok((name, value)) => {
                    if parts.insert(name.clone(), value).is_some() {
                        complaints.push(Complaint::new(&name, "stands twice"));
                    }
                }
            }
        }
        let scenario = Parts { parts, complaints: &mut complaints }.scenario();
        if complaints.is_empty() { Ok(scenario) } else { Err(complaints) }
    }
}

const NAMES: [&str; 10] =
    ["v", "seed", "compare", "faults", "retry", "timeout", "text", "edit", "warm", "expect"];

struct Parts<'a> {
    parts: BTreeMap<String, String>,
    complaints: &'a mut Vec<Complaint>,
}

impl Parts<'_> {
    /// What the parts say; where one cannot be read there is a complaint, and its default stands in for it.
    fn scenario(mut self) -> Scenario {
        let default = Scenario::default();
        self.read("v", (), |version| {
            if version == VERSION { Ok(()) } else { Err(format!("only version {VERSION} is known")) }
        });
        let seed = self.read("seed", default.seed, |text| number(text, 0, u64::MAX));
        let compare = self.read("compare", default.compare, compare);
        Scenario {
            seed,
            faults: self.read("faults", default.faults, |text| faults(text, seed)),
            retry: self.read("retry", default.retry, |text| Retry::parse(text).map_err(str::to_owned)),
            timeout_ms: self.read("timeout", default.timeout_ms, |text| number(text, 100, 60_000)),
            text: self.read("text", default.text, content),
            edit: self.read("edit", None, |text| content(text).map(Some)),
            warm: self.read("warm", false, |text| {
                if text == "1" { Ok(true) } else { Err("is 1 or absent".to_owned()) }
            }),
            expect: self.read("expect", BTreeMap::new(), |text| expect(text, &compare)),
            compare,
        }
    }

    fn read<T>(&mut self, name: &str, default: T, read: impl FnOnce(&str) -> Result<T, String>) -> T {
        let Some(text) = self.parts.get(name) else { return default };
        match read(text) {
            Ok(value) => value,
            Err(says) => {
                self.complaints.push(Complaint::new(name, says));
                default
            }
        }
    }
}

fn number(text: &str, least: u64, most: u64) -> Result<u64, String> {
    let digits = (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("is a whole number from {least} to {most}"))
}

fn compare(text: &str) -> Result<Vec<Lane>, String> {
    let mut lanes = Vec::new();
    for name in text.split(',') {
        let lane = lane(name)?;
        if lanes.contains(&lane) {
            return Err(format!("names {lane} twice"));
        }
        lanes.push(lane);
    }
    if lanes.len() > LANES_MAX { Err(format!("names more than {LANES_MAX} designs")) } else { Ok(lanes) }
}

fn lane(name: &str) -> Result<Lane, String> {
    Lane::parse(name).ok_or_else(|| format!("{:?} is no design", name.chars().take(60).collect::<String>()))
}

fn faults(text: &str, seed: u64) -> Result<Plan, String> {
    let plan = Plan::parse(text, seed).map_err(|reason| reason.to_string())?;
    if names(&plan, FaultPoint::DatabaseAway) {
        return Err("database-away ends at a moment, and a link has none".to_owned());
    }
    Ok(plan)
}

fn names(plan: &Plan, point: FaultPoint) -> bool {
    match plan {
        Plan::Calm => false,
        Plan::Script(script) => script.values().any(|fault| fault.point == point),
        Plan::Next { fault, .. } => fault.point == point,
        Plan::Odds(odds) => odds.chances.iter().any(|(fault, _)| fault.point == point),
    }
}

fn content(text: &str) -> Result<String, String> {
    check_content(text).map_err(|reason| reason.to_string())?;
    Ok(text.to_owned())
}

fn expect(text: &str, compared: &[Lane]) -> Result<BTreeMap<Lane, Expected>, String> {
    let mut promises = BTreeMap::new();
    for promise in text.split(',') {
        let (name, rows) = promise
            .split_once(':')
            .ok_or_else(|| "is a list of design:rows, such as naive:2,uuid:1".to_owned())?;
        let lane = lane(name)?;
        if !compared.contains(&lane) {
            return Err(format!("{lane} is not compared"));
        }
        let rows = Expected::parse(rows).ok_or_else(|| format!("the rows of {lane} are a number, or 2+"))?;
        if promises.insert(lane, rows).is_some() {
            return Err(format!("names {lane} twice"));
        }
    }
    Ok(promises)
}
