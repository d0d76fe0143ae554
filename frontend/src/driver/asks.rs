//! What the visitor asks for.

use app::outbox_handle::Ask;
use leptos::prelude::{Set, Update};
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
            Ask::Discard(id) | Ask::DiscardUnsure(id) => self.discard(id).await,
            Ask::RetryAll => self.feed(Event::RetryAll).await,
            Ask::DiscardAll => self.feed(Event::DiscardAll).await,
            Ask::TakeUpDraft(id) => self.take_up_draft(id),
            Ask::DiscardDraft(id) => self.discard_draft(id).await,
            Ask::Delete(id) => self.delete(id).await,
        }
    }

    /// One transaction: the item in, its draft out. Only when that is on the disk is the composer emptied. However long it
    /// takes, the text stays bound to its id: a second press finds the item there.
    async fn post(&mut self, id: PostId, content: String, room: String) {
        if check_content(&content).is_err() {
            return self.refuse("This text cannot be posted as it is.");
        }
        if self.outbox.is_full() && self.outbox.item(id).is_none() {
            return self
                .refuse("200 posts are waiting already. This text stays here until some of them are sent.");
        }
        let body = CreateBody { content, image_id: None, room: Some(room) };
        // A second press, of a text that the first one gave an id of its own, is the same intent.
        let id = self.renamed.filter(|(old, _)| *old == id).map_or(id, |(_, new)| new);
        let posted = match self.enqueue(id, body.clone(), Wish::Post).await {
            Ok(Enqueued::Known(Some(known))) if known.body == body => Ok(known),
            // The id stands for another text: this one is another intent.
            Ok(Enqueued::Known(other)) => {
                if let Some(other) = other {
                    self.feed(Event::Enqueued(other)).await;
                }
                self.post_under_another_id(id, body).await
            }
            Ok(Enqueued::Added(item)) => Ok(item),
            Err(why) => Err(why),
        };
        let item = match posted {
            Ok(item) => item,
            Err(why) => return self.refuse(&format!("Not posted: {why}. The text is still here.")),
        };
        if self.desk.as_ref().is_some_and(|desk| desk.id == id) {
            self.new_draft().await;
            self.handle.draft_text.set(String::new());
        }
        self.feed(Event::Enqueued(item)).await;
        if !std::mem::replace(&mut self.asked_to_persist, true) {
            browser::ask_to_persist();
        }
    }

    async fn post_under_another_id(&mut self, id: PostId, body: CreateBody) -> Result<Item, StorageError> {
        let fresh = clock::mint().ok_or(StorageError::Refused)?;
        let enqueued = self.enqueue(fresh, body, Wish::Post).await?;
        self.renamed = Some((id, fresh));
        // A draft that stays is found again, as a draft.
        let _ = self.storage.remove_draft(id).await;
        match enqueued {
            Enqueued::Added(item) | Enqueued::Known(Some(item)) => Ok(item),
            Enqueued::Known(None) => Err(StorageError::Refused),
        }
    }

    /// Keeps an intent, at worst in memory; fails only where storage is there and has no room.
    async fn enqueue(&mut self, id: PostId, body: CreateBody, wish: Wish) -> Result<Enqueued, StorageError> {
        let owner = self.page.user_id;
        loop {
            let body = body.clone();
            let make = move |seq| Item { wish, ..Item::new(id, owner, body, seq, clock::wall_ms()) };
            match self.storage.enqueue(id, make).await {
                Err(why @ (StorageError::Gone | StorageError::Silent)) => self.fall_back(why).await,
                Err(why) => {
                    // What is told as failed may have been kept all the same.
                    let stored = self.storage.load().await.unwrap_or_default();
                    let kept = stored.items.into_iter().find(|item| item.id == id);
                    return kept.map(|item| Enqueued::Known(Some(item))).ok_or(why);
                }
                Ok(enqueued) => return Ok(enqueued),
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
        let saved = loop {
            let Some(desk) = self.desk.as_mut().filter(|desk| desk.id == id) else { return };
            match desk.save(content.clone(), &mut self.storage).await {
                Err(why @ (StorageError::Gone | StorageError::Silent)) => self.fall_back(why).await,
                decided => break decided,
            }
        };
        match saved {
            Ok(()) => {
                self.handle.draft_problem.set(None);
                if let Some(old) = self.taken_back.take() {
                    self.discard(old).await;
                }
                if let Some(old) = self.taken_up.take() {
                    self.discard_draft(old).await;
                }
            }
            Err(why) => self.problem(&format!("This draft is not saved: {why}.")),
        }
    }

    /// Puts a draft that no tab writes into the composer, under the composer's own id.
    fn take_up_draft(&mut self, id: PostId) {
        let Some(draft) = self.left_drafts.iter().find(|draft| draft.id == id).cloned() else { return };
        self.handle.draft_text.set(draft.content);
        self.taken_up = Some(id);
    }

    async fn discard_draft(&mut self, id: PostId) {
        // A draft that stays is listed again.
        let _ = self.storage.remove_draft(id).await;
        self.list_drafts().await;
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
        if let Some(content) = self.content_of(id) {
            let outcome = self.handle.copied;
            browser::copy(&content, move |copied| outcome.set(Some((id, copied))));
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
            let _ = self.storage.remove_unreadable(id).await;
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
        match self.enqueue(id, body, Wish::Remove).await {
            Ok(Enqueued::Added(item)) => self.feed(Event::Enqueued(item)).await,
            // Another tab had it already.
            Ok(Enqueued::Known(Some(item))) => {
                self.feed(Event::Enqueued(item)).await;
                self.feed(Event::Cancel(id)).await;
            }
            Ok(Enqueued::Known(None)) => {}
            Err(_) => self.problem("This browser could not keep the deletion, so nothing was deleted."),
        }
    }

    /// The press was not taken: the text is the visitor's again.
    fn refuse(&self, words: &str) {
        self.problem(words);
        self.handle.refused_presses.update(|count| *count += 1);
    }

    fn problem(&self, words: &str) {
        self.handle.draft_problem.set(Some(words.to_owned()));
    }
}
