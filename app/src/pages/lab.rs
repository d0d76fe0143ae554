//! `/lab?…`: any cut on any wire, any design beside any other.

use leptos::prelude::*;
use leptos_router::hooks::use_url;

use crate::components::frame::Frame;
use crate::lab::bench::Bench;
use crate::lab::setup::Setup;
use crate::ports::Viewer;

#[component]
pub fn Lab() -> impl IntoView {
    // Each link is a document of its own, so the query never changes under this view.
    let setup = use_url().with_untracked(|url| Setup::of_link(url.search()));
    let faults = use_context::<Viewer>().is_some_and(|viewer| viewer.faults);
    view! {
        <Frame
            title="Lab"
            here="/lab"
            description="Break the network or the database anywhere, and watch each attempt travel: two designs, the same weather, every mark a recorded event."
        >
            {if faults { view! { <Bench setup /> }.into_any() } else { view! { <Closed /> }.into_any() }}
        </Frame>
    }
}

#[component]
fn Closed() -> impl IntoView {
    view! {
        <div class="lede">
            <h1>"The lab is closed"</h1>
            <p>"This server does not carry out failures that are asked for, so there is nothing to run here."</p>
        </div>
    }
}
