//! `/`: what this is, and the lobby to try it in.

use leptos::prelude::*;
use protocol::post::LOBBY;

use crate::components::frame::Frame;
use crate::components::room::RoomView;
use crate::ports::Viewer;

#[component]
pub fn Home() -> impl IntoView {
    let faults = use_context::<Viewer>().is_some_and(|viewer| viewer.faults);
    let invitation = if faults {
        "When no answer comes, your browser cannot know whether the post arrived. Break the network, press Post, and watch it ask again without harm."
    } else {
        "When no answer comes, your browser cannot know whether the post arrived. So it asks again, and asking again does no harm."
    };
    view! {
        <Frame here="/" room=Some(LOBBY.to_owned())>
            <div class="lede">
                <h1>"Press Post as often as the network makes you. It is posted once."</h1>
                <p>{invitation}</p>
            </div>
            <RoomView room=LOBBY.to_owned() before=None />
        </Frame>
    }
}
