//! A TCP proxy in front of a broker that loses every second acknowledgement of a produced record.
//!
//! Kafka's requests and answers are framed by their length in four bytes. A request goes on with the number of its kind
//! (two bytes), a version (two), and a number that its answer begins with (four).

use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener as Bound};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The kind of a request that appends records.
const PRODUCE: [u8; 2] = [0, 0];

/// A proxy that has its port, and waits for its broker to have one.
pub(super) struct Waiting {
    bound: Bound,
}

pub(super) struct Proxy {
    address: String,
    losses: Arc<Losses>,
    accepting: JoinHandle<()>,
}

#[derive(Default)]
struct Losses {
    acknowledgements: AtomicUsize,
    cuts: AtomicUsize,
}

impl Losses {
    /// Counts an acknowledgement, and tells whether it is one that gets lost.
    fn loses_this_one(&self) -> bool {
        let lost = self.acknowledgements.fetch_add(1, Ordering::Relaxed) % 2 == 1;
        if lost {
            self.cuts.fetch_add(1, Ordering::Relaxed);
        }
        lost
    }
}

impl Proxy {
    /// Takes a port, which the broker has to be told before it starts.
    pub(super) fn bind() -> Waiting {
        Waiting { bound: Bound::bind((Ipv4Addr::LOCALHOST, 0)).unwrap() }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn acknowledgements(&self) -> usize {
        self.losses.acknowledgements.load(Ordering::Relaxed)
    }

    /// How many of them were lost, each with its connection.
    pub(super) fn cuts(&self) -> usize {
        self.losses.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Waiting {
    pub(super) fn port(&self) -> String {
        self.bound.local_addr().unwrap().port().to_string()
    }

    pub(super) fn in_front_of(self, broker: &str) -> Proxy {
        let (address, broker) = (self.bound.local_addr().unwrap().to_string(), broker.to_owned());
        self.bound.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(self.bound).unwrap();
        let losses = Arc::<Losses>::default();
        let shared = Arc::clone(&losses);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (broker, losses) = (broker.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    if let Ok(broker) = TcpStream::connect(broker).await {
                        pass(client, broker, &losses).await;
                    }
                });
            }
        });
        Proxy { address, losses, accepting }
    }
}

/// Passes frames on until either side ends or an acknowledgement is to be lost; then both connections end.
async fn pass(client: TcpStream, broker: TcpStream, losses: &Losses) {
    let ((from_client, to_client), (from_broker, to_broker)) = (client.into_split(), broker.into_split());
    let produced = Mutex::default();
    tokio::select! {
        _ = requests(from_client, to_broker, &produced) => {}
        _ = answers(from_broker, to_client, &produced, losses) => {}
    }
}

async fn requests(
    mut client: OwnedReadHalf,
    mut broker: OwnedWriteHalf,
    produced: &Mutex<HashSet<[u8; 4]>>,
) -> std::io::Result<()> {
    loop {
        let frame = frame(&mut client).await?;
        if frame[4..6] == PRODUCE {
            produced.lock().unwrap().insert(frame[8..12].try_into().unwrap());
        }
        broker.write_all(&frame).await?;
    }
}

async fn answers(
    mut broker: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    produced: &Mutex<HashSet<[u8; 4]>>,
    losses: &Losses,
) -> std::io::Result<()> {
    loop {
        let frame = frame(&mut broker).await?;
        let acknowledges = produced.lock().unwrap().remove(&frame[4..8]);
        if acknowledges && losses.loses_this_one() {
            return Ok(());
        }
        client.write_all(&frame).await?;
    }
}

/// A whole frame, its length included.
async fn frame(from: &mut OwnedReadHalf) -> std::io::Result<Vec<u8>> {
    let length = from.read_u32().await?;
    let mut frame = length.to_be_bytes().to_vec();
    frame.resize(frame.len() + usize::try_from(length).unwrap(), 0);
    from.read_exact(&mut frame[4..]).await?;
    Ok(frame)
}
