//! Followers of a room: how long a post takes to reach them all, and what each of them costs.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;
use uuid::Uuid;

use crate::database::Place;
use crate::figures::{Figures, Target};
use crate::load::{Connection, percentile};
use crate::request;
use crate::server::{Server, Writes};

const CROWDS: [usize; 3] = [1_000, 5_000, 10_000];

/// Posts that are sent, one a second.
const POSTS: usize = 10;

/// How long the last post may take to arrive everywhere.
const PATIENCE: Duration = Duration::from_secs(10);

/// What every event of a post contains, before the number of the post.
const MARK: &[u8] = b"number=";

const FOLLOW: &[u8] =
    b"GET /api/rooms/crowd/events HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\n\r\n";

/// When each post was sent, and how long it took to each follower.
#[derive(Default)]
struct Log {
    sent: Vec<Instant>,
    took: Vec<Duration>,
}

pub(crate) async fn measure(binary: &Path, place: &Place, figures: &mut Figures) -> anyhow::Result<()> {
    for crowd in CROWDS {
        let server = Server::start(binary, &place.make("events").await?, Writes::Batches).await?;
        // What is loaded once is no follower's.
        let tokens = server.tokens(1).await?;
        let before = server.resident()?;
        let here = LocalSet::new();
        let (took, after) = here.run_until(follow(&server, crowd, &tokens[0])).await?;
        drop(here);
        server.stop().await?;

        let each = (after.saturating_sub(before)) as f64 / crowd as f64;
        let of_most = crowd == 10_000;
        let (p99, memory) = if of_most {
            (Target::AtMost(500.0), Target::AtMost(32_768.0))
        } else {
            (Target::None, Target::None)
        };
        figures.add(format!("sse_{crowd}_p50_ms"), &[percentile(&took, 50)], Target::None);
        figures.add(format!("sse_{crowd}_p99_ms"), &[percentile(&took, 99)], p99);
        let received = took.len() as f64 / (crowd * POSTS) as f64;
        figures.add(format!("sse_{crowd}_received"), &[received], Target::AtLeast(1.0));
        let name =
            if of_most { "sse_bytes_per_subscriber".to_owned() } else { format!("sse_{crowd}_bytes_each") };
        figures.add(name, &[each], memory);
    }
    Ok(())
}

/// Has a crowd follow and posts to it; returns the sorted times of every delivery, and the server's memory.
async fn follow(server: &Server, crowd: usize, token: &str) -> anyhow::Result<(Vec<Duration>, u64)> {
    let log = Rc::new(RefCell::new(Log::default()));
    let mut followers = Vec::with_capacity(crowd);
    for _ in 0..crowd {
        let mut stream =
            TcpStream::connect(server.address).await.context("too few connections are allowed")?;
        stream.write_all(FOLLOW).await?;
        let mut head = [0; 512];
        let length = stream.read(&mut head).await?;
        ensure!(head[..length].starts_with(b"HTTP/1.1 200"), "a follower was refused");
        followers.push(tokio::task::spawn_local(listen(stream, Rc::clone(&log))));
    }
    let mut connection = Connection::open(server.address).await?;
    for number in 0..POSTS {
        let mut post = Vec::new();
        request::put_content(
            &mut post,
            Uuid::now_v7(),
            token,
            "crowd",
            &format!("number={number} of the crowd"),
        );
        log.borrow_mut().sent.push(Instant::now());
        connection.ask(&post).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let deadline = Instant::now() + PATIENCE;
    while log.borrow().took.len() < crowd * POSTS && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let memory = server.resident()?;
    for follower in followers {
        follower.abort();
    }
    let mut took = std::mem::take(&mut log.borrow_mut().took);
    took.sort_unstable();
    ensure!(!took.is_empty(), "no post arrived");
    Ok((took, memory))
}

/// Reads events and notes when they came. An event is small, and comes in one piece.
async fn listen(mut stream: TcpStream, log: Rc<RefCell<Log>>) {
    let mut piece = [0; 2_048];
    while let Ok(length @ 1..) = stream.read(&mut piece).await {
        let now = Instant::now();
        let event = &piece[..length];
        let Some(at) = event.windows(MARK.len()).position(|window| window == MARK) else { continue };
        let digits = event[at + MARK.len()..].iter().take_while(|byte| byte.is_ascii_digit());
        let number = digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
        let mut log = log.borrow_mut();
        if let Some(sent) = log.sent.get(number).copied() {
            log.took.push(now - sent);
        }
    }
}
