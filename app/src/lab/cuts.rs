//! The fault board's own rules: what a press on a pair of scissors does to the plan, and what is armed, in words.

use std::collections::BTreeMap;

use protocol::fault::{Fault, FaultPoint, Plan, Tries};
use protocol::time::Millis;
use protocol::trace::Place;

/// The highest attempt that *always* reaches.
const ALWAYS: u32 = 100;

/// A pair of scissors on the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cutter {
    pub point: FaultPoint,
    /// `reply-lost` without an interim answer, so that the browser sends again by itself.
    pub bare: bool,
    pub name: &'static str,
    /// What it does, in a few words.
    pub says: &'static str,
}

const fn cutter(point: FaultPoint, name: &'static str, says: &'static str) -> Cutter {
    Cutter { point, bare: false, name, says }
}

/// Those on the wire from the browser to the app server, in the order of travel.
pub const NETWORK: [Cutter; 5] = [
    cutter(FaultPoint::RequestLost, "Never arrives", "made in your browser: nothing is sent"),
    cutter(FaultPoint::RequestLate, "Arrives late", "after the browser gave up"),
    cutter(FaultPoint::ReplyLost, "Reply lost", "stored, then the connection is cut"),
    Cutter {
        point: FaultPoint::ReplyLost,
        bare: true,
        name: "Reply lost, bare",
        says: "the browser re-sends by itself",
    },
    cutter(FaultPoint::Slow, "Answer is slow", "stored, and still in flight"),
];

/// Those on the wire from the app server to the database.
pub const DATABASE: [Cutter; 3] = [
    cutter(FaultPoint::ConnectRefused, "Cannot connect", "nothing is asked"),
    cutter(FaultPoint::RolledBack, "Dies midway", "rolled back before COMMIT"),
    cutter(FaultPoint::CommitAckLost, "Commit answered to nobody", "stored, the server is not told"),
];

/// When a cut strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Never,
    /// The next so many attempts that nothing else strikes.
    Next(u32),
    /// The first so many attempts, then it lets pass, whatever else was armed for them.
    First(u32),
    Always,
    /// Each attempt, with so many per cent.
    Odds(u16),
}

impl When {
    /// The choices of a cut's menu, with their names.
    pub const MENU: [(Self, &'static str, &'static str); 10] = [
        (Self::Never, "never", "off"),
        (Self::Next(1), "next-1", "next attempt"),
        (Self::Next(2), "next-2", "next 2 attempts"),
        (Self::Next(5), "next-5", "next 5 attempts"),
        (Self::First(1), "first-1", "fail the first, then pass"),
        (Self::First(3), "first-3", "fail the first 3, then pass"),
        (Self::Always, "always", "always"),
        (Self::Odds(10), "odds-10", "10 % of attempts"),
        (Self::Odds(30), "odds-30", "30 % of attempts"),
        (Self::Odds(60), "odds-60", "60 % of attempts"),
    ];

    pub fn named(name: &str) -> Option<Self> {
        Self::MENU.into_iter().find(|(_, known, _)| *known == name).map(|(when, ..)| when)
    }
}

impl Cutter {
    /// Whether this fault is the one that these scissors make.
    pub fn makes(&self, fault: &Fault) -> bool {
        self.point == fault.point && self.bare == fault.bare
    }

    /// The fault. A request that is late comes after the browser gave up; `all_tries` also hits the server's own
    /// retries.
    pub fn fault(&self, timeout_ms: Millis, all_tries: bool) -> Fault {
        let late = u32::try_from(timeout_ms.saturating_add(2_000).min(60_000)).unwrap_or(60_000);
        let mut fault = Fault::at(self.point);
        match self.point {
            FaultPoint::RequestLate => fault = fault.delay(late),
            FaultPoint::Slow => fault = fault.delay(1_500),
            FaultPoint::ConnectRefused | FaultPoint::RolledBack | FaultPoint::CommitAckLost => {
                fault = fault.tries(if all_tries { Tries::All } else { Tries::First(1) });
            }
            FaultPoint::RequestLost | FaultPoint::ReplyLost | FaultPoint::DatabaseAway => (),
        }
        fault.bare = self.bare;
        fault
    }

    /// When the plan lets it strike, in words; `None` where it does not.
    pub fn armed(&self, plan: &Plan) -> Option<String> {
        match plan {
            Plan::Calm | Plan::Next { left: 0, .. } => None,
            Plan::Next { fault, left } => self.makes(fault).then(|| attempts(1, *left)),
            Plan::Script(script) => {
                let mine: Vec<u32> = script
                    .iter()
                    .filter(|(_, fault)| self.makes(fault))
                    .map(|(attempt, _)| *attempt)
                    .collect();
                spans(&mine)
            }
            Plan::Odds(odds) => {
                let per_mille: u16 = odds
                    .chances
                    .iter()
                    .filter(|(fault, _)| self.makes(fault))
                    .map(|(_, chance)| chance)
                    .sum();
                (per_mille > 0)
                    .then(|| format!("{}.{} % of attempts", per_mille / 10, per_mille % 10).replace(".0", ""))
            }
        }
    }
}

/// A press: the next attempt that nothing strikes yet.
pub fn press(plan: &Plan, cutter: &Cutter, fault: Fault) -> Plan {
    let mut script = script(plan);
    let free = (1..=ALWAYS).find(|attempt| !script.contains_key(attempt));
    if let Some(attempt) = free {
        // The same scissors make the same cut everywhere.
        for known in script.values_mut().filter(|known| cutter.makes(known)) {
            *known = fault;
        }
        script.insert(attempt, fault);
    }
    scripted(script)
}

