//! Repeats the pure steps of a create, as often as it is told, for `scripts/instructions` to count.

use std::hint::black_box;

use anyhow::Context;

fn main() -> anyhow::Result<()> {
    let times = std::env::args().nth(1).context("how often?")?.parse::<u32>()?;
    for _ in 0..times {
        black_box(bench::create(black_box(bench::ID), black_box(bench::BODY.as_bytes()))?);
    }
    Ok(())
}
