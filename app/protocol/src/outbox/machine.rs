//! The machine's state, and which rule hears which event.

use std::collections::BTreeMap;

use crate::backoff::Backoff;
use crate::fault::{Fault, Plan, SplitMix64};
use crate::key::PostId;
use crate::time::{Millis, Now};
use crate::user::UserId;

use super::attempts::Attempts;
use super::command::Command;
use super::event::{Event, Leadership, Wake};
use super::item::{Item, SessionId, State, Try};
use super::pace::Pace;

/// The lengths of everything that has one, in milliseconds.
#[derive(Clone, Debug)]
pub struct Config {
    pub backoff: Backoff,
    /// An attempt is given up after this.
    pub attempt_ms: Millis,
    /// A sender that has not written for this long is presumed dead.
    pub lease_ms: Millis,
    /// A receipt is kept for this.
    pub receipt_ms: Millis,
    /// After this long of trying, and this many attempts, the user is asked.
    pub give_up_ms: Millis,
    pub give_up_attempts: u32,
    /// An item steps aside after this many answers that are not the server's, over this long, if another item
    /// is answered in its place.
    pub barred_answers: u32,
    pub barred_ms: Millis,
    /// Storage is read again after this while items exist, since messages between tabs get lost.
    pub look_ms: Millis,
    /// Whether an unanswered item that was seen in the feed is asked about once more, so that its receipt says
    /// how it was stored. Without it, seeing is answer enough.
    pub confirm_seen: bool,
    /// The most items that are waiting at once.
    pub item_limit: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            backoff: Backoff::default(),
            attempt_ms: 10_000,
            lease_ms: 15_000,
            receipt_ms: 24 * 3_600_000,
            give_up_ms: 7 * 24 * 3_600_000,
            give_up_attempts: 100,
            barred_answers: 5,
            barred_ms: 10_000,
            look_ms: 5_000,
            confirm_seen: true,
            item_limit: 200,
        }
    }
}

/// The outbox of one tab. See the module's page for how a driver uses it.
#[derive(Clone, Debug)]
pub struct Outbox {
    pub(super) config: Config,
    pub(super) session: SessionId,
    pub(super) user: UserId,
    pub(super) items: BTreeMap<PostId, Item>,
    /// Both clocks when the page started.
    pub(super) start: Now,
    pub(super) lead: Lead,
    /// Whether the page is put away, and may be frozen at any moment.
    pub(super) away: bool,
    /// Whether storage was ever read: what was paused by an earlier page may be tried by this one.
    pub(super) started: bool,
    pub(super) online: bool,
    /// The one request under way.
    pub(super) flight: Option<Flight>,
    pub(super) pace: Pace,
    /// Until when each item that another page is busy with is left to it (monotonic).
    pub(super) leases: BTreeMap<PostId, Millis>,
    /// When the status of each item that is queued on the server is asked for next (monotonic).
    pub(super) polls: BTreeMap<PostId, Millis>,
    /// Polls made by this page: each has a number of its own, so that a late answer is told from the one awaited.
    pub(super) poll_count: u32,
    /// When each item was last tried, on the monotonic clock, to add up how long that has been going on.
    pub(super) tried_at: BTreeMap<PostId, Millis>,
    /// Since when each item meets answers that are not the server's (monotonic).
    pub(super) intercepted_since: BTreeMap<PostId, Millis>,
    /// The item that is tried in the place of one that keeps meeting such answers.
    pub(super) stand_in: Option<PostId>,
    /// When storage is read again (monotonic).
    pub(super) look_at: Millis,
    pub(super) attempts: Attempts,
    pub(super) weather: Plan,
}

/// Whether this tab sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    No,
    /// `stole` once it was taken from a tab that seemed dead: where that gives nothing either, locks do not work.
    Asked {
        stole: bool,
    },
    /// `fresh` once storage was read after the lead was gained.
    Yes {
        by: Leadership,
        fresh: bool,
    },
}

/// The request under way.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) of: Try,
    pub(super) started: Now,
    pub(super) fault: Option<Fault>,
    /// When a driver that has told nothing is presumed to have lost it (monotonic).
    pub(super) watchdog: Millis,
}

/// One call of `handle`: the time, the random bits, and what has been decided so far.
pub(super) struct Step {
    pub(super) now: Now,
    pub(super) random: SplitMix64,
    pub(super) commands: Vec<Command>,
    /// Items that changed and are to be written before anything is sent.
    pub(super) changed: Vec<PostId>,
}

impl Step {
    pub(super) fn change(&mut self, id: PostId) {
        if !self.changed.contains(&id) {
            self.changed.push(id);
        }
    }

    /// Whose session it is has to be found out.
    pub(super) fn doubt_identity(&mut self) {
        if !self.commands.contains(&Command::RenewIdentity) {
            self.commands.push(Command::RenewIdentity);
        }
    }

    pub(super) const fn draw(&mut self) -> u64 {
        self.random.next_u64()
    }
}

impl Outbox {
    /// An empty outbox. The driver then gives `Loaded` with what storage holds. `session` is new for each page
    /// load, `user` is whom the page says it belongs to.
    pub fn new(config: Config, session: SessionId, user: UserId, now: Now) -> Self {
        Self {
            pace: Pace::new(config.backoff),
            look_at: now.monotonic_ms + config.look_ms,
            config,
            session,
            user,
            items: BTreeMap::new(),
            start: now,
            lead: Lead::No,
            away: false,
            started: false,
            online: true,
            flight: None,
            leases: BTreeMap::new(),
            polls: BTreeMap::new(),
            poll_count: 0,
            tried_at: BTreeMap::new(),
            intercepted_since: BTreeMap::new(),
            stand_in: None,
            attempts: Attempts::default(),
            weather: Plan::Calm,
        }
    }

