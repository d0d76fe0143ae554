//! From the press of *Post* to the emptied composer: a press is bound to its id until its enqueue is decided.

use protocol::key::PostId;
use protocol::outbox::{Event, Item};
use protocol::user::UserId;

use crate::disk::{Done, Press, Work};
use crate::sabotage::Sabotage;
use crate::tab::Happening;
use crate::world::{Intent, World};

impl World {
    /// The user presses *Post*. A text that is still in the composer is pressed again.
    pub(crate) fn post(&mut self, place: usize, room: &'static str) {
        let Some((session, owner)) = self.tabs[place].as_ref().map(|tab| (tab.session, tab.user)) else {
            return;
        };
        let composer = self.tabs[place].as_ref().and_then(|tab| tab.composer.clone());
        let press = composer.unwrap_or_else(|| {
            let press = Press { id: self.mint(), content: format!("post {}", self.intents.len()), room };
            self.intents.insert(press.id, Intent::new(&press, owner, place));
            press
        });
        if self.calm {
            // A fast disk is done with the transaction before the driver does anything else.
            if let Done::Added(item) = self.write(session, &Work::Enqueue(press.clone(), owner)) {
                self.accept(place, &press);
                self.tell(place, Event::Enqueued(item));
            }
        } else if let Some(tab) = &mut self.tabs[place] {
            tab.composer = Some(press.clone());
            tab.inbox.push_back(Happening::Pressed(press));
        }
    }

    /// The user changes the text of a press that storage refused.
    pub(crate) fn edit(&mut self, place: usize) {
        let Some(tab) = self.tabs[place].as_mut().filter(|tab| tab.waiting.is_none()) else { return };
        let pressing = tab.inbox.iter().any(|happening| matches!(happening, Happening::Pressed(_)));
        if let Some(composer) = tab.composer.as_mut().filter(|_| !pressing) {
            composer.content.push('!');
            self.edited.insert(composer.id);
        }
    }

    /// The user wants the text of `old` posted as another post, with a text of its own.
    pub(crate) fn post_as_new(&mut self, place: usize, old: PostId) {
        let Some(tab) = &self.tabs[place] else { return };
        // The machine knows another identity only once it has been told.
        let told =
            tab.inbox.iter().any(|happening| matches!(happening, Happening::Machine(Event::Identity(_))));
        if tab.outbox.item(old).is_none_or(Item::is_receipt) || told {
            return;
        }
        let owner = tab.user;
        let new = self.mint();
        let content = format!("post {}", self.intents.len());
        let press = Press { id: new, content, room: "lobby" };
        // Until its row is written the intent is still the old item's; and its place in the order is its own.
        self.intents.insert(new, Intent { pressed: false, ..Intent::new(&press, owner, place) });
        self.stepped_aside.insert(new);
        self.tell(place, Event::PostAsNew { old, new, body: Some(press.body()) });
    }

    /// Whether its id may stand for another text, of a press that storage said it refused. Memory cannot know, so the
    /// text stays in the composer until storage can.
    pub(crate) fn was_edited(&self, press: &Press, owner: UserId) -> bool {
        let differs = |intent: &Intent| intent.content != press.content || intent.owner != owner;
        self.intents.get(&press.id).is_some_and(differs)
    }

    /// The first row of a press. Where it is one more, as in memory while storage is silent, its place stays.
    pub(crate) fn item(&mut self, press: &Press, owner: UserId, seq: u64) -> Item {
        self.presses += 1;
        let order = self.presses;
        let body = press.body();
        let item = Item::new(press.id, owner, body, seq, self.now.wall_ms);
        if let Some(intent) = self.intents.get_mut(&press.id) {
            intent.content.clone_from(&press.content);
            intent.owner = owner;
            intent.owners.insert(owner);
            if intent.seq == 0 {
                intent.seq = order;
            }
        }
        item
    }

    /// The id of a press was there: by an earlier press that was slow or told as failed, or as another text.
    pub(crate) fn on_known(&mut self, place: usize, press: &Press, owner: UserId, known: Item) {
        if known.body == press.body() || self.sabotage == Sabotage::TrustKnownIds {
            self.accept(place, press);
            if self.sabotage != Sabotage::KeepKnownIdsSecret {
                self.feed(place, Event::Enqueued(known));
            }
            return;
        }
        // The other text goes first, as it was there first.
        self.feed(place, Event::Enqueued(known));
        self.press_under_another_id(place, press, owner);
    }

    /// The id of a press stands for another text.
    pub(crate) fn press_under_another_id(&mut self, place: usize, press: &Press, owner: UserId) {
        // The second of two presses finds that the first is decided, and its text off the composer.
        let undecided = |press: &Press, composer: &Option<Press>| composer.as_ref() == Some(press);
        if !self.tabs[place].as_ref().is_some_and(|tab| undecided(press, &tab.composer)) {
            return;
        }
        let fresh = Press { id: self.mint(), ..press.clone() };
        let intent = Intent::new(&fresh, owner, place);
        self.intents.insert(fresh.id, intent);
        if let Some(tab) = &mut self.tabs[place] {
            tab.composer = Some(fresh.clone());
        }
        self.ask(place, Work::Enqueue(fresh, owner));
    }

    /// The composer is emptied: from here on the outbox owes the user this post.
    pub(crate) fn accept(&mut self, place: usize, press: &Press) {
        self.accepted.insert(press.id);
        if let Some(tab) = &mut self.tabs[place] {
            tab.composer.take_if(|composer| composer.id == press.id);
            if let Some(intent) = self.intents.get_mut(&press.id) {
                intent.session = Some(tab.session);
                intent.content.clone_from(&press.content);
            }
        }
    }
}
