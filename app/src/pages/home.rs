//! `/`: one press, one broken network, two designs.

use leptos::prelude::*;
use protocol::post::LOBBY;

use crate::components::frame::Frame;
use crate::components::room::RoomView;
use crate::lab::first::First;
use crate::ports::Viewer;

#[component]
pub fn Home() -> impl IntoView {
    let faults = use_context::<Viewer>().is_some_and(|viewer| viewer.faults);
    if !faults {
        return view! { <Calm /> }.into_any();
    }
    view! {
        <Frame here="/">
            <div class="lede">
                <h1>"Press Post as often as the network makes you. It is posted once."</h1>
                <p>"One press, one broken network, two designs. Both sides meet the same failure, on a real database."</p>
            </div>
            <First />
        </Frame>
    }
    .into_any()
}

/// Where the server breaks nothing on request there is nothing to compare: the product itself.
#[component]
fn Calm() -> impl IntoView {
    view! {
        <Frame here="/" room=Some(LOBBY.to_owned())>
            <div class="lede">
                <h1>"Press Post as often as the network makes you. It is posted once."</h1>
                <p>
                    "When no answer comes, your browser cannot know whether the post arrived. So it asks again, and asking again does no harm. This server breaks nothing on request, so there is nothing to compare here: below is the plain "
                    <a href="/feed" rel="external">
                        "feed"
                    </a>"."
                </p>
            </div>
            <RoomView room=LOBBY.to_owned() before=None />
        </Frame>
    }
    .into_any()
}
