//! What must hold after every step, and what must hold when all is well again.

use std::collections::BTreeMap;

use protocol::key::PostId;
use protocol::outbox::{Acked, Gone, Item, ReasonKind, State};
use protocol::user::UserId;

use crate::reference::STRANGER;
use crate::world::{Intent, World};

/// The longest wait that a server can ask for, and the jitter on top.
const WAIT_MAX_MS: u64 = 10 * 60_000 + 1_000;

/// Checks everything that must hold at any moment.
pub(crate) fn check(world: &World) -> Result<(), String> {
    if let Some(id) = world.two_contents.first() {
        return Err(format!("{id} was sent with two contents"));
    }
    if let Some(id) = world.removed_early.first() {
        return Err(format!("{id} was removed before its answer"));
    }
    if let Some(id) = world.leases_broken.first() {
        return Err(format!("{id} was taken from a tab that was sending it"));
    }
    if let Some(broken) = &world.unrestrained {
        return Err(broken.clone());
    }
    if let Some((id, _)) = world.newer.iter().find(|(id, row)| world.disk.rows.0.get(*id) != Some(row)) {
        return Err(format!("{id} was touched, whose row is of a newer version"));
    }
    for tab in world.tabs.iter().flatten() {
        if tab.fetches.len() > 1 {
            return Err(format!("{} requests of one queue are under way at once", tab.fetches.len()));
        }
    }
    by_their_authors(world)?;
    once(world)?;
    in_order(world)?;
    world.intents.iter().try_for_each(|(id, intent)| one_place(world, *id, intent))
}

/// What one user wrote is never stored as another's.
fn by_their_authors(world: &World) -> Result<(), String> {
    for (id, row) in world.server.rows.iter().filter(|(_, row)| row.owner != STRANGER) {
        if let Some(intent) = world.intents.get(id).filter(|intent| !intent.owners.contains(&row.owner)) {
            return Err(format!("{:?} of {:?} is stored as {:?}'s", intent.content, intent.owner, row.owner));
        }
    }
    Ok(())
}

/// What the user wanted posted once is stored at most once, under whatever id.
fn once(world: &World) -> Result<(), String> {
    let mut contents: BTreeMap<&str, PostId> = BTreeMap::new();
    for (id, row) in world.server.rows.iter().filter(|(_, row)| row.owner != STRANGER && !row.deleted) {
        if let Some(other) = contents.insert(&row.content, *id) {
            return Err(format!("{:?} is stored twice: as {other} and as {id}", row.content));
        }
    }
    Ok(())
}

/// In a room, one user's posts of one tab are stored in the order in which they were written.
fn in_order(world: &World) -> Result<(), String> {
    let mut last: BTreeMap<(usize, &str, UserId), (u64, u64)> = BTreeMap::new();
    let mut stored: Vec<_> = world
        .intents
        .iter()
        .filter(|(id, _)| !world.stepped_aside.contains(id) && !world.ever_cleared.contains(id))
        .filter_map(|(id, intent)| Some((intent, world.server.rows.get(id)?)))
        .filter(|(_, row)| row.owner != STRANGER && !row.deleted)
        .collect();
    stored.sort_by_key(|(_, row)| row.sequence);
    for (intent, row) in stored {
        let place = (intent.tab, intent.room, intent.owner);
        if let Some((seq, _)) = last.insert(place, (intent.seq, row.sequence))
            && seq > intent.seq
        {
            return Err(format!("{:?} was stored after a later one of its room", intent.content));
        }
    }
    Ok(())
}

