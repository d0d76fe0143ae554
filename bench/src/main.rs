//! `make bench`: starts servers, puts load on them, compares, prints a table and writes the figures down.
//!
//! Everything here runs on one thread, so that the servers have the rest of the machine. What is compared takes turns
//! within a round, and each figure is the median of the rounds.
//!
//! | module | what is there |
//! |---|---|
//! | [`load`] | connections that ask, wait for the answer and ask again |
//! | [`request`] | what they ask, as bytes |
//! | [`server`] | a server process: its start, its memory, its end |
//! | [`database`] | databases to measure on, and the rows they begin with |
//! | [`raw`] | inserts without a server: the limit |
//! | [`create`], [`replay`], [`read`], [`events`], [`growth`] | one group of measurements each |
//! | [`pages`] | what a browser measured before |
//! | [`figures`] | medians, spreads, the table and the file |

mod create;
mod database;
mod events;
mod figures;
mod growth;
mod load;
mod pages;
mod raw;
mod read;
mod replay;
mod request;
mod server;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, ValueEnum};

use figures::Figures;

/// Measures PostOnce. Everything is compared within one run.
#[derive(Debug, Parser)]
struct Options {
    /// The server to measure.
    #[arg(long, default_value = "target/release/postonce")]
    server: PathBuf,

    /// Where databases are made and the figures are written.
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,

    /// A Postgres that may be written to; without one only SQLite is measured.
    #[arg(long)]
    postgres: Option<String>,

    /// Rounds of each comparison.
    #[arg(long, default_value_t = 5)]
    rounds: usize,

    /// Seconds of each measurement, after half as long a warm-up.
    #[arg(long, default_value_t = 1.5)]
    seconds: f64,

    /// Grow to ten million posts instead of one, on SQLite.
    #[arg(long)]
    large: bool,

    /// Numbers of the pages, which a browser measured: JSON, name to number.
    #[arg(long)]
    pages: Option<PathBuf>,

    /// Measure nothing: send so many creates over one connection to a server on SQLite, and stop it.
    #[arg(long)]
    creates: Option<usize>,

    /// Only these groups.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Group>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Group {
    Create,
    Replay,
    Read,
    Events,
    Growth,
}

/// How long and how often each thing is measured.
#[derive(Clone, Copy)]
struct Effort {
    rounds: usize,
    time: Duration,
}

impl Options {
    fn wants(&self, group: Group) -> bool {
        self.only.is_empty() || self.only.contains(&group)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    std::fs::create_dir_all(&options.folder).context("the folder cannot be made")?;
    let effort = Effort { rounds: options.rounds, time: Duration::from_secs_f64(options.seconds) };
    let places = database::places(&options.folder, options.postgres.as_deref());
    if let Some(count) = options.creates {
        return create::send(&options.server, &places[0], count).await;
    }
    let mut figures = Figures::default();
    for place in &places {
        if options.wants(Group::Create) {
            create::measure(&options.server, place, effort, &mut figures).await?;
        }
    }
    for place in &places {
        if options.wants(Group::Replay) {
            replay::measure(&options.server, place, effort, &mut figures).await?;
        }
        if options.wants(Group::Read) {
            read::measure(&options.server, place, effort, &mut figures).await?;
        }
    }
    if options.wants(Group::Events) {
        events::measure(&options.server, &places[0], &mut figures).await?;
    }
    if options.wants(Group::Growth) {
        for place in &places {
            growth::measure(&options.server, place, options.large, effort, &mut figures).await?;
        }
    }
    if let Some(path) = &options.pages {
        pages::take_over(path, &mut figures)?;
    }
    figures.print()?;
    figures.write(&options.folder.join("results.json"))
}
