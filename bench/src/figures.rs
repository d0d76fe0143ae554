//! Medians, spreads, the table and the file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context;

/// What is promised of a ratio.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
    None,
}

/// A figure over the rounds of a run.
struct Figure {
    median: f64,
    lowest: f64,
    highest: f64,
    target: Target,
}

#[derive(Default)]
pub(crate) struct Figures {
    all: BTreeMap<String, Figure>,
    /// In the order in which they were measured.
    order: Vec<String>,
}

impl Figures {
    /// Keeps the median of `rounds`, and shows it at once: a run takes minutes.
    pub(crate) fn add(&mut self, name: impl Into<String>, rounds: &[f64], target: Target) {
        let name = name.into();
        let mut sorted = rounds.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (Some(&lowest), Some(&highest)) = (sorted.first(), sorted.last()) else { return };
        let figure = Figure { median: median(&sorted), lowest, highest, target };
        // Whoever does not read the progress loses nothing.
        let _ = writeln!(std::io::stderr(), "{}", line(&name, &figure));
        if self.all.insert(name.clone(), figure).is_none() {
            self.order.push(name);
        }
    }

    /// The median, round by round, of one series against another.
    pub(crate) fn ratio(&mut self, name: impl Into<String>, over: &[f64], under: &[f64], target: Target) {
        let ratios: Vec<f64> = over.iter().zip(under).map(|(over, under)| over / under).collect();
        self.add(name, &ratios, target);
    }

    pub(crate) fn print(&self) -> std::io::Result<()> {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{:<44} {:>12} {:>23}   target", "measure", "median", "lowest - highest");
        for name in &self.order {
            if let Some(figure) = self.all.get(name) {
                let _ = writeln!(out, "{}", line(name, figure));
            }
        }
        std::io::stdout().write_all(out.as_bytes())
    }

    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let flat: BTreeMap<&str, f64> =
            self.all.iter().map(|(name, figure)| (name.as_str(), figure.median)).collect();
        let text = serde_json::to_string_pretty(&flat)?;
        std::fs::write(path, text + "\n").with_context(|| format!("{} cannot be written", path.display()))
    }
}

fn line(name: &str, figure: &Figure) -> String {
    let Figure { median, lowest, highest, target } = figure;
    let target = match *target {
        Target::AtLeast(least) => format!(">= {least} {}", if *median >= least { "ok" } else { "MISSED" }),
        Target::AtMost(most) => format!("<= {most} {}", if *median <= most { "ok" } else { "MISSED" }),
        Target::None => String::new(),
    };
    format!("{name:<44} {median:>12.3} {lowest:>11.3} -{highest:>10.3}   {target}")
}

/// Of sorted values, of which there is one at least.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}
