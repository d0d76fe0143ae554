//! Reads: the feed's first and thousandth page, and where an operation stands.

use std::path::Path;
use std::rc::Rc;

use uuid::Uuid;

use crate::database::Place;
use crate::figures::{Figures, Target};
use crate::load::{self, Sample, Until};
use crate::server::{Server, Writes};
use crate::{Effort, request};

const CLIENTS: usize = 64;

/// Posts that are stored first: the thousandth page of twenty has others behind it.
const POSTS_EACH: usize = 400;

/// Posts on a page.
const PAGE: usize = 20;

pub(crate) async fn measure(
    binary: &Path,
    place: &Place,
    effort: Effort,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let server = Server::start(binary, &place.make("read").await?, Writes::Batches).await?;
    let tokens: Rc<[String]> = server.tokens(CLIENTS).await?.into();
    let ids: Rc<[Uuid]> = (0..CLIENTS * POSTS_EACH).map(|_| Uuid::now_v7()).collect();
    let (stored, owners) = (Rc::clone(&ids), Rc::clone(&tokens));
    let fill = load::run(server.address, CLIENTS, Until::Count(POSTS_EACH), move |connection, n, out| {
        request::put(out, stored[connection * POSTS_EACH + n], &owners[connection], "lobby");
    });
    fill.await?;

    let last = CLIENTS * POSTS_EACH - 999 * PAGE;
    let pages =
        [("feed_page_1", "/api/posts".to_owned()), ("feed_page_1000", format!("/api/posts?before=p{last}"))];
    let mut samples: [Vec<Sample>; 3] = Default::default();
    for _ in 0..effort.rounds {
        for ((_, path), samples) in pages.iter().zip(&mut samples) {
            let path = path.clone();
            let run = load::run(server.address, CLIENTS, Until::Time(effort.time), move |_, _, out| {
                request::get(out, &path, "none");
            });
            samples.push(run.await?);
        }
        let (ids, tokens) = (Rc::clone(&ids), Rc::clone(&tokens));
        let run = load::run(server.address, CLIENTS, Until::Time(effort.time), move |connection, n, out| {
            let id = ids[connection * POSTS_EACH + n % POSTS_EACH];
            request::get(out, &format!("/api/posts/{id}/status"), &tokens[connection]);
        });
        samples[2].push(run.await?);
    }
    server.stop().await?;

    let names = pages.iter().map(|(name, _)| *name).chain(["status"]);
    for (what, samples) in names.zip(&samples) {
        let (what, name) = (format!("{what}_64"), place.name());
        let of = |figure: fn(&Sample) -> f64| samples.iter().map(figure).collect::<Vec<_>>();
        figures.add(format!("{what}_{name}_per_s"), &of(|sample| sample.rate), Target::None);
        figures.add(format!("{what}_{name}_p99_ms"), &of(|sample| sample.p99), Target::None);
        figures.add(format!("{what}_{name}_errors"), &of(|sample| sample.errors as f64), Target::AtMost(0.0));
    }
    Ok(())
}
