//! `/feed?room=&before=`: the plain product.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use protocol::post::LOBBY;

use crate::components::frame::Frame;
use crate::components::room::RoomView;

#[component]
pub fn Feed() -> impl IntoView {
    // Each room and each page of it is a document of its own, so the query never changes under this view.
    let query = use_query_map().get_untracked();
    let room = query.get("room").filter(|room| !room.is_empty()).unwrap_or_else(|| LOBBY.to_owned());
    let before = query.get("before");
    let heading = if room == LOBBY { "Feed".to_owned() } else { format!("Room {room}") };
    // An older page is for reading alone: nothing is written there, and nothing is live.
    let live_room = before.is_none().then(|| room.clone());
    view! {
        <Frame title=heading.clone() here="/feed" room=live_room>
            <h1>{heading}</h1>
            <RoomView room before />
        </Frame>
    }
}