/// Every intent is in exactly one place, and what its row says is true.
fn one_place(world: &World, id: PostId, intent: &Intent) -> Result<(), String> {
    if !world.accepted.contains(&id) {
        return unaccepted(world, id, intent);
    }
    // What was decided is lost with the browser's data, where no other tab knows.
    let settled = world.settled.contains_key(&id) && world.ever_cleared.contains(&id);
    let Some(row) = world.disk.rows.0.get(&id).or_else(|| world.receipts.get(&id)) else {
        let known = world.tabs.iter().flatten().any(|tab| tab.knows(id));
        let excused = settled || known || world.excused.contains(&id) || world.is_somewhere(id);
        return if excused { Ok(()) } else { Err(format!("{:?} is lost", intent.content)) };
    };
    if row.version > Item::VERSION {
        return Ok(());
    }
    let page = world.tabs.iter().flatten().find(|tab| Some(tab.session) == intent.session);
    let forgotten = page.is_some_and(|tab| !row.is_receipt() && !tab.knows(id));
    if forgotten && !world.settled.contains_key(&id) && !world.excused.contains(&id) {
        return Err(format!("{:?} is not known to the page that took it", intent.content));
    }
    if row.body.content != intent.content {
        return Err(format!("{:?} became {:?}", intent.content, row.body.content));
    }
    let stored = world.server.rows.get(&id).filter(|stored| stored.owner != STRANGER);
    let live = stored.is_some_and(|stored| !stored.deleted);
    let broken = match &row.state {
        State::Acked { how: Acked::Created | Acked::Replayed, .. } if stored.is_none() => "is not stored",
        State::Acked { how: Acked::QueuedOnServer { .. }, .. }
            if stored.is_none() && !world.server.has_logged(id) && !world.server.has_rejected(id) =>
        {
            "is not in the log"
        }
        // What was never sent cannot arrive; what was is deleted, or will be by the log.
        State::Gone { why: Gone::Cancelled, .. }
            if world.ever_cleared.contains(&id) || world.sent_from_memory.contains(&id) =>
        {
            return Ok(());
        }
        State::Gone { why: Gone::Cancelled, .. } if row.attempts == 0 && world.sent.contains_key(&id) => {
            "was sent, and nobody made sure that it is gone"
        }
        State::Gone { why: Gone::Cancelled, .. } if live && !world.server.has_logged_delete(id) => {
            "came back"
        }
        State::Gone { why: Gone::Deleted, .. } if live => "is there",
        State::Queued
        | State::Sending { .. }
        | State::Waiting { .. }
        | State::PausedAuth
        | State::NeedsUser { .. }
        | State::Acked { .. }
        | State::Gone { .. } => return Ok(()),
    };
    Err(format!("{:?} is {:?}, but {broken}", intent.content, row.state))
}

/// A press is undecided: its text is in the composer until it is accepted.
fn unaccepted(world: &World, id: PostId, intent: &Intent) -> Result<(), String> {
    let kept = !intent.pressed || world.excused.contains(&id) || world.is_somewhere(id);
    if kept { Ok(()) } else { Err(format!("{:?} was forgotten", intent.content)) }
}

/// Checks that nothing waits for longer than a server can ask for, whatever clocks say.
pub(crate) fn check_wakes(world: &World) -> Result<(), String> {
    let now = world.clock().monotonic_ms;
    let wakes = world.tabs.iter().flatten().filter_map(|tab| tab.outbox.next_wake());
    match wakes.map(|moment| moment.saturating_sub(now)).max() {
        Some(wait) if wait > WAIT_MAX_MS => Err(format!("the queue is frozen for {wait} ms")),
        _ => Ok(()),
    }
}

/// Whether only its user, or nobody, can bring this item further once the network and the server are well.
pub(crate) fn is_at_rest(item: &Item, cookie: UserId) -> bool {
    let of_another = item.owner != cookie;
    let awaits = |kind| match kind {
        ReasonKind::IdUnavailable | ReasonKind::KeyReused => true,
        ReasonKind::OtherIdentity => of_another,
        _ => false,
    };
    // What another identity had refused, or queued on the server, is its own to look after.
    let left = of_another && (matches!(item.state, State::NeedsUser { .. }) || item.is_queued_on_server());
    let left = left || item.version > Item::VERSION;
    item.is_receipt() || left || matches!(&item.state, State::NeedsUser { reason } if awaits(reason.kind))
}

/// Checks what must hold when the network and the server have been well for long enough.
pub(crate) fn check_at_rest(world: &World) -> Result<(), String> {
    check(world)?;
    if world.holds_lock() {
        return Err("a lock is held for nothing".to_owned());
    }
    for tab in world.tabs.iter().flatten() {
        if let Some(moment) = tab.outbox.next_wake() {
            return Err(format!("a tab wants to be woken at {moment} for nothing"));
        }
    }
    if !world.rescue.is_empty() || world.tabs.iter().flatten().any(|tab| tab.memory.is_some()) {
        return Err("a tab is still without storage that works".to_owned());
    }
    for (id, intent) in &world.intents {
        let owed =
            world.accepted.contains(id) && !world.excused.contains(id) && !world.settled.contains_key(id);
        if owed && !world.disk.rows.0.contains_key(id) {
            return Err(format!("{:?} never came to storage", intent.content));
        }
    }
    for (id, row) in &world.disk.rows.0 {
        let intent = &world.intents[id];
        let elsewhere =
            world.server.rows.get(id).is_some_and(|stored| stored.owner != STRANGER && stored.deleted);
        let live =
            world.server.rows.get(id).is_some_and(|stored| stored.owner != STRANGER && !stored.deleted);
        match &row.state {
            State::Acked { how: Acked::Created | Acked::Replayed, .. } if !live && !elsewhere => {
                return Err(format!("{:?} is said to be posted, and is not stored", intent.content));
            }
            _ if !is_at_rest(row, world.cookie) => {
                return Err(format!("{:?} is still {:?}", intent.content, row.state));
            }
            _ => {}
        }
    }
    Ok(())
}
