//! What the visitor asks for.

use app::outbox_handle::Ask;
use leptos::prelude::Set;
use protocol::key::PostId;
use protocol::outbox::{Event, Item, Wish};
use protocol::post::check_content;
use protocol::wire::CreateBody;

use super::Driver;
use crate::draft::Desk;
use crate::storage::{Enqueued, StorageError};
use crate::{browser, clock};

impl Driver {
    pub(super) async fn on_ask(&mut self, ask: Ask) {
        match ask {
            Ask::Post { id, content, room } => self.post(id, content, room).await,
            Ask::Write { texts, room } => self.write(texts, &room).await,
            Ask::SaveDraft { id, content } => self.save_draft(id, content).await,
            Ask::TryNow(id) => self.feed(Event::TryNow(id)).await,
            Ask::Cancel(id) => self.feed(Event::Cancel(id)).await,
            Ask::Retry(id) => self.feed(Event::Retry(id)).await,
            Ask::PostAsNew(id) => self.take_back(id),
            Ask::CopyText(id) => self.copy(id),
            Ask::Discard(id) => self.discard(id).await,
            Ask::Delete(id) => self.delete(id).await,
        }
    }

    /// One transaction: the item in, its draft out. Only when that is on the disk is the composer emptied. A second
    /// press under the same id finds the item there.
    async fn post(&mut self, id: PostId, content: String, room: String) {
        if check_content(&content).is_err() {
            return self.problem("This text cannot be posted as it is.");
        }
        if self.outbox.is_full() && self.outbox.item(id).is_none() {
            return self
                .problem("200 posts are waiting already. This text stays here until some of them are sent.");
        }
        let body = CreateBody { content, image_id: None, room: Some(room) };
        let owner = self.page.user_id;
        let enqueued = loop {
            let body = body.clone();
            let make = move |seq| Item::new(id, owner, body, seq, clock::wall_ms());
            match self.storage.enqueue(id, make).await {
                Ok(enqueued) => break enqueued,
                Err(why @ StorageError::Refused) => {
                    return self.problem(&format!("Not posted: {why}. The text is still here."));
                }
                Err(why @ StorageError::Gone) => self.fall_back(why).await,
            }
        };
        if self.desk.as_ref().is_some_and(|desk| desk.id == id) {
            self.new_draft().await;
            self.handle.draft_text.set(String::new());
        }
        if let Enqueued::Added(item) = enqueued {
            self.feed(Event::Enqueued(item)).await;
            if !std::mem::replace(&mut self.asked_to_persist, true) {
                browser::ask_to_persist();
            }
        }
    }

    /// Posts several texts. Without a source of ids nothing is begun.
    async fn write(&mut self, texts: Vec<String>, room: &str) {
        for text in texts {
            let Some(id) = clock::mint() else { return };
            self.post(id, text, room.to_owned()).await;
        }
    }

    /// Begins the next draft of this tab.
    pub(super) async fn new_draft(&mut self) {
        let Some(room) = self.page.room.clone() else { return };
        self.desk = Desk::begin(room).await;
        self.handle.draft_problem.set(None);
        self.handle.draft_id.set(self.desk.as_ref().map(|desk| desk.id));
    }

    async fn save_draft(&mut self, id: PostId, content: String) {
        // Words that were on their way while the draft was posted belong to the next one, and come again.
        let Some(desk) = self.desk.as_ref().filter(|desk| desk.id == id) else { return };
        match desk.save(content, &self.storage).await {
            Ok(()) => {
                self.handle.draft_problem.set(None);
                if let Some(old) = self.taken_back.take() {
                    self.feed(Event::Discard(old)).await;
                }
            }
            Err(why) => self.problem(&format!("This draft is not saved: {why}.")),
        }
    }

    /// Puts the text back into the composer, where the draft has an id of its own. The old item is given up only
    /// when the draft is saved.
    fn take_back(&mut self, old: PostId) {
        if let Some(content) = self.content_of(old) {
            self.taken_back = Some(old);
            self.handle.draft_text.set(content);
        }
    }

    fn copy(&self, id: PostId) {
        if let Some(content) = self.content_of(id)
            && !browser::copy(&content)
        {
            self.problem("This browser gives no access to the clipboard here. Select the text to copy it.");
        }
    }

    fn content_of(&self, id: PostId) -> Option<String> {
        let item = self.outbox.item(id).map(|item| item.body.content.clone());
        let unreadable = || self.unreadable.iter().find(|row| row.id == id).map(|row| row.content.clone());
        item.or_else(unreadable)
    }

    async fn discard(&mut self, id: PostId) {
        if self.unreadable.iter().any(|row| row.id == id) {
            // A row that stays is shown again when storage is next read.
            // What cannot be read has no revision to compare.
            let _ = self.storage.remove(&[(id, 0)]).await;
            self.unreadable.retain(|row| row.id != id);
        } else {
            self.feed(Event::Discard(id)).await;
        }
    }

    /// Deletes one's own stored post: an intent like any other, which survives lost answers and reloads.
    async fn delete(&mut self, id: PostId) {
        if self.outbox.item(id).is_some() {
            return self.feed(Event::Cancel(id)).await;
        }
        let Some(post) = self.feed.as_ref().and_then(|feed| feed.post(id)) else { return };
        let room = Some(post.room.as_str().to_owned());
        let body = CreateBody { content: post.content.clone(), image_id: None, room };
        let owner = self.page.user_id;
        let enqueued = loop {
            let body = body.clone();
            let make =
                move |seq| Item { wish: Wish::Remove, ..Item::new(id, owner, body, seq, clock::wall_ms()) };
            match self.storage.enqueue(id, make).await {
                Ok(enqueued) => break enqueued,
                Err(StorageError::Refused) => {
                    return self.problem("This browser could not keep the deletion, so nothing was deleted.");
                }
                Err(why @ StorageError::Gone) => self.fall_back(why).await,
            }
        };
        if let Enqueued::Added(item) = enqueued {
            self.feed(Event::Enqueued(item)).await;
        }
    }

    fn problem(&self, words: &str) {
        self.handle.draft_problem.set(Some(words.to_owned()));
    }
}
