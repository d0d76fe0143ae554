//! The feed of a room.

use leptos::prelude::*;

use crate::reads::read_feed;

#[component]
pub fn Feed() -> impl IntoView {
    let feed = Resource::new(|| (), |()| read_feed("lobby".to_owned(), None));
    view! {
        <main>
            <h1>"Feed"</h1>
            <Suspense>
                {move || Suspend::new(async move {
                    let posts = feed.await.map(|feed| feed.page.posts).unwrap_or_default();
                    view! {
                        <ol data-testid="feed">
                            {posts.into_iter().map(|post| view! { <li>{post.content}</li> }).collect_view()}
                        </ol>
                    }
                })}
            </Suspense>
        </main>
    }
}
