//! One request, built word by word and sent when it is awaited.

use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use protocol::post::Post;
use protocol::wire::StateAnswer;

use uuid::Uuid;

use super::answer::Answer;
use super::history::History;

/// A request that was not sent yet. What its answer promises is written into the story's history.
#[derive(Clone)]
#[must_use = "a request is sent when it is awaited"]
pub struct Ask {
    pub(super) client: reqwest::Client,
    pub(super) history: Arc<History>,
    pub(super) method: Method,
    pub(super) base: String,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
    /// The line of the story that asks, for failure messages.
    pub(super) caller: &'static Location<'static>,
}

impl Ask {
    /// Adds a header line; the same name twice gives two lines.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.raw_header(name, value.as_bytes())
    }

    pub fn raw_header(mut self, name: &str, value: &[u8]) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers.append(name, HeaderValue::from_bytes(value).unwrap());
        self
    }

    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub fn fault(self, fault: &str) -> Self {
        self.header("fault", fault)
    }

    pub fn run(self, run: Uuid) -> Self {
        self.header("run", &run.to_string())
    }

    pub fn attempt(self, number: u32) -> Self {
        self.header("attempt", &number.to_string())
    }

    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// The body and its media type.
    pub fn body(mut self, media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap());
        self.body = Some(bytes.into());
        self
    }

    pub fn json(self, value: &serde_json::Value) -> Self {
        self.body("application/json", value.to_string())
    }

    pub fn json_text(self, text: impl Into<Vec<u8>>) -> Self {
        self.body("application/json", text)
    }

    /// Sends it; an error means that no complete answer came.
    pub async fn attempt_once(self) -> Result<Answer, reqwest::Error> {
        let asked = format!("{} {}", self.method, self.path);
        let mut request = self
            .client
            .request(self.method.clone(), format!("{}{}", self.base, self.path))
            .headers(self.headers);
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = Answer { asked, status, headers, body: response.bytes().await? };
        note_promise(&self.history, &self.method, &self.path, &answer);
        Ok(answer)
    }
}

impl IntoFuture for Ask {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let (caller, asked) = (self.caller, format!("{} {}", self.method, self.path));
        Box::pin(async move {
            self.attempt_once()
                .await
                .unwrap_or_else(|error| panic!("{caller}: {asked}: no answer: {error:?}"))
        })
    }
}

/// A 200 or 201 to a write promises that the post is stored, a 202 that it will be; `deleted` promises that it never comes back.
fn note_promise(history: &History, method: &Method, path: &str, answer: &Answer) {
    if !path.starts_with("/api/posts") {
        return;
    }
    if answer.status == 202 && matches!(*method, Method::PUT | Method::POST) {
        history.queued(answer.json::<StateAnswer>().id.as_uuid());
    }
    if !matches!(answer.status, 200 | 201) {
        return;
    }
    if matches!(*method, Method::PUT | Method::POST) {
        history.stored(&answer.json::<Post>());
    } else if *method == Method::PATCH {
        history.edited(&answer.json::<Post>());
    } else if *method == Method::DELETE {
        history.deleted(answer.json::<StateAnswer>().id.as_uuid());
    }
}
