//! The listener: an accept loop of its own, because timers and real cuts need the connection in hand.
//!
//! HTTP/1.1 is spoken here; HTTP/2 and TLS are the work of a proxy in front. Every wait on a client has an end:
//! for its header, for its next request, and for it to take what it asked for.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Sleep, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// How long a header may take to arrive, and how long a connection may idle between requests.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may take nothing of what it is sent.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Connections served at once; further ones wait in the backlog.
const CONNECTIONS_MAX: usize = 16_384;

const HEADERS_MAX: usize = 100;
const BUFFER_MAX: usize = 64 * 1024;

/// The pause after a failed accept, mostly for want of file descriptors: trying at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepts and serves until `shutdown`, then lets the requests under way finish. It returns when the last
/// connection is closed; the caller bounds how long that may take.
pub async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = accept(&listener, &permits) => accepted,
        };
        match accepted {
            Ok((stream, permit)) => {
                let connection = serve_connection(stream, router.clone(), shutdown.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
}

async fn serve_connection(stream: TcpStream, router: Router, shutdown: CancellationToken) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let wire = Arc::new(Wire { stream, cut: AtomicBool::new(false) });
    let asked = Arc::new(AtomicBool::new(false));
    let service = {
        let (cut, asked) = (Cut(Arc::downgrade(&wire)), Arc::clone(&asked));
        hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(cut.clone());
            let answer = router.clone().oneshot(request);
            async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
        })
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        // A client that hangs up after its last byte has asked for something: the request goes on.
        .half_close(true)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_MAX)
        .serve_connection(TokioIo::new(CuttableStream { wire, stall: None }), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            // A connection that has not asked for anything yet is not waited for: browsers open spare ones.
            if !asked.load(Ordering::Relaxed) {
                return;
            }
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// An accepted socket, shared between the HTTP machinery and the request that may ask for its end.
struct Wire {
    stream: TcpStream,
    cut: AtomicBool,
}

/// Ends the connection that a request came on. A request finds its own among its extensions. It holds no socket,
/// so that work which outlives its connection does not keep it open.
#[derive(Clone, Default)]
pub struct Cut(Weak<Wire>);

impl Cut {
    /// Makes the next write fail and the close a reset: not a byte of the answer leaves.
    pub fn now(&self) {
        let Some(wire) = self.0.upgrade() else { return };
        // Without lingering, closing a socket sends RST and drops what is still unsent.
        let unlingering = socket2::SockRef::from(&wire.stream).set_linger(Some(Duration::ZERO));
        if let Err(error) = unlingering {
            tracing::debug!(%error, "the cut closes in order");
        }
        wire.cut.store(true, Ordering::Release);
    }

    /// Sends an interim `100 Continue`, after which a browser does not send the request again by itself.
    ///
    /// To be called where the whole request was read and its answer was not begun: the HTTP machinery writes
    /// nothing then, so the bytes stand alone.
    pub async fn send_interim(&self) {
        const INTERIM: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
        let Some(wire) = self.0.upgrade() else { return };
        // The client read every earlier answer before it asked again, so the socket's buffer has room.
        let sent = wire.stream.writable().await.and_then(|()| wire.stream.try_write(INTERIM));
        if let Err(error) = sent {
            tracing::debug!(%error, "no interim answer could be sent");
        }
    }
}

/// The accepted socket as hyper reads and writes it.
struct CuttableStream {
    wire: Arc<Wire>,
    /// Runs while the client takes nothing.
    stall: Option<Pin<Box<Sleep>>>,
}

impl CuttableStream {
    fn poll_send(
        &mut self,
        context: &mut Context<'_>,
        send: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        if self.wire.cut.load(Ordering::Acquire) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        loop {
            if self.wire.stream.poll_write_ready(context)?.is_pending() {
                let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(STALL_TIMEOUT)));
                ready!(stall.as_mut().poll(context));
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            match send(&self.wire.stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => {
                    self.stall = None;
                    return Poll::Ready(sent);
                }
            }
        }
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.wire.stream.poll_read_ready(context))?;
            match self.wire.stream.try_read(buffer.initialize_unfilled()) {
                Ok(length) => {
                    buffer.advance(length);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().poll_send(context, |stream| stream.try_write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_send(context, |stream| stream.try_write_vectored(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.wire.cut.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        Poll::Ready(socket2::SockRef::from(&self.wire.stream).shutdown(std::net::Shutdown::Write))
    }
}

/// Binds the address to listen on.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let router = Router::new()
            .route("/bare", post(cut_bare))
            .route("/interim", post(cut_after_interim))
            .route("/", get(|| async { "hello" }));
        let listener = bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        (address, shutdown.clone(), tokio::spawn(serve(listener, router, shutdown)))
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
}