    /// Takes one event and says what to do, in order. `random` is 64 fresh random bits.
    pub fn handle(&mut self, event: Event, now: Now, random: u64) -> Vec<Command> {
        let mut step =
            Step { now, random: SplitMix64::new(random), commands: Vec::new(), changed: Vec::new() };
        self.hear(event, &mut step);
        self.keep_time(&mut step);
        self.save_changes(&mut step);
        self.choose(&mut step);
        self.follow_leadership(&mut step);
        let wrote = |command: &Command| {
            matches!(
                command,
                Command::Save(_)
                    | Command::Restore(_)
                    | Command::Remove(_)
                    | Command::Send { row: Some(_), .. }
            )
        };
        if step.commands.iter().any(wrote) {
            step.commands.push(Command::Announce);
        }
        step.commands
    }

    fn hear(&mut self, event: Event, step: &mut Step) {
        match event {
            Event::Enqueued(item) => self.enqueued(&item, step),
            Event::Loaded(rows) => self.loaded(rows, step),
            Event::StorageBack(rows) => self.storage_back(rows, step),
            Event::LookAgain => self.look(step),
            Event::Answered { of, answer } => self.answered(of, &answer, step),
            Event::NoAnswer { of, how: _ } => self.unanswered(of, step),
            Event::NotSent { of, stored } => self.not_sent(of, stored.as_ref(), step),
            Event::Conflict { ours, stored } => self.conflict(&ours, stored.as_ref(), step),
            Event::Woken(wake) => self.woken(wake, step),
            Event::TryNow(id) => self.try_now(id, step),
            Event::Cancel(id) => self.cancel(id, step),
            Event::Retry(id) => self.retry(id, step),
            Event::RetryAll => self.in_need().into_iter().for_each(|id| self.retry(id, step)),
            Event::DiscardAll => self.in_need().into_iter().for_each(|id| self.discard(id, step)),
            Event::PostAsNew { old, new, body } => self.post_as_new(old, new, body, step),
            Event::Discard(id) => self.discard(id, step),
            Event::SeenInFeed(posts) => self.seen(&posts, step),
            Event::LeaderGained(by) => self.leader_gained(by, step),
            Event::LeaderLost => self.leader_lost(step),
            Event::Identity(user) => self.identified(user, step),
            Event::Weather(plan) => self.weather = plan,
        }
    }

    fn woken(&mut self, wake: Wake, step: &mut Step) {
        match wake {
            Wake::Timer => {}
            Wake::Offline => self.online = false,
            Wake::PageHide => self.away = true,
            Wake::Online | Wake::Visible | Wake::StreamOpen => {
                self.online |= wake != Wake::Visible;
                self.away = false;
                let random = step.draw();
                self.pace.wake(step.now.monotonic_ms, random);
                self.look(step);
            }
        }
    }

    /// How long ago `moment` was. Both the wall clock and that clock as it would stand had nobody set it since
    /// the page started must agree, so that a clock set by a year does not make every item old.
    pub(super) fn age(&self, moment: Millis, now: Now) -> Millis {
        let unset = self.start.wall_ms + now.monotonic_ms.saturating_sub(self.start.monotonic_ms);
        now.wall_ms.min(unset).saturating_sub(moment)
    }

    /// Writes what changed, each row over the revision before.
    fn save_changes(&mut self, step: &mut Step) {
        for id in std::mem::take(&mut step.changed) {
            if let Some(item) = self.items.get_mut(&id) {
                item.revision += 1;
                step.commands.push(Command::Save(item.clone()));
            }
        }
    }

    /// Every item, in the order in which they are sent.
    pub fn items(&self) -> Vec<&Item> {
        let mut items: Vec<&Item> = self.items.values().collect();
        items.sort_by_key(|item| (item.seq, item.id));
        items
    }

    pub fn item(&self, id: PostId) -> Option<&Item> {
        self.items.get(&id)
    }

    /// The last attempts of this page.
    pub const fn attempts(&self) -> &Attempts {
        &self.attempts
    }

    /// The plan as far as it has been used.
    pub const fn weather(&self) -> &Plan {
        &self.weather
    }

    /// Whether the browser thinks that it is online: good for words only.
    pub const fn is_online(&self) -> bool {
        self.online
    }

    /// Whether a request is under way.
    pub const fn is_sending(&self) -> bool {
        self.flight.is_some()
    }

    /// How many items of this user are not settled.
    pub fn pending(&self) -> usize {
        self.items.values().filter(|item| item.owner == self.user && !item.is_receipt()).count()
    }

    /// Whether no further item should be accepted.
    pub fn is_full(&self) -> bool {
        self.pending() >= self.config.item_limit
    }

    /// What awaits its user's decision.
    fn in_need(&self) -> Vec<PostId> {
        let in_need = self.items.values().filter(|item| matches!(item.state, State::NeedsUser { .. }));
        in_need.map(|item| item.id).collect()
    }

    /// Whether an identity is awaited.
    pub fn is_paused(&self) -> bool {
        self.items.values().any(|item| item.owner == self.user && item.state == State::PausedAuth)
    }
}
