//! The face of PostOnce: pages and components, and the ports it needs the server to fill.
//!
//! | module | what it holds |
//! |---|---|
//! | [`shell`] | the HTML document around the app |
//! | [`ports`] | what pages need the server to know: `Reader`, `Viewer`, `Refusal` |
//! | [`reads`] | server functions, for reads alone; every write goes through the outbox or a form |
//! | [`outbox_handle`] | the seam to the browser's hands |
//! | [`pages`] | one file per page |

pub mod outbox_handle;
pub mod pages;
pub mod ports;
pub mod reads;
pub mod shell;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::pages::feed::Feed;

/// The whole site. Every route is rendered to its end before a byte is sent: out-of-order streaming needs
/// JavaScript to place its content, and this site works without.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title text="PostOnce" />
        <Router>
            <Routes fallback=|| "There is nothing at this path.">
                <Route path=path!("/") view=Feed ssr=SsrMode::Async />
                <Route path=path!("/feed") view=Feed ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
