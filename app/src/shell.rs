//! The HTML document around the app.

use std::sync::Arc;

use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::parts::App;
use crate::shape;

/// The paths of what a page loads, under names that the build chose.
#[derive(Clone, Debug)]
pub struct Files {
    pub style: Arc<str>,
    /// The JavaScript around the program.
    pub script: Arc<str>,
    /// The program: WebAssembly.
    pub program: Arc<str>,
}

/// Starts the program, and fetches it only once the page has been painted: what is to be read comes before what makes
/// it move, and on a slow network the two would share the line. A page in the background is never painted, but may have
/// posts to send.
const START: &str = include_str!("start.js");

/// What `START` hands to the program: how the page is prepared for being taken over, and given up.
const UNAIDED: &str = include_str!("unaided.js");

/// Renders the document; the server calls this once per page.
pub fn shell(files: &Files) -> impl IntoView + use<> {
    let Files { style, script, program } = files.clone();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#fbfaf8" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#121417" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="stylesheet" href=style />
                <script type="module" nonce=use_nonce()>
                    {format!("{UNAIDED}{START}({script:?}, {program:?});")}
                </script>
                <MetaTags />
            </head>
            <body>
                // Whatever others put before or behind it, the program takes over this element alone.
                <div id="page" data-shape=shape::PLACE>
                    <App />
                </div>
            </body>
        </html>
    }
}
