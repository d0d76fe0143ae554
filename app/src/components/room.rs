//! A room: composer, network, feed.

use leptos::prelude::*;

use super::composer::Composer;
use super::network_panel::NetworkPanel;
use super::timeline::{OlderPage, Timeline, room_link};
use super::unsent::LeftDrafts;
use crate::outbox_handle::{Keeping, OutboxHandle};
use crate::ports::{FeedView, ReadError};
use crate::reads::read_feed;
use crate::status::answer_with;

/// The newest page of `room`, or with `before` an older one, which is for reading alone.
#[component]
pub fn RoomView(room: String, before: Option<String>) -> impl IntoView {
    let newest = before.is_none();
    let feed = Resource::new(|| (), {
        let room = room.clone();
        move |()| read_feed(room.clone(), before.clone())
    });
    let page = {
        let room = room.clone();
        move || {
            let room = room.clone();
            Suspend::new(async move {
                match feed.await {
                    Ok(view) if newest => view! { <Timeline view room /> }.into_any(),
                    Ok(view) => view! { <OlderPage view newest=room_link(&room) /> }.into_any(),
                    Err(error) => view! { <Unread error room /> }.into_any(),
                }
            })
        }
    };
    let writing = newest.then(move || {
        view! {
            <div class="write">
                <Composer room />
                <StorageNotice />
                <LeftDrafts />
            </div>
            <NetworkPanel />
        }
    });
    view! {
        <div class="room">
            {writing}
            <Suspense fallback=|| view! { <Skeleton /> }>{page}</Suspense>
        </div>
    }
    .into_any()
}

/// The feed could not be read. The composer stays usable: what is posted is kept until the server answers.
#[component]
fn Unread(error: ReadError, room: String) -> impl IntoView {
    let (code, words) = match error {
        ReadError::Unavailable => (
            503,
            "The feed cannot be read right now. You can still post: it is kept until the server answers.",
        ),
        ReadError::Invalid => (400, "There is no such page of this room."),
    };
    answer_with(code);
    let handle = OutboxHandle::of_page();
    let has_come = move || handle.posts.with(Option::is_some);
    view! {
        <p class="notice" hidden=has_come>
            {words}
        </p>
        {(error == ReadError::Unavailable)
            .then(|| view! { <Timeline view=FeedView::default() room unread=true /> })}
    }
    .into_any()
}

/// Said for as long as it is so.
#[component]
fn StorageNotice() -> impl IntoView {
    let handle = OutboxHandle::of_page();
    move || match handle.keeping.get() {
        Keeping::Memory(why) => Some(view! {
            <p class="notice">"This browser won't keep unsent posts if you close it. " {why}</p>
        }),
        Keeping::Opening | Keeping::Durable => None,
    }
}

/// The shape of a feed, for the moment that a navigation within the page takes.
#[component]
fn Skeleton() -> impl IntoView {
    view! {
        <div class="skeleton" aria-hidden="true">
            <div></div>
            <div></div>
            <div></div>
        </div>
    }
}
