//! What a browser measured of the pages, taken over into the figures.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;

use crate::figures::{Figures, Target};

/// The most that the first page's program, script and style may weigh, in bytes as sent.
const FIRST_ROUTE: (&str, f64) = ("first_route_brotli_bytes", 150.0 * 1_024.0);

pub(crate) fn take_over(path: &Path, figures: &mut Figures) -> anyhow::Result<()> {
    let text = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let pages: BTreeMap<String, f64> = serde_json::from_slice(&text)?;
    for (name, number) in pages {
        let target = if name == FIRST_ROUTE.0 { Target::AtMost(FIRST_ROUTE.1) } else { Target::None };
        figures.add(name, &[number], target);
    }
    Ok(())
}
