//! Whose session it is. While that is not known the queue rests, and its items are kept.

use protocol::backoff::Backoff;
use protocol::outbox::Event;
use protocol::user::UserId;
use wasm_bindgen_futures::spawn_local;

use super::{Driver, Happening, say};
use crate::{clock, page, transport};

/// What begins a message between tabs that tells whose session it is.
pub(super) const IDENTITY: &str = "identity ";

/// How long it is not asked for, where it was asked for too often.
const RENEWAL_REST_MS: u64 = 10_000;

impl Driver {
    /// Any page that is asked for without a valid session begins one, and states whose it is.
    pub(super) fn renew_identity(&mut self) {
        if !self.renewals.take(clock::monotonic_ms()) {
            // Something makes it look new again and again; whose session it is can wait.
            self.renew_at = Some(clock::monotonic_ms() + RENEWAL_REST_MS);
            return;
        }
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
            if self.page.user_id != user {
                self.page.user_id = user;
                self.tell_identity();
            }
            self.feed(Event::Identity(user)).await;
        } else {
            let wait = Backoff::default().delay(self.renewals_failed, clock::random());
            self.renewals_failed = self.renewals_failed.saturating_add(1);
            self.renew_at = Some(clock::monotonic_ms() + wait);
        }
    }

    /// Tells the other tabs whose session this page has seen.
    pub(super) fn tell_identity(&self) {
        if let Some(channel) = &self.channel {
            channel.tell(&format!("{IDENTITY}{}", self.page.user_id));
        }
    }

    /// Another tab has seen a session. Which of the two is right, the server tells.
    pub(super) fn on_identity_heard(&mut self, user: UserId) {
        if user != self.page.user_id {
            self.renew_identity();
        }
    }

    /// A good moment to ask again, where that is still to be done.
    pub(super) fn hasten_renewal(&mut self) {
        if self.renew_at.is_some() {
            self.renew_identity();
        }
    }
}
