//! What happens to a client's first request, and what is stored when the client is content.

use futures::StreamExt;
use uuid::Uuid;

use super::order::{Ended, Order};
use crate::helpers::{TestApp, Visitor, id};

/// A way to ask for the same post again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Put,
    /// `POST` with the post's id as its key.
    PostWithId,
    /// `POST` with a key that is no id.
    PostWithKey,
    /// The control arm.
    Naive,
}

pub const WAYS: [Way; 4] = [Way::Put, Way::PostWithId, Way::PostWithKey, Way::Naive];

impl Way {
    /// A new post of `author`'s, sent to `base` under `fault`.
    pub fn order(self, author: &Visitor, base: &str, content: &str, fault: &str) -> Order {
        let id: Uuid = id();
        let (method, path) = match self {
            Self::Put => ("PUT", format!("/api/posts/{id}")),
            Self::PostWithId | Self::PostWithKey => ("POST", "/api/posts".to_owned()),
            Self::Naive => ("POST", "/api/naive/posts".to_owned()),
        };
        let mut headers = vec![
            ("Authorization".to_owned(), format!("Bearer {}", author.token.as_deref().unwrap())),
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("Fault".to_owned(), fault.to_owned()),
            ("Run".to_owned(), id.to_string()),
        ];
        match self {
            Self::PostWithId => headers.push(("Idempotency-Key".to_owned(), format!("\"{id}\""))),
            Self::PostWithKey => {
                headers.push(("Idempotency-Key".to_owned(), format!("order-{}", id.simple())))
            }
            Self::Put | Self::Naive => {}
        }
        Order {
            method,
            url: format!("{base}{path}"),
            headers,
            body: serde_json::json!({ "content": content }).to_string(),
            patience_ms: 10_000,
        }
    }
}

/// How many rows say `content`, ours and the control arm's.
pub async fn rows_saying(app: &TestApp, content: &str) -> usize {
    let ours = app.database.rows().await.iter().filter(|row| row.content.as_deref() == Some(content)).count();
    ours + app.database.naive_rows_saying(content).await
}

/// Clients at work at the same time: enough to overlap their waiting, and few enough to leave each its share of a
/// small machine.
const AT_ONCE: usize = 5;

/// Every way under every weather, each with one client of the kind that `send` runs.
pub async fn one_row_each_time(app: &TestApp, send: &impl AsyncFn(Order) -> Ended) {
    // The patience is shorter than the answer is late, and longer than the commit takes.
    let weathers = [
        ("reply-lost", 10_000, 2),
        ("reply-lost; bare", 10_000, 2),
        ("reply-lost; times=3", 10_000, 4),
        ("slow; delay=1800", 1_000, 2),
        ("rolled-back", 10_000, 1),
    ];
    let author = app.visitor().await;
    let tries = weathers.into_iter().flat_map(|weather| WAYS.map(|way| (weather, way)));
    let clients = tries.map(async |((fault, patience_ms, naive_rows), way)| {
        let content = format!("{way:?} under {fault}");
        let order = Order { patience_ms, ..way.order(&author, &app.base(), &content, fault) };
        let ended = send(order).await;
        // Each of these faults lets the first write stand or fall before the retry comes, so a PUT that was
        // written meets itself as 200.
        let expected = if way == Way::Put && fault != "rolled-back" { 200 } else { 201 };
        assert_eq!(ended.status, expected, "{content}: {}", ended.body);
        let post: serde_json::Value = serde_json::from_str(&ended.body).unwrap();
        assert_eq!(post["content"], content.as_str());
        let rows = rows_saying(app, &content).await;
        if way == Way::Naive {
            // A client that is out of breath may lose its patience once more.
            let at_most = if patience_ms < 10_000 { usize::MAX } else { naive_rows };
            assert!((naive_rows..=at_most).contains(&rows), "{content}: {rows} rows");
        } else {
            assert_eq!(rows, 1, "{content}");
        }
    });
    futures::stream::iter(clients).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
}
