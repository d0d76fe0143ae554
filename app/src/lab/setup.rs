//! What the next run will be: the scenario, as the board and the client's panel change it.

use leptos::prelude::*;
use protocol::fault::{Plan, Tries};
use protocol::scenario::{Complaint, Named, Scenario};

use super::cuts::{Cutter, When, choose, press};

#[derive(Clone, Copy)]
pub struct Setup {
    pub scenario: RwSignal<Scenario>,
    /// What is wrong with the link that led here. Nothing runs while there is something.
    pub complaints: StoredValue<Vec<Complaint>>,
    /// Whether a cut at the database also hits the server's own retries.
    pub all_tries: RwSignal<bool>,
}

impl Setup {
    /// What a link's query says; without one, the lost reply.
    pub fn of_link(query: &str) -> Self {
        let default = || Named::find("a3-reply-lost").and_then(|named| named.scenario()).unwrap_or_default();
        let empty = query.trim_start_matches('?').is_empty();
        let (scenario, complaints) = match Scenario::parse(query) {
            Ok(_) if empty => (default(), Vec::new()),
            Ok(scenario) => (scenario, Vec::new()),
            Err(complaints) => (default(), complaints),
        };
        let all_tries = matches!(&scenario.faults, Plan::Script(script)
            if script.values().any(|fault| fault.point.is_at_database() && fault.tries != Tries::First(1)));
        Self {
            scenario: RwSignal::new(scenario),
            complaints: StoredValue::new(complaints),
            all_tries: RwSignal::new(all_tries),
        }
    }

    /// Changes what is run; the old promise is none of the new setup's.
    pub fn change(self, change: impl FnOnce(&mut Scenario)) {
        self.scenario.update(|scenario| {
            change(scenario);
            scenario.expect.clear();
        });
    }

    pub fn press(self, cutter: &Cutter) {
        let all_tries = self.all_tries.get_untracked();
        self.change(|scenario| {
            let fault = cutter.fault(scenario.timeout_ms, all_tries);
            scenario.faults = press(&scenario.faults, cutter, fault);
            scenario.warm = scenario.warm || cutter.bare;
        });
    }

    pub fn choose(self, cutter: &Cutter, when: When) {
        let all_tries = self.all_tries.get_untracked();
        self.change(|scenario| {
            let fault = cutter.fault(scenario.timeout_ms, all_tries);
            scenario.faults = choose(&scenario.faults, cutter, fault, when, scenario.seed);
            scenario.warm = scenario.warm || (cutter.bare && when != When::Never);
        });
    }

    pub fn mend(self) {
        self.change(|scenario| {
            scenario.faults = Plan::Calm;
            scenario.warm = false;
        });
    }
}
