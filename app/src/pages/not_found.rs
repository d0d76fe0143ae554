//! A path at which there is nothing.

use leptos::prelude::*;

use crate::components::frame::Frame;
use crate::status::answer_with;

#[component]
pub fn NotFound() -> impl IntoView {
    answer_with(404);
    view! {
        <Frame title="Not found">
            <div class="lede">
                <h1>"There is nothing at this path"</h1>
                <p>
                    "The "
                    <a href="/feed" rel="external">
                        "feed"
                    </a>
                    " is where the posts are."
                </p>
            </div>
        </Frame>
    }
}
