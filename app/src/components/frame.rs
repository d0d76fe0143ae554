//! What stands around every page: skip link, navigation, landmarks, the live region.

use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use protocol::user::display_name;

use super::announcer::LiveRegion;
use super::metrics_strip::MetricsStrip;
use super::ready::Ready;
use super::unsent::WaitingLine;
use crate::ports::Viewer;

/// What the navigation holds: a path and its name.
pub const PLACES: [(&str, &str); 9] = [
    ("/feed", "Feed"),
    ("/lab", "Lab"),
    ("/methods", "Methods"),
    ("/outage", "Outage"),
    ("/museum", "Museum"),
    ("/tour/1", "Tour"),
    ("/numbers", "Numbers"),
    ("/honesty", "Honesty"),
    ("/api/docs", "API"),
];

const DESCRIPTION: &str = "A small social app whose Post button can be pressed as often as the network makes you: \
                           every post is stored once.";

/// The frame of a page. Links are `rel="external"`: each page is a document of its own with its own cursor, and
/// the outbox outlives them.
#[component]
pub fn Frame(
    /// The document's title, before the site's name; the first page needs none.
    #[prop(optional, into)]
    title: Option<String>,
    /// The path of this page where the navigation holds it.
    #[prop(default = "")]
    here: &'static str,
    /// What a search engine says of the page.
    #[prop(default = DESCRIPTION)]
    description: &'static str,
    /// The room that the page writes to and follows.
    #[prop(default = None)]
    room: Option<String>,
    children: Children,
) -> impl IntoView {
    let viewer = use_context::<Viewer>();
    let ready = Ready::of_page();
    let title = title.map_or_else(
        || "PostOnce: retries that are safe".to_owned(),
        |mut title| {
            title.push_str(" · PostOnce");
            title
        },
    );
    // A page with a feed shows what waits itself.
    let has_no_feed = room.is_none();
    let current = move |path: &str| (here == path).then_some("page");
    view! {
        <Title text=title />
        <Meta name="description" content=description />
        <div class="frame" data-ready=move || ready.get().then_some("")>
            <a class="skip" href="#main" rel="external">
                "Skip to content"
            </a>
            <header class="top">
                <a class="mark" href="/" rel="external" aria-current=current("/")>
                    "Post"
                    <span>"Once"</span>
                </a>
                <nav aria-label="Main">
                    <ul>
                        {PLACES
                            .map(|(path, name)| {
                                view! {
                                    <li>
                                        <a href=path rel="external" aria-current=current(path)>
                                            {name}
                                        </a>
                                    </li>
                                }
                            })
                            .collect_view()}
                    </ul>
                </nav>
                {viewer
                    .map(|viewer| {
                        view! {
                            <p class="viewer quiet">"You are " <b>{display_name(viewer.user_id)}</b></p>
                        }
                    })}
            </header>
            <main
                id="main"
                tabindex="-1"
                data-user-id=viewer.map(|viewer| viewer.user_id.to_string())
                data-faults=viewer.is_some_and(|viewer| viewer.faults).then_some("")
                data-room=room
            >
                {has_no_feed.then(|| view! { <WaitingLine /> })}
                {children()}
            </main>
            <MetricsStrip />
            <LiveRegion />
        </div>
    }
    .into_any()
}
