//! The mark of an author: initials on a colour, both following from the id.

use leptos::prelude::*;
use protocol::user::UserId;

/// Decoration beside the author's name, hidden from screen readers.
#[component]
pub fn Avatar(user_id: UserId, initials: String) -> impl IntoView {
    let hue = user_id.as_uuid().as_bytes()[15] >> 4;
    view! {
        <span class="avatar" data-hue=hue.to_string() aria-hidden="true">
            {initials}
        </span>
    }
}

/// The first letters of the first two words.
pub fn initials(name: &str) -> String {
    name.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect()
}
