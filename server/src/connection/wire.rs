//! The accepted socket: read and written by hyper, and cut by a request that asks for it.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};

/// How much a client may still send to a connection that refused it, and for how long. Closing on unread bytes
/// resets the connection, and the reset overtakes the answer.
const LINGER_MAX_BYTES: usize = 2 * 1024 * 1024;
const LINGER: Duration = Duration::from_secs(1);

/// An accepted socket, shared between the HTTP machinery and the request that may ask for its end.
pub(super) struct Wire {
    stream: TcpStream,
    cut: AtomicBool,
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Arc<Self> {
        Arc::new(Self { stream, cut: AtomicBool::new(false) })
    }

    pub(super) fn cut(self: &Arc<Self>) -> Cut {
        Cut(Arc::downgrade(self))
    }

    /// Ends the sending, and reads what a client still sends that was answered before it was done.
    pub(super) async fn linger(&self) {
        if self.cut.load(Ordering::Acquire) {
            return;
        }
        let draining = async {
            socket2::SockRef::from(&self.stream).shutdown(std::net::Shutdown::Write)?;
            // On the heap: as part of this future it would be part of every connection's.
            let (mut left, mut unread) = (LINGER_MAX_BYTES, vec![0; 8 * 1024]);
            while left > 0 {
                self.stream.readable().await?;
                match self.stream.try_read(&mut unread) {
                    Ok(0) => break,
                    Ok(length) => left = left.saturating_sub(length),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        };
        if let Ok(Err(error)) = timeout(LINGER, draining).await {
            tracing::debug!(%error, "a refused client did not stay for the answer");
        }
    }
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
pub(super) struct CuttableStream {
    wire: Arc<Wire>,
    /// How long the client may take nothing of what it is sent.
    patience: Duration,
    /// Runs while the client takes nothing.
    stall: Option<Pin<Box<Sleep>>>,
}

impl CuttableStream {
    pub(super) fn new(wire: Arc<Wire>, patience: Duration) -> Self {
        Self { wire, patience, stall: None }
    }

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
                let patience = self.patience;
                let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(patience)));
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
        let stream = &self.wire.stream;
        let room = buffer.remaining();
        loop {
            ready!(stream.poll_read_ready(context))?;
            let mut emptied = false;
            let read = stream.try_io(Interest::READABLE, || {
                // The buffer is taken as it is: clearing it for each read would cost more than the read.
                let length = stream.try_read_buf(buffer)?;
                emptied = 0 < length && length < room;
                // A read that leaves room has emptied the socket. Saying that another would block is true, and saves
                // asking the kernel.
                if emptied { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
            });
            match read {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(_) if emptied => return Poll::Ready(Ok(())),
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
