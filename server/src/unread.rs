//! Reads to its end what a refused request still sends.
//!
//! Closing on unread bytes resets the connection, and a reset overtakes the answer: the client would see a broken
//! network where it was told why it was refused.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, timeout_at};

/// How much is read and thrown away; what announces more is cut off.
const UNREAD_MAX_BYTES: u64 = 1024 * 1024;

/// How long that may take.
const UNREAD_TIMEOUT: Duration = Duration::from_secs(1);

/// Where a body goes that its handler did not read to the end.
type Slot = Arc<Mutex<Option<Body>>>;

/// What a handler leaves of the body that it is lent.
pub struct Unread(Option<Slot>);

/// Lends the request's body to its handler.
pub fn lend(request: Request) -> (Request, Unread) {
    // A client that expects `100 Continue` has sent nothing yet, and reading would ask it to.
    if request.body().is_end_stream() || request.headers().contains_key(header::EXPECT) {
        return (request, Unread(None));
    }
    let slot = Slot::default();
    let request = request.map(|body| Body::new(Lent { body, slot: Arc::clone(&slot) }));
    (request, Unread(Some(slot)))
}

impl Unread {
    /// Holds an answer back until the body it did not wait for has arrived.
    pub async fn drain(self, response: Response) -> Response {
        let body = self.0.and_then(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner).take());
        match body {
            // An answer that closes the connection gave up on the rest already.
            Some(body) if !response.headers().contains_key(header::CONNECTION) => discard(body).await,
            Some(_) | None => {}
        }
        response
    }
}

async fn discard(mut body: Body) {
    let deadline = Instant::now() + UNREAD_TIMEOUT;
    let mut left = UNREAD_MAX_BYTES;
    while body.size_hint().lower() <= left {
        let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await else { return };
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        let Some(rest) = left.checked_sub(length) else { return };
        left = rest;
    }
}

/// A body that goes back to its slot when its reader lets go of it early.
struct Lent {
    body: Body,
    slot: Slot,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.body.is_end_stream() {
            let body = std::mem::take(&mut self.body);
            *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use axum::Router;
    use axum::middleware::{Next, from_fn};
    use axum::routing::post;
    use futures::stream;
    use tower::ServiceExt;

    /// Posts `chunks` of a kibibyte to a handler that reads none; says how many were taken.
    async fn taken(chunks: usize, headers: &[(&str, &str)]) -> usize {
        let count = Arc::new(Mutex::new(0));
        let seen = Arc::clone(&count);
        let body = stream::iter((0..chunks).map(move |_| {
            *seen.lock().unwrap() += 1;
            Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 1024]))
        }));
        let mut request = Request::post("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let drain = async |request: Request, next: Next| {
            let (request, unread) = lend(request);
            unread.drain(next.run(request).await).await
        };
        let router = Router::new().route("/", post(|| async { "refused" })).layer(from_fn(drain));
        let response = router.oneshot(request.body(Body::from_stream(body)).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        *count.lock().unwrap()
    }

    #[tokio::test]
    async fn what_a_refusal_left_unread_is_read_within_bounds() {
        assert_eq!(taken(70, &[]).await, 70);
        assert_eq!(taken(5_000, &[]).await, 1_025);
        assert_eq!(taken(70, &[("expect", "100-continue")]).await, 0);
    }
}
