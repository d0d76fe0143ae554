//! Live updates of a room, as Server-Sent Events. A client that gives its cursor back sees no gap.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use serde::Deserialize;

use crate::api::query::{Asking, invalid, room};
use crate::error::ApiResult;
use crate::live::LiveEvent;
use crate::services::Services;

/// A quiet stream says this often that it is alive.
const PING: Duration = Duration::from_secs(15);

/// A cursor that was never given out; the hub answers it with a reset.
const UNUSABLE: i64 = -1;

#[derive(Deserialize)]
pub struct EventsQuery {
    after: Option<String>,
}

pub async fn follow(
    State(services): State<Services>,
    path: Result<Path<String>, PathRejection>,
    Asking(query): Asking<EventsQuery>,
    headers: HeaderMap,
) -> ApiResult {
    let Path(name) = path.map_err(|rejection| invalid(&rejection.body_text()))?;
    let room = room(&name)?;
    services.store()?;
    // A reconnecting EventSource repeats the URL it was made with, so the header is the fresher of the two.
    let cursor = headers.get("last-event-id").map(|value| value.to_str().unwrap_or_default());
    let after = cursor.or(query.after.as_deref()).filter(|text| !text.is_empty());
    let after = after.map(|text| text.parse().unwrap_or(UNUSABLE));
    let events =
        services.hub.subscribe(room, after).await.map(|event| Ok::<_, Infallible>(wire_event(&event)));
    let until = services.shutdown.clone().cancelled_owned();
    let stream = Counted::new(services, events.take_until(until));
    let ping = KeepAlive::new().interval(PING).event(Event::default().event("ping").data("{}"));
    Ok(Sse::new(stream).keep_alive(ping).into_response())
}

fn wire_event(event: &LiveEvent) -> Event {
    Event::default().id(event.change.to_string()).event(event.kind.as_str()).data(&event.data)
}

/// A stream that is counted while it is open.
struct Counted<S> {
    services: Services,
    stream: Pin<Box<S>>,
}

impl<S: Stream> Counted<S> {
    fn new(services: Services, stream: S) -> Self {
        services.telemetry.streams.up();
        Self { services, stream: Box::pin(stream) }
    }
}

impl<S: Stream> Stream for Counted<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.stream.as_mut().poll_next(context)
    }
}

impl<S> Drop for Counted<S> {
    fn drop(&mut self) {
        self.services.telemetry.streams.down();
    }
}
