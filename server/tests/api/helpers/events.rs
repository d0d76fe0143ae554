//! A subscriber to the live stream of a room.

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use http::Method;
use tokio::time::timeout;
use uuid::Uuid;

use super::app::TestApp;
use super::wait::DEADLINE;

/// One event, as `EventSource` would deliver it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub kind: String,
    pub data: String,
    /// The change cursor.
    pub id: Option<String>,
}

impl Event {
    /// The id of the post that the event is about.
    #[track_caller]
    pub fn post_id(&self) -> Uuid {
        let data: serde_json::Value =
            serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        data["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("no id in {self:?}"))
    }
}

pub struct Events {
    stream: BoxStream<'static, reqwest::Result<Bytes>>,
    unread: String,
}

impl Events {
    /// Opens the stream with a query (with its question mark) and a `Last-Event-ID`.
    pub async fn open(app: &TestApp, room: &str, query: &str, last_event_id: Option<&str>) -> Self {
        Self::of(app, &format!("/api/rooms/{room}/events{query}"), last_event_id).await
    }

    /// Opens any stream of the server.
    pub async fn of(app: &TestApp, path: &str, last_event_id: Option<&str>) -> Self {
        let mut request = reqwest::Client::new()
            .request(Method::GET, format!("{}{path}", app.base()))
            .header("accept", "text/event-stream");
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { stream: response.bytes_stream().boxed(), unread: String::new() }
    }

    /// The next event that is no `ping`; `None` when the server ends the stream.
    pub async fn next(&mut self) -> Option<Event> {
        // Over all pings: a stream that does nothing but breathe has not delivered.
        let reading = async {
            loop {
                match self.read().await {
                    Some(event) if event.kind == "ping" => {}
                    other => return other,
                }
            }
        };
        timeout(DEADLINE, reading).await.expect("no event came")
    }

    /// The next event, which must be there.
    pub async fn expect(&mut self, kind: &str) -> Event {
        let event = self.next().await.expect("the stream ended");
        assert_eq!(event.kind, kind, "{event:?}");
        event
    }

    async fn read(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let event = parse(block);
                self.unread = rest.to_owned();
                if event.is_some() {
                    return event;
                }
                continue;
            }
            let chunk = self.stream.next().await?;
            self.unread.push_str(std::str::from_utf8(&chunk.ok()?).unwrap());
        }
    }
}

/// `None` for a block of comments.
fn parse(block: &str) -> Option<Event> {
    let (mut kind, mut data, mut id) = (String::from("message"), Vec::new(), None);
    let mut is_event = false;
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => kind = value.to_owned(),
            "data" => data.push(value),
            "id" => id = Some(value.to_owned()),
            _ => continue,
        }
        is_event = true;
    }
    is_event.then(|| Event { kind, data: data.join("\n"), id })
}
