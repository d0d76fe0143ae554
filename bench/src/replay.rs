//! Replays of ids that are stored, and a storm: a thousand clients that retry the same hundred ids at once.

use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, ensure};
use uuid::Uuid;

use crate::create::create;
use crate::database::Place;
use crate::figures::{Figures, Target};
use crate::load::{self, Connection, Until};
use crate::server::{Server, Writes};
use crate::{Effort, request};

/// Clients that replay, and the ids that each of them has stored.
const CLIENTS: usize = 64;
const IDS_EACH: usize = 200;

/// Clients of the storm, and the ids that they have in common.
const STORM: usize = 1_000;
const STORM_IDS: usize = 100;

pub(crate) async fn measure(
    binary: &Path,
    place: &Place,
    effort: Effort,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let server = Server::start(binary, &place.make("replay").await?, Writes::Batches).await?;
    let tokens: Rc<[String]> = server.tokens(CLIENTS).await?.into();
    let ids: Rc<[Uuid]> = (0..CLIENTS * IDS_EACH).map(|_| Uuid::now_v7()).collect();
    let replays = |until| {
        let (tokens, ids) = (Rc::clone(&tokens), Rc::clone(&ids));
        load::run(server.address, CLIENTS, until, move |connection, n, out| {
            let id = ids[connection * IDS_EACH + n % IDS_EACH];
            request::put(out, id, &tokens[connection], "lobby");
        })
    };
    // The first time they are stored.
    replays(Until::Count(IDS_EACH)).await?;

    let (mut created, mut replayed, mut stormed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    for round in 0..effort.rounds {
        created.push(create(&server, CLIENTS, effort, &tokens).await?.rate);
        let replay = replays(Until::Time(effort.time)).await?;
        ensure!(replay.errors == 0, "a replay was refused");
        replayed.push(replay.rate);

        let room = format!("storm-{round}");
        let storm_ids: Vec<Uuid> = (0..STORM_IDS).map(|_| Uuid::now_v7()).collect();
        let (token, into) = (tokens[0].clone(), room.clone());
        let storm = load::run(server.address, STORM, Until::Time(effort.time), move |client, n, out| {
            request::put(out, storm_ids[(client + n) % STORM_IDS], &token, &into);
        });
        let storm = storm.await?;
        stormed.push(storm.rate);
        errors.push(storm.errors as f64);
        rows.push(count(&server, &room).await? as f64);
    }
    server.stop().await?;

    let name = place.name();
    figures.add(format!("replay_64_{name}_per_s"), &replayed, Target::None);
    figures.add(format!("storm_{name}_per_s"), &stormed, Target::None);
    figures.add(format!("storm_{name}_rows_at_least"), &rows, Target::AtLeast(100.0));
    figures.add(format!("storm_{name}_rows_at_most"), &rows, Target::AtMost(100.0));
    figures.add(format!("storm_{name}_errors"), &errors, Target::AtMost(0.0));
    // What is promised is promised of SQLite; the names without a database are its.
    let suffix = if matches!(place, Place::Sqlite(_)) { String::new() } else { format!("_{name}") };
    figures.ratio(format!("replay_vs_create_64{suffix}"), &replayed, &created, Target::AtLeast(1.2));
    figures.ratio(format!("storm_vs_replay{suffix}"), &stormed, &replayed, Target::AtLeast(0.9));
    Ok(())
}

/// Posts in a room, of which there are two hundred at most.
async fn count(server: &Server, room: &str) -> anyhow::Result<usize> {
    let mut connection = Connection::open(server.address).await?;
    let (mut before, mut count) = (String::new(), 0);
    for _ in 0..2 {
        let mut ask = Vec::new();
        request::get(&mut ask, &format!("/api/posts?room={room}&limit=100{before}"), "none");
        connection.ask(&ask).await?;
        let page: serde_json::Value = serde_json::from_slice(connection.body())?;
        count += page["posts"].as_array().context("a page without posts")?.len();
        let Some(next) = page["next"].as_str() else { break };
        before = format!("&before={next}");
    }
    Ok(count)
}
