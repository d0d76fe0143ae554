//! Whether what is posted can be seen. Where something tore the list apart that its elements come into, the browser
//! refuses them without a word.

use std::time::Duration;

use leptos::prelude::*;
use protocol::key::PostId;

/// How long an element may take to appear; it is there in the next task.
const PATIENCE: Duration = Duration::from_millis(200);

/// Lets the page go on without its program. The browser's hands provide it.
#[derive(Clone, Copy)]
pub struct GiveUp(pub fn());

/// Gives the page up where an element of `posts` is missing a moment after they changed.
pub(super) fn watch(posts: Memo<Vec<PostId>>) {
    let Some(GiveUp(give_up)) = use_context() else { return };
    Effect::new(move |_| {
        posts.track();
        let look = move || {
            // They may have changed in the meantime, and the feed may be gone.
            if posts.try_get_untracked().is_some_and(|posts| posts.iter().any(is_missing)) {
                give_up();
            }
        };
        set_timeout(look, PATIENCE);
    });
}

fn is_missing(id: &PostId) -> bool {
    document().get_element_by_id(&format!("post-{id}")).is_none()
}
