//! The draft that was posted by the form alone, as on a page that was given up: it is no draft any more.

use protocol::key::PostId;
use uuid::Uuid;

use crate::storage::Storage;

/// The server answers a form with the address of its post, and so says that the post is stored or queued.
pub(crate) async fn forget(storage: &mut Storage) {
    if let Some(id) = posted() {
        // A draft that stays is one that the visitor may still throw away.
        let _ = storage.remove_draft(id).await;
    }
}

fn posted() -> Option<PostId> {
    let hash = web_sys::window()?.location().hash().ok()?;
    PostId::from_uuid(Uuid::try_parse(hash.strip_prefix("#post-")?).ok()?).ok()
}
