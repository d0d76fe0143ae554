//! `/outage`: the database goes away, and what is written meanwhile is stored once when it is back.
//!
//! | module | what it holds |
//! |---|---|
//! | `plug` | the outage itself, and what is written during it |
//! | `queues` | the two queues as tables |
//! | `again` | the consumer's crash, and the replay |
//! | `herd` | the simulation of many browsers |
//! | `told` | what a screen reader hears |

pub mod again;
pub mod herd;
pub mod plug;
pub mod queues;
mod told;

use leptos::prelude::*;

use self::again::Again;
use self::herd::HerdFigure;
use self::plug::Plug;
use self::queues::Queues;
use crate::components::composer::Composer;
use crate::components::frame::Frame;
use crate::components::timeline::Timeline;
use crate::outage_handle::own_room;
use crate::ports::{FeedView, Viewer};
use crate::reads::read_feed;

#[component]
pub fn Outage() -> impl IntoView {
    let viewer = use_context::<Viewer>();
    let room = viewer.filter(|viewer| viewer.faults).map(|viewer| own_room(viewer.user_id));
    let body = match room.clone() {
        Some(room) => view! { <Open room /> }.into_any(),
        None => view! {
            <p class="notice">
                "This server does not carry out failures that are asked for, so there is no plug to pull here. The
                simulation below needs none."
            </p>
        }
        .into_any(),
    };
    view! {
        <Frame
            title="Outage"
            here="/outage"
            description="Pull the plug on the database, write ten posts, and watch two queues drain: nothing lost, nothing doubled, however often the log is applied again."
            room
        >
            <div class="lede">
                <h1>"The database is away. Write on."</h1>
                <p>
                    "What your browser has not sent waits in its outbox; what the server has taken waits in its log. Both
                    survive a crash, and both may deliver twice: the id makes the second time harmless."
                </p>
            </div>
            {body}
            <HerdFigure />
        </Frame>
    }
    .into_any()
}

#[component]
fn Open(room: String) -> impl IntoView {
    told::follow();
    let feed = Resource::new(|| (), {
        let room = room.clone();
        move |()| read_feed(room.clone(), None)
    });
    let posts = {
        let room = room.clone();
        move || {
            let room = room.clone();
            Suspend::new(async move {
                match feed.await {
                    Ok(view) => view! { <Timeline view room /> }.into_any(),
                    Err(_) => view! { <Timeline view=FeedView::default() room unread=true /> }.into_any(),
                }
            })
        }
    };
    view! {
        <noscript>
            <p class="notice">
                "Here your browser’s own queue is shown, which only its program can read: without JavaScript nothing can
                be tried on this page. What happens: the server answers 202, keeps the post in its log, applies the log
                once the database is back, and finds by the id whatever it had applied before."
            </p>
        </noscript>
        <Plug room=room.clone() />
        <Queues />
        <Again />
        <div class="outage-feed">
            <div class="write">
                <Composer room />
            </div>
            <Suspense>{posts}</Suspense>
        </div>
    }
    .into_any()
}
