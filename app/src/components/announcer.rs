//! The one polite live region: what a screen reader is told without being asked.

use std::time::Duration;

use leptos::prelude::*;

use crate::outbox_handle::{OutboxHandle, Pending};

/// The shortest time between two messages. Of those that come faster only the last is told, so that the outcome
/// is always among them.
const PACE: Duration = Duration::from_secs(1);

/// Tells messages, at most one a second.
#[derive(Clone, Copy)]
pub struct Announcer {
    told: RwSignal<String>,
    next: StoredValue<Option<String>>,
    pausing: StoredValue<bool>,
}

impl Announcer {
    /// Provides it; called once, at the root.
    pub fn provide() {
        provide_context(Self {
            told: RwSignal::default(),
            next: StoredValue::new(None),
            pausing: StoredValue::new(false),
        });
    }

    /// Tells `message`, now or when the pace allows. For handlers and effects: it needs the browser's timers.
    pub fn say(self, message: String) {
        if self.pausing.get_value() {
            self.next.set_value(Some(message));
        } else {
            self.told.set(message);
            self.pausing.set_value(true);
            set_timeout(move || self.go_on(), PACE);
        }
    }

    fn go_on(self) {
        // The page may be gone by the time the timer fires.
        if self.pausing.try_set_value(false).is_some() {
            return;
        }
        if let Some(message) = self.next.try_update_value(Option::take).flatten() {
            self.say(message);
        }
    }
}

/// The region itself: there and empty at load, or else screen readers miss its first message.
#[component]
pub fn LiveRegion() -> impl IntoView {
    let announcer = use_context::<Announcer>();
    let handle = OutboxHandle::of_page();

    // Only a change of state is told: chips also count seconds.
    Effect::new(move |before: Option<Vec<Pending>>| {
        let after = handle.pending.get();
        if let (Some(announcer), Some(before)) = (announcer, before)
            && let Some(changed) = after.iter().rev().find(|item| is_news(item, &before))
        {
            announcer.say(sentence(changed));
        }
        after
    });

    view! {
        <p class="unseen" role="status" data-testid="announcer">
            // Nothing to tell is no text at all: a proxy that removes white space would take an empty one away.
            {move || announcer.map(|announcer| announcer.told.get()).filter(|told| !told.is_empty())}
        </p>
    }
}

fn is_news(item: &Pending, before: &[Pending]) -> bool {
    let same = |old: &Pending| old.id == item.id && old.state == item.state && old.note == item.note;
    item.state != "sending" && !before.iter().any(same)
}

fn sentence(item: &Pending) -> String {
    match (item.state, &item.note) {
        // A countdown is never told.
        ("waiting", Some(note)) => note.clone(),
        ("waiting", None) => "Waiting to send your post.".to_owned(),
        (_, Some(note)) => format!("{}. {note}", item.words),
        (_, None) => format!("{}.", item.words),
    }
}
