//! What the browser and the live stream tell the driver.

use leptos::prelude::Set;
use protocol::outbox::{Event, Wake};
use protocol::wire::FeedPage;
use wasm_bindgen_futures::spawn_local;

use super::{Driver, Happening, say};
use crate::browser::{self, Hint};
use crate::live::{LiveEvent, News};

impl Driver {
    pub(super) async fn on_hint(&mut self, hint: Hint) {
        match hint {
            Hint::Online => self.feed(Event::Woken(Wake::Online)).await,
            Hint::Offline => self.feed(Event::Woken(Wake::Offline)).await,
            Hint::Hidden => {
                if let Some(feed) = &mut self.feed {
                    feed.live.hidden();
                }
                return;
            }
            Hint::Left => return self.leave().await,
            Hint::Returned => self.come_back().await,
            Hint::Visible => self.feed(Event::Woken(Wake::Visible)).await,
        }
        if browser::is_visible()
            && let Some(feed) = &mut self.feed
        {
            feed.live.wake();
        }
        self.hasten_renewal();
        self.tend_feed();
    }

    /// Gives up whatever would keep the page out of the back/forward cache.
    async fn leave(&mut self) {
        self.feed(Event::Woken(Wake::PageHide)).await;
        self.channel = None;
        if let Some(feed) = &mut self.feed {
            feed.live.stop();
        }
        if let Some(desk) = &mut self.desk {
            desk.leave(&mut self.storage).await;
        }
    }

    async fn come_back(&mut self) {
        self.join();
        if let Some(desk) = &mut self.desk
            && !desk.come_back(&mut self.storage).await
        {
            // Another tab took the draft up in the meantime. Its text stays here as well, under an id of its own.
            self.new_draft().await;
        }
        self.feed(Event::Woken(Wake::Visible)).await;
    }

    pub(super) async fn on_live(&mut self, event: LiveEvent) {
        let Some(feed) = &mut self.feed else { return };
        let Some(news) = feed.live.handle(event) else { return };
        let opened = matches!(news, News::Open);
        let post = feed.hear(news);
        self.handle.live.set(feed.state.clone());
        self.tend_feed();
        if opened {
            self.feed(Event::Woken(Wake::StreamOpen)).await;
        }
        if let Some(post) = post {
            self.feed(Event::SeenInFeed(vec![post])).await;
        }
    }

    /// Reads the newest page, if that is due.
    pub(super) fn tend_feed(&mut self) {
        if let Some(reading) = self.feed.as_mut().and_then(|feed| feed.reading()) {
            let tell = self.tell.clone();
            spawn_local(async move {
                say(&tell, Happening::FeedRead(reading.await));
            });
        }
    }

    pub(super) async fn on_feed_read(&mut self, page: Option<FeedPage>) {
        let Some(feed) = &mut self.feed else { return };
        let posts = page.as_ref().map(|page| page.posts.clone()).unwrap_or_default();
        feed.read(page);
        self.feed(Event::SeenInFeed(posts)).await;
    }
}
