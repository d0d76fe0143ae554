//! Connections that ask, wait for the answer and ask again: a closed loop, without pipelining.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// Writes the n-th request of a connection: which connection, which n, where to.
pub(crate) trait Asks: Fn(usize, usize, &mut Vec<u8>) + 'static {}

impl<F: Fn(usize, usize, &mut Vec<u8>) + 'static> Asks for F {}

/// When a connection stops asking.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    /// After a warm-up of half as long.
    Time(Duration),
    /// After so many requests, all of which count.
    Count(usize),
}

/// What came of a measurement.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    /// Answers per second.
    pub(crate) rate: f64,
    /// Milliseconds from asking to the answer's last byte.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Answers that were no 2xx.
    pub(crate) errors: usize,
}

/// What one connection saw.
struct Seen {
    times: Vec<Duration>,
    errors: usize,
}

/// Has `connections` ask the server at `address` until they are done.
pub(crate) async fn run(
    address: SocketAddr,
    connections: usize,
    until: Until,
    asks: impl Asks,
) -> anyhow::Result<Sample> {
    let asks = Rc::new(asks);
    let here = LocalSet::new();
    let (mut times, mut errors) = (Vec::new(), 0);
    let elapsed = here
        .run_until(async {
            let mut streams = Vec::with_capacity(connections);
            for _ in 0..connections {
                streams.push(Connection::open(address).await?);
            }
            let start = Instant::now();
            let (from, to) = match until {
                Until::Time(time) => (start + time / 2, Some(start + time / 2 + time)),
                Until::Count(_) => (start, None),
            };
            let count = if let Until::Count(count) = until { count } else { usize::MAX };
            let tasks: Vec<_> = streams
                .into_iter()
                .enumerate()
                .map(|(number, stream)| {
                    tokio::task::spawn_local(drive(stream, number, count, from, to, Rc::clone(&asks)))
                })
                .collect();
            for task in tasks {
                let seen = task.await.context("a connection broke off")??;
                times.extend(seen.times);
                errors += seen.errors;
            }
            anyhow::Ok(to.unwrap_or_else(Instant::now) - from)
        })
        .await?;
    if times.is_empty() {
        bail!("nothing was answered in time");
    }
    times.sort_unstable();
    let rate = times.len() as f64 / elapsed.as_secs_f64();
    Ok(Sample { rate, p50: percentile(&times, 50), p99: percentile(&times, 99), errors })
}

/// In milliseconds; `times` are sorted and not empty.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> f64 {
    let place = (times.len() * percent / 100).min(times.len() - 1);
    times[place].as_secs_f64() * 1_000.0
}

async fn drive(
    mut stream: Connection,
    number: usize,
    count: usize,
    from: Instant,
    to: Option<Instant>,
    asks: Rc<impl Asks>,
) -> anyhow::Result<Seen> {
    let mut seen = Seen { times: Vec::with_capacity(4_096), errors: 0 };
    let mut request = Vec::with_capacity(1_024);
    for n in 0..count {
        request.clear();
        asks(number, n, &mut request);
        let asked = Instant::now();
        let status = stream.ask(&request).await?;
        let now = Instant::now();
        if to.is_some_and(|to| now > to) {
            break;
        }
        if !status.starts_with(b"2") {
            seen.errors += 1;
        }
        if now > from {
            seen.times.push(now - asked);
        }
    }
    Ok(seen)
}

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.context("the server does not listen")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::with_capacity(4_096) })
    }

    /// Sends a request, reads its whole answer, and returns the status.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<[u8; 3]> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        let mut whole = None;
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                bail!("the server closed a connection in the middle of an answer");
            }
            if whole.is_none() {
                whole = length(&self.answer)?;
            }
            if whole.is_some_and(|whole| self.answer.len() >= whole) {
                break;
            }
        }
        let status = self.answer.get(9..12).context("an answer without a status")?;
        Ok(status.try_into()?)
    }

    /// The body of the last answer.
    pub(crate) fn body(&self) -> &[u8] {
        let head = end_of_head(&self.answer).unwrap_or(self.answer.len());
        &self.answer[head..]
    }
}

fn end_of_head(answer: &[u8]) -> Option<usize> {
    answer.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// The length of an answer with its head, once the head is there.
fn length(answer: &[u8]) -> anyhow::Result<Option<usize>> {
    const NAME: &[u8] = b"content-length: ";
    let Some(end) = end_of_head(answer) else { return Ok(None) };
    let head = &answer[..end];
    let value = head.windows(NAME.len()).position(|name| name.eq_ignore_ascii_case(NAME));
    let value = value.map(|at| &head[at + NAME.len()..]).context("an answer without a length")?;
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit());
    let body = digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    Ok(Some(end + body))
}
