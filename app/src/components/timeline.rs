//! The feed of a room: what is on its way, then what is stored.

use std::collections::HashSet;

use leptos::prelude::*;
use protocol::post::Post;

use super::live_line::LiveLine;
use super::outbox::Outbox;
use super::post_card::StoredPost;
use super::ready::Ready;
use super::shown;
use crate::outbox_handle::{OutboxHandle, Pending};
use crate::ports::FeedView;

/// The newest page of `room`. It starts as the server rendered it, or `unread` where it could not; the browser's
/// hands take over from there.
#[component]
pub fn Timeline(view: FeedView, room: String, #[prop(optional)] unread: bool) -> impl IntoView {
    let handle = OutboxHandle::of_page();
    let ready = Ready::of_page();
    let older = view.page.next.map(|before| page_link(&room_link(&room), &before));
    let rendered = view.page.posts;
    let stored = Memo::new(move |_| {
        let taken_over = if ready.get() { handle.posts.get() } else { None };
        taken_over.unwrap_or_else(|| rendered.clone())
    });
    let here = room.clone();
    let unsent = Memo::new(move |_| {
        if !ready.get() {
            return Vec::new();
        }
        let there: HashSet<_> = stored.with(|posts| posts.iter().map(|post| post.id).collect());
        let belongs = |item: &&Pending| {
            let answered = matches!(item.state, "posted" | "replayed");
            !there.contains(&item.id) && (item.room == here || !answered)
        };
        handle.pending.with(|pending| pending.iter().rev().filter(belongs).cloned().collect::<Vec<_>>())
    });
    let ids = move || {
        let unsent = unsent.with(|items| items.iter().map(|item| item.id).collect::<Vec<_>>());
        stored.with(|posts| posts.iter().map(|post| post.id).chain(unsent).collect::<Vec<_>>())
    };
    shown::watch(Memo::new(move |_| ids()));
    // Whether an unread feed is empty is not known.
    let known = move || !unread || handle.posts.with(Option::is_some);
    let empty = move || known() && stored.with(Vec::is_empty) && unsent.with(Vec::is_empty);
    view! {
        <section class="feed" data-testid="feed" data-cursor=view.cursor aria-labelledby="feed-heading">
            <div class="feed-head">
                <h2 id="feed-heading">"Posts"</h2>
                <LiveLine />
            </div>
            <Outbox shown=unsent room />
            <StoredPosts posts=stored live=true />
            <p class="empty" hidden=move || !empty()>
                "No posts yet. Write one, and press Post as often as you like: it will stand here once."
            </p>
            {older.map(|href| view! { <p class="paging"><a href=href rel="external next">"Older posts"</a></p> })}
        </section>
    }
    .into_any()
}

/// A page of posts older than some cursor: as it was when it was asked for. `newest` links to the newest page.
#[component]
pub fn OlderPage(view: FeedView, newest: String) -> impl IntoView {
    let older = view.page.next.map(|before| page_link(&newest, &before));
    let posts = Memo::new(move |_| view.page.posts.clone());
    view! {
        <section class="feed" data-testid="feed" aria-labelledby="feed-heading">
            <h2 id="feed-heading">"Older posts"</h2>
            <StoredPosts posts live=false />
            <p class="empty" hidden=move || !posts.with(Vec::is_empty)>
                "There is nothing older."
            </p>
            <p class="paging">
                <a href=newest rel="external">
                    "Newest posts"
                </a>
                {older.map(|href| view! { <a href=href rel="external next">"Older posts"</a> })}
            </p>
        </section>
    }
    .into_any()
}

#[component]
fn StoredPosts(posts: Memo<Vec<Post>>, live: bool) -> impl IntoView {
    view! {
        <ol class="posts">
            // An edit makes a new element in the old one's place.
            <For
                each=move || posts.get()
                key=|post| (post.id, post.content.clone(), post.author.clone())
                let(post)
            >
                <StoredPost post live />
            </For>
        </ol>
    }
    .into_any()
}

/// Where the newest page of a room is.
pub fn room_link(room: &str) -> String {
    format!("/feed?room={room}")
}

/// Where an older page is. Cursors are opaque: they may need escaping.
fn page_link(newest: &str, before: &str) -> String {
    let before: String = before
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("{newest}&before={before}")
}
