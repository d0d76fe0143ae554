//! The listener on its own, with handlers that do nothing.

use super::*;

use axum::Router;
use axum::extract::Extension;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn cut_bare(Extension(cut): Extension<Cut>, _body: String) -> &'static str {
    cut.now();
    "an answer that never leaves"
}

async fn cut_after_interim(Extension(cut): Extension<Cut>, _body: String) -> &'static str {
    cut.send_interim().await;
    cut.now();
    "an answer that never leaves"
}

async fn start() -> (SocketAddr, CancellationToken, tokio::task::JoinHandle<()>) {
    start_within(BOUNDS).await
}

async fn start_within(bounds: Bounds) -> (SocketAddr, CancellationToken, tokio::task::JoinHandle<()>) {
    let router = Router::new()
        .route("/bare", post(cut_bare))
        .route("/interim", post(cut_after_interim))
        .route(
            "/endless",
            get(|| async {
                Body::from_stream(futures::stream::repeat_with(|| Ok::<_, Infallible>("x".repeat(64 * 1024))))
            }),
        )
        .route("/", get(|| async { "hello" }));
    let listener = bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    (address, shutdown.clone(), tokio::spawn(serve_within(bounds, listener, router, shutdown)))
}

/// What a client reads until the connection ends, and how it ends.
async fn ask(address: SocketAddr, requests: &[&str]) -> (String, io::Result<usize>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut read = Vec::new();
    for request in &requests[..requests.len() - 1] {
        stream.write_all(request.as_bytes()).await.unwrap();
        while !read.ends_with(b"hello") {
            stream.read_buf(&mut read).await.unwrap();
        }
    }
    stream.write_all(requests[requests.len() - 1].as_bytes()).await.unwrap();
    let end = stream.read_to_end(&mut read).await;
    (String::from_utf8(read).unwrap(), end)
}

const BARE: &str = "POST /bare HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
const INTERIM: &str = "POST /interim HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
const HELLO: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn a_cut_is_a_reset_without_a_byte_of_the_answer() {
    let (address, ..) = start().await;
    let (read, end) = ask(address, &[BARE]).await;
    assert_eq!((read.as_str(), end.unwrap_err().kind()), ("", io::ErrorKind::ConnectionReset));
    let (read, end) = ask(address, &[HELLO, BARE]).await;
    assert!(read.ends_with("hello"), "{read}");
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn an_interim_answer_leaves_before_the_cut() {
    let (address, ..) = start().await;
    let (read, end) = ask(address, &[HELLO, INTERIM]).await;
    let (_, after) = read.split_once("hello").unwrap();
    // A reset may overtake bytes that were not read; where they were, they are the whole interim answer.
    assert!(["", "HTTP/1.1 100 Continue\r\n\r\n"].contains(&after), "{after}");
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn shutdown_ends_idle_and_silent_connections() {
    let (address, shutdown, served) = start().await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(HELLO.as_bytes()).await.unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b"hello") {
        idle.read_buf(&mut read).await.unwrap();
    }
    shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(5), served).await.unwrap().unwrap();
    assert_eq!(silent.read(&mut [0; 8]).await.unwrap(), 0);
}

/// It is kept for as long as the connection is, of which there may be thousands.
#[tokio::test]
async fn what_is_kept_for_a_connection_is_small() {
    let (address, shutdown, _served) = start().await;
    let stream = TcpStream::connect(address).await.unwrap();
    let permit = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
    let connection = serve_connection(BOUNDS, stream, permit, Router::new(), shutdown);
    let size = size_of_val(&connection);
    assert!(size < 2 * 1024, "{size} bytes");
}

#[tokio::test]
async fn connections_beyond_the_most_wait_for_their_turn() {
    let (address, ..) = start_within(Bounds { connections: 2, ..BOUNDS }).await;
    let mut served = [TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
    for stream in &mut served {
        stream.write_all(HELLO.as_bytes()).await.unwrap();
        let mut read = Vec::new();
        while !read.ends_with(b"hello") {
            stream.read_buf(&mut read).await.unwrap();
        }
    }
    let mut waiting = TcpStream::connect(address).await.unwrap();
    waiting.write_all(HELLO.as_bytes()).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(200), waiting.readable()).await;
    assert!(early.is_err(), "a third connection is served while two are open");
    drop(served);
    let mut read = Vec::new();
    while !read.ends_with(b"hello") {
        assert!(waiting.read_buf(&mut read).await.unwrap() > 0);
    }
}

#[tokio::test]
async fn a_header_that_trickles_in_is_cut_off() {
    let (address, ..) = start_within(Bounds { header: Duration::from_millis(300), ..BOUNDS }).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let trickle = async {
        for byte in HELLO.bytes().cycle().filter(|byte| !b"\r\n".contains(byte)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if writing.write_all(&[byte]).await.is_err() {
                break;
            }
        }
    };
    let mut read = Vec::new();
    let ended = async {
        tokio::select! {
            ended = reading.read_to_end(&mut read) => ended.map(|_| ()),
            () = trickle => Ok(()),
        }
    };
    // In order or by a reset: but it ends, though a byte came every moment.
    let _ = tokio::time::timeout(Duration::from_secs(5), ended).await.expect("the connection stays open");
    assert!(!read.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&read));
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut_off() {
    let (address, shutdown, served) =
        start_within(Bounds { stall: Duration::from_millis(300), ..BOUNDS }).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    // Nothing is read, and nothing ends by itself: only the stall lets the server finish.
    stream.readable().await.unwrap();
    shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(5), served).await.expect("the connection stays open").unwrap();
}

#[tokio::test]
async fn a_head_that_is_too_large_is_answered_though_more_of_it_comes() {
    let (address, ..) = start().await;
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX-Long: {}\r\n\r\n", "x".repeat(1024 * 1024));
    let lines: String = (0..200).map(|number| format!("X-{number}: x\r\n")).collect();
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
    for head in [long, many] {
        let (read, end) = ask(address, &[&head]).await;
        assert!(read.starts_with("HTTP/1.1 431 "), "{read}");
        end.unwrap();
    }
}
