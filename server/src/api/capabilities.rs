//! What a client may rely on here, for those that ask before they write.

use axum::Json;
use axum::extract::State;
use protocol::post::CONTENT_MAX_CHARS;
use protocol::wire::{BODY_MAX_BYTES, Capabilities, Limits};

use crate::api::query::PAGE_MAX;
use crate::services::Services;

pub async fn get(State(services): State<Services>) -> Json<Capabilities> {
    Json(Capabilities {
        id_versions: vec![4, 7],
        key_retention: "forever".to_owned(),
        in_flight: "attach".to_owned(),
        faults: services.faults.is_some(),
        limits: Limits {
            content_chars: CONTENT_MAX_CHARS,
            body_bytes: BODY_MAX_BYTES,
            page_posts: PAGE_MAX,
            write_rate: services.write_rate,
        },
    })
}
