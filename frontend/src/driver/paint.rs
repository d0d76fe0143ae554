//! What the page is given to show, after every turn. Signals are set only where something changed.

use app::outbox_handle::{Ask, Pending};
use leptos::prelude::{RwSignal, Set, WithUntracked};
use protocol::outbox::{Action, ChipState, Gone, Item, State, chip};
use protocol::post::{LOBBY, Post};
use protocol::time::Now;

use super::Driver;
use crate::storage::Unreadable;
use crate::{browser, clock};

/// How long a receipt may stand by itself, before its post has come to the feed.
const ECHO_WAIT_MS: u64 = 60_000;

/// A countdown changes every second.
const COUNTDOWN_MS: u64 = 1_000;

impl Driver {
    pub(super) fn paint(&mut self) {
        let now = clock::now();
        let items = self.outbox.items();
        let shown = items.into_iter().filter(|item| self.is_shown(item, now));
        let pending = shown.filter_map(|item| self.pending(item, now));
        let pending: Vec<Pending> = self.unreadable.iter().map(set_aside).chain(pending).collect();
        let counts_down = pending.iter().any(|pending| pending.state == ChipState::Waiting.as_str());
        self.next_paint = (counts_down && browser::is_visible()).then(|| now.monotonic_ms + COUNTDOWN_MS);
        put(self.handle.pending, pending);

        if let Some(feed) = &self.feed {
            let posts =
                feed.posts().map(|posts| posts.iter().filter(|post| self.stands(post)).cloned().collect());
            put(self.handle.posts, posts);
            put(self.handle.live, feed.state.clone());
        }
        let would_be_lost = self.keep_in_second_place();
        self.unsaved.set(would_be_lost);
    }

    /// A post stands in the feed unless this browser still asks about it: it is then shown where it waits, since an
    /// id is never shown twice, and what the answer will be is not known.
    fn stands(&self, post: &Post) -> bool {
        self.outbox.item(post.id).is_none_or(|item| match item.state {
            // What was discarded here is another text: the stored one was not deleted.
            State::Gone { why: Gone::Discarded, .. } => true,
            State::Gone { .. } => false,
            // Both texts are shown, in one place.
            _ => !item.is_unsent(),
        })
    }

    /// Receipts are shown at their posts. One without a post is shown for a while, until its post comes; not after
    /// the post has been there and gone, or where it is on an older page.
    fn is_shown(&self, item: &Item, now: Now) -> bool {
        let Some(at) = item.receipt_at() else { return true };
        let Some(feed) = &self.feed else { return false };
        feed.post(item.id).is_some()
            || (!feed.has_stood(item.id) && now.wall_ms.saturating_sub(at) < ECHO_WAIT_MS)
    }

    fn pending(&self, item: &Item, now: Now) -> Option<Pending> {
        let chip = chip(item, now, self.outbox.is_online())?;
        let id = item.id;
        let detail = match &item.state {
            State::NeedsUser { reason } => reason.detail.as_deref(),
            _ => None,
        };
        let still_trying = chip.still_trying.then_some("It is still being tried.");
        let sentences: Vec<&str> =
            [chip.note.as_deref(), detail, still_trying].into_iter().flatten().collect();
        Some(Pending {
            id,
            content: item.body.content.clone(),
            room: item.room().to_owned(),
            state: chip.state.as_str(),
            words: chip.words,
            note: (!sentences.is_empty()).then(|| sentences.join(" ")),
            actions: chip.actions.into_iter().map(|action| ask(action, item)).collect(),
        })
    }
}

const fn ask(action: Action, item: &Item) -> Ask {
    let id = item.id;
    match action {
        Action::TryNow => Ask::TryNow(id),
        Action::Cancel | Action::MakeSureItIsGone => Ask::Cancel(id),
        Action::Retry => Ask::Retry(id),
        Action::EditAsNew => Ask::PostAsNew(id),
        Action::CopyText => Ask::CopyText(id),
        Action::Discard if item.may_be_stored() => Ask::DiscardUnsure(id),
        Action::Discard => Ask::Discard(id),
    }
}

/// A row that cannot be read is not sent, and not thrown away either.
fn set_aside(row: &Unreadable) -> Pending {
    let id = row.id;
    Pending {
        id,
        content: row.content.clone(),
        room: LOBBY.to_owned(),
        state: ChipState::NeedsYou.as_str(),
        words: "Needs you".to_owned(),
        note: Some(
            "What this device kept of this post cannot be read in full, so it is not sent.".to_owned(),
        ),
        actions: vec![Ask::PostAsNew(id), Ask::CopyText(id), Ask::Discard(id)],
    }
}

pub(super) fn put<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| old != &value) {
        signal.set(value);
    }
}
