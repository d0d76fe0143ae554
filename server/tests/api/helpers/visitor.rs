//! Somebody who uses the API: one method per verb of the product.

use std::panic::Location;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, header};
use serde_json::json;
use uuid::Uuid;

use super::ask::Ask;
use super::history::History;
use super::wait::DEADLINE;

/// An identity and the connections it asks over. Clones share both.
#[derive(Clone)]
pub struct Visitor {
    pub(super) client: reqwest::Client,
    pub(super) history: Arc<History>,
    pub(super) base: String,
    /// `None` for somebody who did not sign in.
    pub token: Option<String>,
    /// Nil for somebody who did not sign in.
    pub user_id: Uuid,
}

/// A new id, as a browser mints it.
pub fn id() -> Uuid {
    Uuid::now_v7()
}

/// Connections of one's own. A redirect is an answer to look at, not an order.
pub(super) fn client() -> reqwest::Client {
    let no_redirects = reqwest::redirect::Policy::none();
    reqwest::Client::builder().redirect(no_redirects).timeout(DEADLINE).build().unwrap()
}

impl Visitor {
    /// The same identity over other connections.
    pub fn on_another_device(&self) -> Self {
        Self { client: client(), ..self.clone() }
    }

    /// The same identity at another address.
    pub fn at(&self, base: impl Into<String>) -> Self {
        Self { base: base.into(), ..self.on_another_device() }
    }

    /// Any request, signed by this visitor.
    #[track_caller]
    pub fn ask(&self, method: Method, path: impl Into<String>) -> Ask {
        let mut headers = HeaderMap::new();
        if let Some(token) = &self.token {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
        }
        Ask {
            client: self.client.clone(),
            history: Arc::clone(&self.history),
            method,
            base: self.base.clone(),
            path: path.into(),
            headers,
            body: None,
            caller: Location::caller(),
        }
    }

    #[track_caller]
    pub fn put(&self, id: Uuid, content: &str) -> Ask {
        self.put_spelled(&id.to_string(), content)
    }

    /// A write whose id is spelled in the path as given.
    #[track_caller]
    pub fn put_spelled(&self, id: &str, content: &str) -> Ask {
        self.ask(Method::PUT, format!("/api/posts/{id}")).json(&json!({ "content": content }))
    }

    #[track_caller]
    pub fn put_in(&self, room: &str, id: Uuid, content: &str) -> Ask {
        self.put(id, content).json(&json!({ "content": content, "room": room }))
    }

    /// `POST /api/posts`, to be completed by [`Ask::key`].
    #[track_caller]
    pub fn post(&self, content: &str) -> Ask {
        self.ask(Method::POST, "/api/posts").json(&json!({ "content": content }))
    }

    #[track_caller]
    pub fn post_with_key(&self, key: &str, content: &str) -> Ask {
        self.post(content).key(key)
    }

    /// An edit; `body` is `{"content"}` or `{"append"}`.
    #[track_caller]
    pub fn patch(&self, id: Uuid, key: &str, body: &serde_json::Value) -> Ask {
        self.ask(Method::PATCH, format!("/api/posts/{id}")).key(key).json(body)
    }

    #[track_caller]
    pub fn append(&self, id: Uuid, key: &str, text: &str) -> Ask {
        self.patch(id, key, &json!({ "append": text }))
    }

    #[track_caller]
    pub fn read(&self, id: Uuid) -> Ask {
        self.ask(Method::GET, format!("/api/posts/{id}"))
    }

    #[track_caller]
    pub fn delete(&self, id: Uuid) -> Ask {
        self.ask(Method::DELETE, format!("/api/posts/{id}"))
    }

    #[track_caller]
    pub fn status(&self, id: Uuid) -> Ask {
        self.ask(Method::GET, format!("/api/posts/{id}/status"))
    }

    /// A page of the feed; `query` without its question mark.
    #[track_caller]
    pub fn feed(&self, query: &str) -> Ask {
        self.ask(Method::GET, format!("/api/posts?{query}"))
    }

    #[track_caller]
    pub fn naive_post(&self, run: Uuid, content: &str) -> Ask {
        self.ask(Method::POST, "/api/naive/posts")
            .header("run", &run.to_string())
            .json(&json!({ "content": content }))
    }

    #[track_caller]
    pub fn naive_feed(&self, query: &str) -> Ask {
        self.ask(Method::GET, format!("/api/naive/posts?{query}"))
    }

    /// A post to an exhibit of the museum, to be completed by [`Ask::key`]. A run has a room of its own.
    #[track_caller]
    pub fn museum_post(&self, lane: &str, run: Uuid, content: &str) -> Ask {
        self.ask(Method::POST, format!("/api/lab/museum/{lane}/posts"))
            .header("run", &run.to_string())
            .json(&json!({ "content": content, "room": run.simple().to_string() }))
    }

    #[track_caller]
    pub fn museum_rows(&self, lane: &str, query: &str) -> Ask {
        self.ask(Method::GET, format!("/api/lab/museum/{lane}/posts?{query}"))
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Ask {
        self.ask(Method::GET, path)
    }
}
