//! Whether the server stays as fast as its database grows, with ids that are ordered by time and with random ones.

use std::path::Path;
use std::time::Duration;

use uuid::Uuid;

use crate::database::{Place, fill};
use crate::figures::{Figures, Target};
use crate::load::{self, Sample, Until};
use crate::server::{Server, Writes};
use crate::{Effort, create, request};

const SMALL: u64 = 10_000;
const MILLION: u64 = 1_000_000;
const LARGE: u64 = 10_000_000;

const CLIENTS: usize = 64;

/// Clients that read pages: few, so that the time is the page's and not the queue's.
const READERS: usize = 4;

/// A server that did nothing for so long is idle.
const IDLE: Duration = Duration::from_secs(5);

/// Bytes in a megabyte, as memory is counted.
const MEGABYTE: f64 = 1_024.0 * 1_024.0;

pub(crate) async fn measure(
    binary: &Path,
    place: &Place,
    large: bool,
    effort: Effort,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let most = if large && matches!(place, Place::Sqlite(_)) { LARGE } else { MILLION };
    let large = most == LARGE;
    let mut servers = Vec::new();
    for rows in [SMALL, most] {
        servers.push(grown(binary, place, rows).await?);
    }
    // A server on Postgres holds no pages of the database itself.
    if large {
        let million = grown(binary, place, MILLION).await?;
        idle(&million, figures).await?;
        million.stop().await?;
    } else if matches!(place, Place::Sqlite(_)) {
        idle(&servers[1], figures).await?;
    }
    let tokens = servers[0].tokens(CLIENTS).await?;
    let mut ordered: [Vec<f64>; 2] = Default::default();
    let mut random: [Vec<f64>; 2] = Default::default();
    let mut pages: [Vec<f64>; 2] = Default::default();
    for _ in 0..effort.rounds {
        for (at, (server, rows)) in servers.iter().zip([SMALL, most]).enumerate() {
            pages[at].push(feed(server, rows, effort).await?.p99);
        }
        for (at, server) in servers.iter().enumerate() {
            ordered[at].push(create::create(server, CLIENTS, effort, &tokens).await?.rate);
        }
    }
    // Random ids last: they spread over the index, and what comes after them finds it cold.
    for _ in 0..effort.rounds {
        for (at, server) in servers.iter().enumerate() {
            random[at].push(create_random(server, effort, &tokens).await?.rate);
        }
    }
    for server in servers {
        server.stop().await?;
    }
    let of = match place {
        Place::Sqlite(_) => "",
        Place::Postgres(_) => "_postgres",
    };
    figures.add(format!("growth_rows{of}"), &[most as f64], Target::None);
    for (at, size) in ["small", "large"].into_iter().enumerate() {
        figures.add(format!("growth_create_v7_{size}{of}_per_s"), &ordered[at], Target::None);
        figures.add(format!("growth_create_v4_{size}{of}_per_s"), &random[at], Target::None);
        figures.add(format!("growth_feed_{size}{of}_p99_ms"), &pages[at], Target::None);
    }
    figures.ratio(format!("create_growth{of}"), &ordered[1], &ordered[0], Target::AtLeast(0.85));
    figures.ratio(format!("create_growth_v4{of}"), &random[1], &random[0], Target::None);
    figures.ratio(format!("feed_p99_growth{of}"), &pages[1], &pages[0], Target::AtMost(1.3));
    Ok(())
}

/// A server on a database with so many posts.
async fn grown(binary: &Path, place: &Place, rows: u64) -> anyhow::Result<Server> {
    let url = place.make(&format!("growth_{rows}")).await?;
    Server::start(binary, &url, Writes::Batches).await?.stop().await?;
    fill(&url, rows).await?;
    Server::start(binary, &url, Writes::Batches).await
}

/// Memory after the server has been used and left alone.
async fn idle(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    let few = Effort { rounds: 1, time: Duration::from_secs(1) };
    feed(server, MILLION, few).await?;
    let tokens = server.tokens(8).await?;
    create::create(server, 8, few, &tokens).await?;
    tokio::time::sleep(IDLE).await;
    figures.add("idle_rss_mb", &[server.resident()? as f64 / MEGABYTE], Target::AtMost(60.0));
    Ok(())
}

/// Pages from all over the feed.
async fn feed(server: &Server, rows: u64, effort: Effort) -> anyhow::Result<Sample> {
    load::run(server.address, READERS, Until::Time(effort.time), move |_, _, out| {
        let (random, _) = Uuid::new_v4().as_u64_pair();
        request::get(out, &format!("/api/posts?before=p{}", random % rows + 1), "none");
    })
    .await
}

async fn create_random(server: &Server, effort: Effort, tokens: &[String]) -> anyhow::Result<Sample> {
    let tokens = tokens.to_vec();
    load::run(server.address, CLIENTS, Until::Time(effort.time), move |connection, _, out| {
        request::put(out, Uuid::new_v4(), &tokens[connection % tokens.len()], "lobby");
    })
    .await
}
