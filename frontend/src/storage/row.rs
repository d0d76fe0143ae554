//! Rows are structured objects, so that a person can read them in the browser's own tools; JSON is the bridge.

use js_sys::{JSON, Reflect};
use protocol::key::PostId;
use serde::Serialize;
use serde::de::DeserializeOwned;
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

/// What can be told of a row of the outbox that cannot be read; `None` where not even its id can.
pub(super) fn outline(row: &JsValue) -> Option<Unreadable> {
    let field = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).ok();
    let id = PostId::parse(&field(row, "id")?.as_string()?).ok()?;
    let content = field(row, "body").and_then(|body| field(&body, "content")?.as_string());
    Some(Unreadable { id, content: content.unwrap_or_default() })
}
