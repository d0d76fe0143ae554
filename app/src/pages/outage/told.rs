//! What a screen reader hears of an outage: each turn once.

use leptos::prelude::*;

use super::again::crashed;
use crate::components::announcer::Announcer;
use crate::outage_handle::OutageHandle;

pub(super) fn follow() {
    let handle = OutageHandle::of_page();
    let Some(announcer) = use_context::<Announcer>() else { return };
    let is_out = Memo::new(move |_| handle.left.with(Option::is_some));
    Effect::new(move |before: Option<bool>| {
        let out = is_out.get();
        match (before, out) {
            (Some(false), true) => announcer.say("The database is away to you.".to_owned()),
            (Some(true), false) => announcer.say("The outage is over.".to_owned()),
            _ => {}
        }
        out
    });
    let waiting = Memo::new(move |_| handle.log.with(|log| log.waiting()));
    Effect::new(move |before: Option<usize>| {
        let now = waiting.get();
        if before.is_some_and(|before| before > 0) && now == 0 {
            announcer.say("The server’s log is drained: every record of yours is applied.".to_owned());
        }
        now
    });
    let crash =
        Memo::new(move |_| handle.log.with(|log| log.crash.filter(|it| !it.armed && it.again >= it.unsaved)));
    Effect::new(move |before: Option<bool>| {
        let done = crash.get();
        if let (Some(false), Some(done)) = (before, done) {
            announcer.say(crashed(done));
        }
        done.is_some()
    });
    Effect::new(move |_| {
        if let Some(last) = handle.replays.with(|replays| replays.last().cloned()) {
            let same = if last.feed_hash_before == last.feed_hash_after { "the same" } else { "different" };
            announcer.say(format!(
                "Replayed {} records. Rows changed: {}. The hash is {same}.",
                last.records, last.applied
            ));
        }
    });
}
