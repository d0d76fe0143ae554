//! Whose session it is. While that is not known the queue rests, and its items are kept.

use protocol::backoff::Backoff;
use protocol::outbox::Event;
use protocol::user::UserId;
use wasm_bindgen_futures::spawn_local;

use super::{Driver, Happening, say};
use crate::{clock, page, transport};

impl Driver {
    /// Any page that is asked for without a valid session begins one, and states whose it is.
    pub(super) fn renew_identity(&mut self) {
        self.renew_at = None;
        let tell = self.tell.clone();
        spawn_local(async move {
            let answer = transport::read(&page::path()).await.ok();
            let user = answer.and_then(|answer| page::user_id_in(&answer.body));
            say(&tell, Happening::IdentityRead(user));
        });
    }

    /// What is written from here on belongs to this user. Items of another one are left to their user's decision.
    pub(super) async fn on_identity(&mut self, user: Option<UserId>) {
        if let Some(user) = user {
            self.renewals_failed = 0;
            self.page.user_id = user;
            self.feed(Event::Identity(user)).await;
        } else {
            let wait = Backoff::default().delay(self.renewals_failed, clock::random());
            self.renewals_failed = self.renewals_failed.saturating_add(1);
            self.renew_at = Some(clock::monotonic_ms() + wait);
        }
    }

    /// A good moment to ask again, where that is still to be done.
    pub(super) fn hasten_renewal(&mut self) {
        if self.renew_at.is_some() {
            self.renew_identity();
        }
    }
}
