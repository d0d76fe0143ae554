//! `/feed?room=&before=`: the plain product.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use protocol::post::{LOBBY, Room};

use crate::components::frame::Frame;
use crate::components::room::RoomView;
use crate::status::answer_with;

#[component]
pub fn Feed() -> impl IntoView {
    // Each room and each page of it is a document of its own, so the query never changes under this view.
    let query = use_query_map().get_untracked();
    let room = query.get("room").filter(|room| !room.is_empty()).unwrap_or_else(|| LOBBY.to_owned());
    if Room::parse(&room).is_err() {
        return view! { <NoRoom /> }.into_any();
    }
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
    .into_any()
}

#[component]
fn NoRoom() -> impl IntoView {
    answer_with(400);
    view! {
        <Frame title="No such room">
            <div class="lede">
                <h1>"There is no such room"</h1>
                <p>"A room is named with 1 to 32 of a-z, 0-9 and the hyphen."</p>
            </div>
        </Frame>
    }
}