/// A choice of the menu. Odds and numbered attempts do not stand in one plan: the later choice replaces the other kind.
pub fn choose(plan: &Plan, cutter: &Cutter, fault: Fault, when: When, seed: u64) -> Plan {
    if let When::Odds(percent) = when {
        let mut chances = match plan {
            Plan::Odds(odds) => odds.chances.clone(),
            Plan::Calm | Plan::Next { .. } | Plan::Script(_) => Vec::new(),
        };
        chances.retain(|(known, _)| !cutter.makes(known));
        let others: u16 = chances.iter().map(|(_, chance)| chance).sum();
        chances.push((fault, (percent * 10).min(1_000_u16.saturating_sub(others))));
        return Plan::odds(seed, chances);
    }
    if let (Plan::Odds(odds), When::Never) = (plan, when) {
        let chances: Vec<_> =
            odds.chances.iter().filter(|(known, _)| !cutter.makes(known)).copied().collect();
        return if chances.is_empty() { Plan::Calm } else { Plan::odds(seed, chances) };
    }
    let mut script = script(plan);
    script.retain(|_, known| !cutter.makes(known));
    let free = |script: &BTreeMap<u32, Fault>| (1..=ALWAYS).find(|attempt| !script.contains_key(attempt));
    match when {
        When::Next(count) => {
            for _ in 0..count {
                if let Some(attempt) = free(&script) {
                    script.insert(attempt, fault);
                }
            }
        }
        When::First(count) => script.extend((1..=count).map(|attempt| (attempt, fault))),
        When::Always => {
            while let Some(attempt) = free(&script) {
                script.insert(attempt, fault);
            }
        }
        When::Never | When::Odds(_) => (),
    }
    scripted(script)
}

/// The plan as a script; odds are none.
fn script(plan: &Plan) -> BTreeMap<u32, Fault> {
    match plan {
        Plan::Script(script) => script.clone(),
        Plan::Next { fault, left } => (1..=*left).map(|attempt| (attempt, *fault)).collect(),
        Plan::Calm | Plan::Odds(_) => BTreeMap::new(),
    }
}

fn scripted(script: BTreeMap<u32, Fault>) -> Plan {
    if script.is_empty() { Plan::Calm } else { Plan::Script(script) }
}

/// What is armed from attempt `next` on, each at the place where it will strike.
pub fn badges(plan: &Plan, next: u32) -> Vec<(Place, String)> {
    let left = match plan {
        Plan::Script(script) => {
            scripted(script.range(next..).map(|(attempt, fault)| (*attempt, *fault)).collect())
        }
        Plan::Calm | Plan::Next { .. } | Plan::Odds(_) => plan.clone(),
    };
    let wires = NETWORK.iter().map(|cutter| (Place::Network, cutter));
    let wires = wires.chain(DATABASE.iter().map(|cutter| (Place::Database, cutter)));
    let badge = |(place, cutter): (Place, &Cutter)| {
        let when = cutter.armed(&left)?;
        Some((place, format!("{}: {when}", cutter.name)))
    };
    wires.filter_map(badge).collect()
}

/// `attempt 1`, `attempts 1–2, 4`; `None` where there are none.
fn spans(numbers: &[u32]) -> Option<String> {
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => spans.push((*number, *number)),
        }
    }
    match spans.as_slice() {
        [] => None,
        [(first, last)] => Some(attempts(*first, *last)),
        several => {
            let parts = several.iter().map(|(first, last)| match last - first {
                0 => first.to_string(),
                _ => format!("{first}–{last}"),
            });
            Some(format!("attempts {}", parts.collect::<Vec<_>>().join(", ")))
        }
    }
}

fn attempts(first: u32, last: u32) -> String {
    match (first, last) {
        (1, ALWAYS..) => "always".to_owned(),
        (first, ALWAYS..) => format!("from attempt {first} on"),
        (first, last) if first == last => format!("attempt {first}"),
        (first, last) => format!("attempts {first}–{last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: Cutter = NETWORK[2];
    const MIDWAY: Cutter = DATABASE[1];

    fn reply() -> Fault {
        REPLY.fault(4_000, false)
    }

    #[test]
    fn each_press_cuts_one_more_attempt() {
        let once = press(&Plan::Calm, &REPLY, reply());
        let twice = press(&once, &REPLY, reply());
        let mixed = press(&twice, &MIDWAY, MIDWAY.fault(4_000, false));
        assert_eq!(mixed.to_string(), "reply-lost@1-2,rolled-back;tries=1@3");
        assert_eq!(REPLY.armed(&mixed).as_deref(), Some("attempts 1–2"));
        assert_eq!(MIDWAY.armed(&mixed).as_deref(), Some("attempt 3"));
        assert_eq!(badges(&mixed, 3), [(Place::Database, "Dies midway: attempt 3".to_owned())]);
    }

    #[test]
    fn the_menu_replaces_what_these_scissors_did() {
        let plan = choose(&Plan::Calm, &REPLY, reply(), When::Always, 1);
        assert_eq!(REPLY.armed(&plan).as_deref(), Some("always"));
        let plan = choose(&plan, &REPLY, reply(), When::First(3), 1);
        assert_eq!(plan.to_string(), "reply-lost@1-3");
        assert_eq!(choose(&plan, &REPLY, reply(), When::Never, 1), Plan::Calm);
    }

    #[test]
    fn odds_never_promise_more_than_certainty() {
        let plan = choose(&Plan::Calm, &REPLY, reply(), When::Odds(60), 7);
        let plan = choose(&plan, &MIDWAY, MIDWAY.fault(4_000, true), When::Odds(60), 7);
        assert_eq!(plan.to_string(), "reply-lost@60pc,rolled-back@40pc");
        assert_eq!(REPLY.armed(&plan).as_deref(), Some("60 % of attempts"));
        assert_eq!(Plan::parse(&plan.to_string(), 7), Ok(plan));
    }
}
