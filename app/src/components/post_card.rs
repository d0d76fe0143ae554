//! One post of the feed: a stored row, or an item on its way.

use leptos::prelude::*;
use protocol::post::Post;
use protocol::user::display_name;

use super::actions::Actions;
use super::avatar::{Avatar, initials};
use super::chip::Chip;
use super::content::Content;
use super::moment::Moment;
use crate::outbox_handle::{Ask, OutboxHandle, Pending};
use crate::ports::Viewer;

/// A stored row. Where this browser holds a receipt for it, the chip says how it got there. `live`: it stands in
/// a feed that follows the room, and so can be deleted from there.
#[component]
pub fn StoredPost(post: Post, live: bool) -> impl IntoView {
    let handle = OutboxHandle::of_page();
    let id = post.id;
    let receipt = Memo::new(move |_| {
        handle.pending.with(|pending| {
            let item = pending.iter().find(|item| item.id == id)?;
            matches!(item.state, "posted" | "replayed" | "needs-you").then(|| item.clone())
        })
    });
    let state =
        Signal::derive(move || receipt.with(|receipt| receipt.as_ref().map_or("posted", |item| item.state)));
    let chip = move || {
        receipt.get().map(|item| {
            let asks = if item.state == "needs-you" { item.actions } else { Vec::new() };
            view! {
                <Chip state=Signal::stored(item.state) words=item.words />
                <Actions asks=Signal::stored(asks) />
            }
        })
    };
    let note = move || receipt.get().and_then(|item| item.note);
    // One id, two texts: both are shown, since only their author can tell which was meant.
    let stored = post.content.clone();
    let meant = move || {
        receipt.get().map(|item| item.content).filter(|content| !content.is_empty() && *content != stored)
    };
    let deletable = live && use_context::<Viewer>().is_some_and(|viewer| viewer.user_id == post.user_id);
    view! {
        <li class="post" id=format!("post-{id}") data-testid="post" data-id=id.to_string() data-state=state>
            <Avatar user_id=post.user_id initials=initials(&post.author) />
            <div class="byline">
                <p class="who">
                    <b>{post.author}</b>
                    <span class="quiet">
                        <Moment at=post.create_timestamp />
                    </span>
                </p>
                {deletable
                    .then(|| {
                        view! {
                            <span class="later">
                                <Actions asks=Signal::stored(vec![Ask::Delete(id)]) />
                            </span>
                        }
                    })}
            </div>
            <Content text=post.content />
            // Its words change, which a translated text would not.
            <div class="standing" translate="no">
                {chip}
            </div>
            {move || note().map(|note| view! { <p class="note">{note}</p> })}
            {move || {
                meant()
                    .map(|content| {
                        view! {
                            <p class="note">"Not posted:"</p>
                            <div class="note">
                                <Content text=content />
                            </div>
                        }
                    })
            }}
        </li>
    }
    .into_any()
}

/// An item of the outbox. Its content is frozen; where it stands changes in place, so that a button keeps its
/// focus while the chip counts seconds. `elsewhere`: it goes to another room than the page shows.
#[component]
pub fn UnsentPost(item: Pending, elsewhere: bool) -> impl IntoView {
    let handle = OutboxHandle::of_page();
    let id = item.id;
    let first = item.clone();
    let current = Memo::new(move |last: Option<&Pending>| {
        handle
            .pending
            .with(|pending| pending.iter().find(|item| item.id == id).cloned())
            // The row is about to be taken away; until then it stays as it was.
            .unwrap_or_else(|| last.unwrap_or(&first).clone())
    });
    let state = Signal::derive(move || current.with(|item| item.state));
    let words = Signal::derive(move || current.with(|item| item.words.clone()));
    let asks = Signal::derive(move || current.with(|item| item.actions.clone()));
    let viewer = use_context::<Viewer>();
    view! {
        <li
            class="post unsent"
            id=format!("post-{id}")
            data-testid="post"
            data-id=id.to_string()
            data-state=state
        >
            {viewer
                .map(|viewer| view! { <Avatar user_id=viewer.user_id initials=initials(&display_name(viewer.user_id)) /> })}
            <div class="byline">
                <p class="who">
                    <b>"You"</b>
                    {elsewhere.then(|| view! { <span class="quiet">{format!("in {}", item.room)}</span> })}
                </p>
            </div>
            <Content text=item.content />
            <div class="standing" translate="no">
                <Chip state words />
                <Actions asks />
            </div>
            {move || current.with(|item| item.note.clone()).map(|note| view! { <p class="note">{note}</p> })}
        </li>
    }
    .into_any()
}
