//! Rows are structured objects, so that a person can read them in the browser's own tools; JSON is the bridge.

use js_sys::{JSON, Reflect};
use protocol::key::PostId;
use protocol::outbox::Item;
use protocol::user::UserId;
use protocol::wire::CreateBody;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;
use wasm_bindgen::JsValue;

use super::{StorageError, Unreadable};

pub(super) fn to_js(row: &impl Serialize) -> Result<JsValue, StorageError> {
    let text = serde_json::to_string(row).map_err(|_| StorageError::Refused)?;
    JSON::parse(&text).map_err(|_| StorageError::Refused)
}

/// `None` for what this version cannot read.
pub(super) fn from_js<T: DeserializeOwned>(row: &JsValue) -> Option<T> {
    let text = JSON::stringify(row).ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}

/// A row as the machine can take it. What this version cannot read is of a version that the machine leaves alone.
pub(super) fn item_of(row: &JsValue) -> Option<Item> {
    from_js(row).or_else(|| {
        let Unreadable { id, content } = outline(row)?;
        let body = CreateBody { content, image_id: None, room: None };
        Some(Item { version: u16::MAX, ..Item::new(id, UserId(Uuid::nil()), body, 0, 0) })
    })
}

/// Whether this version wrote it, or an older one.
pub(super) fn is_readable(item: &Item) -> bool {
    item.version <= Item::VERSION
}

/// What can be told of a row of the outbox that cannot be read; `None` where not even its id can.
pub(super) fn outline(row: &JsValue) -> Option<Unreadable> {
    let field = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).ok();
    let id = PostId::parse(&field(row, "id")?.as_string()?).ok()?;
    let content = field(row, "body").and_then(|body| field(&body, "content")?.as_string());
    Some(Unreadable { id, content: content.unwrap_or_default() })
}
