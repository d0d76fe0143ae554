//! A request on its way, with what befalls it, noted as it befalls.

use axum::http::HeaderMap;
use protocol::fault::FaultPoint;
use protocol::post::NewPost;
use protocol::trace::Seen;
use protocol::wire::CreateBody;
use serde::Serialize;

use super::witness::Witness;
use crate::connection::Cut;
use crate::error::ApiError;
use crate::faults::Strike;
use crate::services::{Services, now};

/// The strike that hits an arrival, and who notes it.
#[derive(Clone)]
pub struct Journey {
    pub strike: Strike,
    pub witness: Witness,
}

/// An answer that is ready.
pub struct Reply {
    pub status: u16,
    pub replayed: bool,
    pub body: String,
}

impl Reply {
    pub fn of(status: u16, replayed: bool, body: &impl Serialize) -> Self {
        Self { status, replayed, body: serde_json::to_string(body).unwrap_or_default() }
    }

    pub fn refused(error: &ApiError) -> Self {
        Self::of(error.0.status, false, &error.0)
    }
}

/// A create's body as it was understood.
pub fn body_of(post: &NewPost) -> String {
    let body = CreateBody {
        content: post.content.clone(),
        image_id: post.image_id.map(|image| image.0),
        room: Some(post.room.as_str().to_owned()),
    };
    serde_json::to_string(&body).unwrap_or_default()
}

impl Journey {
    /// What befalls the request before it is registered.
    pub async fn before(&self, services: &Services) -> Result<(), ApiError> {
        self.note_holding(FaultPoint::RequestLate);
        self.strike.before(&services.shutdown).await
    }

    /// What befalls a request that nothing but the database can serve, before it is registered.
    pub async fn before_the_database(&self, services: &Services) -> Result<(), ApiError> {
        self.before(services).await?;
        self.strike.needs_database(now())
    }

    /// What befalls it once it is committed.
    pub async fn after_commit(&self, services: &Services) {
        self.note_holding(FaultPoint::Slow);
        self.strike.after_commit(&services.shutdown).await;
    }

    /// What befalls its answer.
    pub async fn back(&self, cut: &Cut, headers: &HeaderMap, reply: impl FnOnce() -> Reply) {
        if self.witness.is_there() {
            let Reply { status, replayed, body } = reply();
            self.witness.answered(status, replayed, || body);
        }
        self.strike.on_the_way_back(cut, headers).await;
        if self.strike.0.is_some_and(|fault| fault.point == FaultPoint::ReplyLost) {
            self.witness.note(|| Seen::Cut);
        }
    }

    fn note_holding(&self, point: FaultPoint) {
        if let Some(fault) = self.strike.0.filter(|fault| fault.point == point) {
            self.witness.note(|| Seen::Held { ms: fault.delay_ms });
        }
    }
}
