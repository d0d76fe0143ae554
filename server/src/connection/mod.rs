//! The listener: an accept loop of its own, because timers and real cuts need the connection in hand.
//!
//! HTTP/1.1 is spoken here; HTTP/2 and TLS are the work of a proxy in front. Every wait on a client has an end:
//! for its header, for its next request, and for it to take what it asked for. Bodies have their own, where they
//! are read.
//!
//! | module | what is there |
//! |---|---|
//! | `wire` | the accepted socket, and the cut that is a real reset |

#[cfg(test)]
mod tests;
mod wire;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Service, ServiceExt};

pub use wire::Cut;
use wire::{CuttableStream, Wire};

/// How long clients are waited for, and how many are served at once.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// How long a header may take to arrive, and how long a connection may idle between requests.
    header: Duration,
    /// How long a client may take nothing of what it is sent.
    stall: Duration,
    /// Connections served at once; further ones wait in the backlog.
    connections: usize,
}

const BOUNDS: Bounds =
    Bounds { header: Duration::from_secs(30), stall: Duration::from_secs(30), connections: 16_384 };

/// More lines, or a longer head, are answered 431.
const HEADERS_MAX: usize = 100;
const BUFFER_MAX: usize = 64 * 1024;

/// The pause after a failed accept, mostly for want of file descriptors: trying at once would only spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What answers the requests of every connection.
pub trait Answering:
    Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> Answering for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

/// Accepts and serves until `shutdown`, then lets the requests under way finish. It returns when the last
/// connection is closed; the caller bounds how long that may take.
pub async fn serve(listener: TcpListener, service: impl Answering, shutdown: CancellationToken) {
    serve_within(BOUNDS, listener, service, shutdown).await;
}

async fn serve_within(
    bounds: Bounds,
    listener: TcpListener,
    service: impl Answering,
    shutdown: CancellationToken,
) {
    let permits = Arc::new(Semaphore::new(bounds.connections));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = accept(&listener, &permits) => accepted,
        };
        match accepted {
            Ok((stream, permit)) => {
                connections.spawn(serve_connection(
                    bounds,
                    stream,
                    permit,
                    service.clone(),
                    shutdown.clone(),
                ));
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
) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    Ok((stream, permit))
}

async fn serve_connection(
    bounds: Bounds,
    stream: TcpStream,
    _permit: OwnedSemaphorePermit,
    service: impl Answering,
    shutdown: CancellationToken,
) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let wire = Wire::new(stream);
    let asked = Arc::new(AtomicBool::new(false));
    let answering = {
        let (cut, asked) = (wire.cut(), Arc::clone(&asked));
        hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(cut.clone());
            service.clone().oneshot(request)
        })
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.header)
        // A client that hangs up after its last byte has asked for something: the request goes on.
        .half_close(true)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_MAX)
        .serve_connection(TokioIo::new(CuttableStream::new(Arc::clone(&wire), bounds.stall)), answering);
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
        if error.is_parse() {
            wire.linger().await;
        }
    }
}

/// Binds the address to listen on.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}
