//! Creates: the server against one transaction per request, its own empty endpoint, and inserts without a server.

use std::path::Path;

use uuid::Uuid;

use crate::Effort;
use crate::database::Place;
use crate::figures::{Figures, Target};
use crate::load::{self, Sample, Until};
use crate::raw::Raw;
use crate::request;
use crate::server::{Server, Writes};

/// Clients that ask at once.
const CONNECTIONS: [usize; 4] = [1, 8, 64, 256];

/// The promises that are made of a database.
struct Promises {
    per_request: f64,
    empty: f64,
    alone: f64,
}

impl Promises {
    fn of(place: &Place) -> Self {
        match place {
            Place::Sqlite(_) => Self { per_request: 8.0, empty: 0.4, alone: 1.15 },
            Place::Postgres(_) => Self { per_request: 3.5, empty: 0.25, alone: 1.4 },
        }
    }
}

/// What the rounds gave, by number of connections.
#[derive(Default)]
struct Series {
    ours: [Vec<Sample>; CONNECTIONS.len()],
    per_request: [Vec<Sample>; CONNECTIONS.len()],
    empty: Vec<f64>,
    raw_32: Vec<f64>,
    raw_256: Vec<f64>,
    autocommit: Vec<f64>,
}

pub(crate) async fn measure(
    binary: &Path,
    place: &Place,
    effort: Effort,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let ours = Server::start(binary, &place.make("ours").await?, Writes::Batches).await?;
    let per_request = Server::start(binary, &place.make("per_request").await?, Writes::PerRequest).await?;
    let raw_url = place.make("raw").await?;
    // A server makes the tables.
    Server::start(binary, &raw_url, Writes::Batches).await?.stop().await?;
    let mut raw = Raw::connect(&raw_url).await?;
    let tokens = ours.tokens(64).await?;

    let mut series = Series::default();
    for _ in 0..effort.rounds {
        for (at, connections) in CONNECTIONS.into_iter().enumerate() {
            series.ours[at].push(create(&ours, connections, effort, &tokens).await?);
            series.per_request[at].push(create(&per_request, connections, effort, &tokens).await?);
            if connections == 64 {
                series.empty.push(empty(&ours, connections, effort).await?);
                series.raw_32.push(raw.rate(32, effort.time).await?);
            }
        }
        series.raw_256.push(raw.rate(256, effort.time).await?);
        series.autocommit.push(raw.rate(1, effort.time).await?);
    }
    ours.stop().await?;
    per_request.stop().await?;
    series.report(place, figures);
    Ok(())
}

/// Creates of new ids by `connections` clients.
pub(crate) async fn create(
    server: &Server,
    connections: usize,
    effort: Effort,
    tokens: &[String],
) -> anyhow::Result<Sample> {
    let tokens = tokens.to_vec();
    load::run(server.address, connections, Until::Time(effort.time), move |connection, _, out| {
        request::put(out, Uuid::now_v7(), &tokens[connection % tokens.len()], "lobby");
    })
    .await
}

/// So many creates, one after the other, for who counts what the server does meanwhile.
pub(crate) async fn send(binary: &Path, place: &Place, count: usize) -> anyhow::Result<()> {
    let server = Server::start(binary, &place.make("counted").await?, Writes::Batches).await?;
    let token = server.tokens(1).await?;
    let sample = load::run(server.address, 1, Until::Count(count), move |_, _, out| {
        request::put(out, Uuid::now_v7(), &token[0], "lobby");
    });
    let errors = sample.await?.errors;
    server.stop().await?;
    anyhow::ensure!(errors == 0, "{errors} creates failed");
    Ok(())
}

async fn empty(server: &Server, connections: usize, effort: Effort) -> anyhow::Result<f64> {
    let sample = load::run(server.address, connections, Until::Time(effort.time), |_, _, out| {
        request::get(out, "/api/empty", "none");
    });
    Ok(sample.await?.rate)
}

impl Series {
    fn report(&self, place: &Place, figures: &mut Figures) {
        let name = place.name();
        let promises = Promises::of(place);
        let rates = |samples: &[Sample]| samples.iter().map(|sample| sample.rate).collect::<Vec<_>>();
        let medians = |samples: &[Sample]| samples.iter().map(|sample| sample.p50).collect::<Vec<_>>();
        let none = Target::None;
        for (at, connections) in CONNECTIONS.into_iter().enumerate() {
            for (what, samples) in [("create", &self.ours[at]), ("per_request", &self.per_request[at])] {
                let p99: Vec<f64> = samples.iter().map(|sample| sample.p99).collect();
                let errors: Vec<f64> = samples.iter().map(|sample| sample.errors as f64).collect();
                figures.add(format!("{what}_{connections}_{name}_per_s"), &rates(samples), none);
                figures.add(format!("{what}_{connections}_{name}_p50_ms"), &medians(samples), none);
                figures.add(format!("{what}_{connections}_{name}_p99_ms"), &p99, none);
                figures.add(format!("{what}_{connections}_{name}_errors"), &errors, Target::AtMost(0.0));
            }
        }
        for (what, rates) in [
            ("empty_64", &self.empty),
            ("raw32", &self.raw_32),
            ("raw256", &self.raw_256),
            ("autocommit", &self.autocommit),
        ] {
            figures.add(format!("{what}_{name}_per_s"), rates, none);
        }
        let [ours_1, _, ours_64, _] = &self.ours;
        let [single_1, _, single_64, _] = &self.per_request;
        let (ours, least) = (rates(ours_64), Target::AtLeast);
        let single = rates(single_64);
        figures.ratio(
            format!("create_64_vs_per_request_{name}"),
            &ours,
            &single,
            least(promises.per_request),
        );
        figures.ratio(format!("create_64_vs_empty_{name}"), &ours, &self.empty, least(promises.empty));
        figures.ratio(format!("create_64_vs_raw32_{name}"), &ours, &self.raw_32, least(0.7));
        figures.ratio(format!("create_64_vs_raw256_{name}"), &ours, &self.raw_256, none);
        let alone = Target::AtMost(promises.alone);
        figures.ratio(format!("p50_1_vs_per_request_{name}"), &medians(ours_1), &medians(single_1), alone);
    }
}
