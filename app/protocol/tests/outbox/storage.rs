//! Storage that fails and comes back, rows that others wrote, and what a tab knows better than a row.

use protocol::outbox::{
    Acked, Command, Event, Gone, Item, Leadership, Reason, ReasonKind, SessionId, State, Wish,
};
use uuid::Uuid;

use crate::{Driver, START, item, sent, stored};

const ELSEWHERE: SessionId = SessionId(Uuid::from_u128(4));

/// The item as another tab is sending it.
fn sent_elsewhere(number: u64, attempt: u32, revision: u64) -> Item {
    let state = State::Sending { attempt, owner: ELSEWHERE, lease_until: START + 15_000 };
    Item { state, attempts: attempt, revision, ..item(number) }
}

/// The rows that are written, whether a request follows or not.
fn written(commands: &[Command]) -> Vec<&Item> {
    let row = commands.iter().map(|command| match command {
        Command::Save(row) | Command::Restore(row) => Some(row),
        Command::Send { row, .. } => row.as_deref(),
        _ => None,
    });
    row.flatten().collect()
}

#[test]
fn o33_a_row_of_a_newer_version_is_neither_written_nor_sent() {
    let newer = Item { version: Item::VERSION + 1, revision: 7, ..item(1) };
    let ours = || item(1);
    for event in [
        Event::Loaded(vec![newer.clone()]),
        Event::StorageBack(vec![newer.clone()]),
        Event::Conflict { ours: ours(), stored: Some(newer.clone()) },
        Event::Enqueued(newer.clone()),
    ] {
        let (mut driver, _) = Driver::leading(vec![Item { state: State::PausedAuth, ..ours() }]);
        let commands = driver.tell(event.clone());
        assert_eq!(written(&commands), Vec::<&Item>::new(), "{event:?}");
        assert_eq!(driver.outbox.item(newer.id), None, "{event:?}");
        assert_eq!(sent(&driver.advance(60_000)), None, "{event:?}");
    }
}

#[test]
fn o5_the_number_of_an_attempt_is_given_once_though_its_row_is_lost() {
    let (mut driver, _) = Driver::leading(Vec::new());
    let first = driver.post(&item(1)).unwrap();
    driver.silence(&first);
    // Storage never heard of that attempt.
    let stale = Item { revision: 9, ..item(1) };
    driver.tell(Event::Conflict { ours: item(1), stored: Some(stale) });
    let second = sent(&driver.advance(1_000)).unwrap();
    assert_eq!(second.of.number, 2);
}

#[test]
fn o15_a_known_row_that_another_tab_is_sending_is_left_to_it() {
    let (mut driver, _) = Driver::leading(vec![item(2)]);
    driver.tell(Event::LeaderLost);
    driver.tell(Event::LeaderGained(Leadership::Lease));
    let known = sent_elsewhere(1, 1, 2);
    driver.tell(Event::Enqueued(known.clone()));
    let commands = driver.tell(Event::Loaded(vec![known.clone()]));
    assert!(written(&commands).iter().all(|row| row.id != known.id), "{commands:?}");
}

#[test]
fn o22_what_was_cancelled_as_never_sent_is_deleted_where_another_tab_had_sent_it() {
    let (mut driver, _) = Driver::leading(Vec::new());
    let first = driver.post(&item(1)).unwrap();
    driver.answer(&first, stored(&item(1), 201, false));
    let gone = State::Gone { why: Gone::Cancelled, at: START };
    let cancelled = Item { wish: Wish::Remove, state: gone, revision: 2, ..item(1) };
    driver.tell(Event::StorageBack(vec![cancelled]));
    let kept = driver.outbox.item(item(1).id).unwrap();
    assert_eq!((&kept.state, kept.wish, kept.attempts), (&State::Queued, Wish::Remove, 1));
}

#[test]
fn o22_a_post_that_was_seen_in_the_feed_is_deleted_and_not_only_forgotten() {
    let refused = State::NeedsUser { reason: Reason::of(ReasonKind::Refused) };
    let (mut driver, _) = Driver::leading(vec![Item { state: refused, ..item(1) }]);
    let post = serde_json::from_str(&stored(&item(1), 200, false).body).unwrap();
    driver.tell(Event::SeenInFeed(vec![post]));
    driver.tell(Event::Cancel(item(1).id));
    let kept = driver.outbox.item(item(1).id).unwrap();
    assert_eq!((&kept.state, kept.wish), (&State::Queued, Wish::Remove));
}

#[test]
fn o33_what_is_put_back_keeps_its_order_behind_what_stands_there() {
    let (mut driver, _) = Driver::leading(Vec::new());
    for number in [1, 3, 2] {
        driver.post(&item(number));
    }
    // The first was written after all, behind what another tab wrote meanwhile.
    let late = Item { seq: 9, ..item(1) };
    let commands = driver.tell(Event::StorageBack(vec![late]));
    let restored: Vec<_> =
        written(&commands).iter().filter(|row| row.id != item(1).id).map(|row| (row.id, row.seq)).collect();
    assert_eq!(restored, [(item(2).id, 10), (item(3).id, 11)]);
}

#[test]
fn o33_storage_that_is_back_ends_a_lead_that_was_taken_without_it() {
    let (mut driver, _) = Driver::leading(Vec::new());
    let first = driver.post(&item(1)).unwrap();
    driver.answer(&first, stored(&item(1), 201, false));
    driver.tell(Event::LeaderGained(Leadership::Lock));
    driver.tell(Event::Loaded(vec![item(1)]));
    let commands = driver.tell(Event::StorageBack(vec![item(1), item(2)]));
    assert_eq!(sent(&commands), None);
    assert!(commands.contains(&Command::Lead), "{commands:?}");
}

#[test]
fn o30_what_storage_calls_another_identitys_is_resumed_by_its_own() {
    let (mut driver, _) = Driver::leading(Vec::new());
    let reason = Reason::of(ReasonKind::OtherIdentity);
    let disowned = Item { state: State::NeedsUser { reason }, revision: 5, ..item(1) };
    driver.tell(Event::StorageBack(vec![disowned]));
    assert_eq!(*driver.state(item(1).id), State::Queued);
}

#[test]
fn o15_a_failure_says_nothing_of_another_tabs_attempt() {
    let (mut driver, _) = Driver::leading(Vec::new());
    let first = driver.post(&item(1)).unwrap();
    driver.tell(Event::LeaderGained(Leadership::Lease));
    let theirs = sent_elsewhere(1, 2, 9);
    driver.tell(Event::Loaded(vec![theirs.clone()]));
    let commands = driver.silence(&first);
    assert_eq!(written(&commands), Vec::<&Item>::new());
    assert_eq!(*driver.state(theirs.id), theirs.state);
}

#[test]
fn o3_what_the_log_refused_is_not_taken_back_by_a_tab_that_knows_it_as_queued() {
    let queued = Acked::QueuedOnServer { polls: 0, next_at: START };
    let row = Item { state: State::Acked { how: queued, at: START }, attempts: 1, revision: 3, ..item(1) };
    let (mut driver, _) = Driver::leading(vec![row.clone()]);
    let reason = Reason::of(ReasonKind::IdUnavailable);
    for newer in [State::NeedsUser { reason }, State::Queued] {
        let told = Item { state: newer.clone(), revision: 4, ..row.clone() };
        let commands = driver.tell(Event::Loaded(vec![told]));
        assert_eq!(written(&commands), Vec::<&Item>::new());
        assert_eq!(*driver.state(row.id), newer);
        (driver, _) = Driver::leading(vec![row.clone()]);
    }
}
