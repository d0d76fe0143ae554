//! The canonical query: parts in one order, each at most once, calm or absent ones left out.

use std::fmt;

use super::query::encode;
use super::{Scenario, VERSION};

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |parts: Vec<String>| parts.join(",");
        let compare = list(self.compare.iter().map(ToString::to_string).collect());
        write!(f, "v={VERSION}&seed={}&compare={compare}", self.seed)?;
        let faults = self.faults.to_string();
        if !faults.is_empty() {
            write!(f, "&faults={}", encode(&faults))?;
        }
        write!(f, "&retry={}&timeout={}&text={}", self.retry, self.timeout_ms, encode(&self.text))?;
        if let Some(edit) = &self.edit {
            write!(f, "&edit={}", encode(edit))?;
        }
        if self.warm {
            f.write_str("&warm=1")?;
        }
        let promise = |lane| self.expect.get(lane).map(|rows| format!("{lane}:{rows}"));
        let promises: Vec<String> = self.compare.iter().filter_map(promise).collect();
        if !promises.is_empty() {
            write!(f, "&expect={}", list(promises))?;
        }
        Ok(())
    }
}
