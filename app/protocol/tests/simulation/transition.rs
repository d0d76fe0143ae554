//! What can happen next. A transition is data: drawn from the seed, printed when something breaks.

use protocol::fault::SplitMix64;
use protocol::key::PostId;
use protocol::outbox::{Event, Wake};

use crate::disk::Weather;
use crate::reference::{ME, OTHER, Trouble};
use crate::world::World;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Transition {
    /// One tab's driver does one thing.
    Drive(usize),
    /// One tab's driver does all that it can.
    DriveOn(usize),
    Deliver(u64),
    Lose(u64),
    Duplicate(u64),
    Advance(u64),
    Post(usize, &'static str),
    Cancel(usize, u64),
    Discard(usize, u64),
    Retry(usize, u64),
    TryNow(usize, u64),
    PostAsNew(usize, u64),
    Crash(usize),
    Open(usize),
    Freeze(usize),
    Thaw(usize),
    Offline(bool),
    Trouble(Trouble),
    Relay,
    Squat(u64),
    DeleteElsewhere(u64),
    Seen(usize),
    Wake(usize, Wake),
    /// Somebody sets the clock by this many milliseconds.
    SetClock(i64),
    ClearStorage,
    SignIn(usize),
    /// Somebody else uses this browser, or the first one again.
    ChangeIdentity,
    /// What is wrong with storage from here on.
    Disk(Weather),
    /// Storage does the oldest thing that it was asked for.
    Proceed,
    /// The connections to storage are closed, and the tabs may be told.
    CloseStorage(bool),
    /// A newer version of the page writes one of the rows.
    Renew(u64),
    /// The user changes the text of a press that was refused.
    Edit(usize),
}

const HOUR_MS: u64 = 3_600_000;
const YEAR_MS: i64 = 365 * 24 * 3_600_000;

impl Transition {
    /// Draws the next transition. What keeps things moving is likelier than what breaks them.
    pub(crate) fn draw(random: &mut SplitMix64) -> Self {
        let tab = random.below(2) as usize;
        let any = random.next_u64();
        match random.below(200) {
            0..50 => Self::Drive(tab),
            50..80 => Self::DriveOn(tab),
            80..105 => Self::Deliver(any),
            105..114 => Self::Lose(any),
            114..118 => Self::Duplicate(any),
            118..137 => Self::Advance([1, 50, 300, 1_000, 5_000, 11_000, 30_000, 90_000][(any % 8) as usize]),
            137 => Self::Advance([HOUR_MS, 6 * HOUR_MS, 25 * HOUR_MS, 8 * 24 * HOUR_MS][(any % 4) as usize]),
            138..156 => Self::Post(tab, ["lobby", "attic"][(any % 3 / 2) as usize]),
            156..159 => Self::Cancel(tab, any),
            159 => Self::Discard(tab, any),
            160..162 => Self::Retry(tab, any),
            162..164 => Self::TryNow(tab, any),
            164 => Self::PostAsNew(tab, any),
            165..168 => Self::Crash(tab),
            168..173 => Self::Open(tab),
            173 => Self::Freeze(tab),
            174..176 => Self::Thaw(tab),
            176 => Self::Offline(true),
            177..179 => Self::Offline(false),
            179..182 => Self::Trouble(trouble(any)),
            182..186 => Self::Trouble(Trouble::None),
            186..188 => Self::Relay,
            188 => Self::Squat(any),
            189 => Self::DeleteElsewhere(any),
            190..193 => Self::Seen(tab),
            193..196 => Self::Wake(tab, wake(any)),
            196 if any.is_multiple_of(4) => {
                Self::SetClock(if any.is_multiple_of(8) { YEAR_MS } else { -YEAR_MS })
            }
            197 if any.is_multiple_of(8) => Self::ClearStorage,
            198 if any.is_multiple_of(3) => Self::ChangeIdentity,
            _ => Self::SignIn(tab),
        }
    }

    /// Draws what happens to storage, beside the rest.
    pub(crate) fn draw_for_storage(random: &mut SplitMix64) -> Option<Self> {
        let any = random.next_u64();
        let tab = (any % 2) as usize;
        Some(match random.below(160) {
            0..4 => Self::Disk(Weather::Stalled),
            4..6 => Self::Disk(Weather::FailsAfterCommit),
            6..8 => Self::Disk(Weather::Full),
            8..10 => Self::Disk(Weather::Away),
            10..15 => Self::Disk(Weather::Well),
            15..18 => Self::Proceed,
            18..20 => Self::CloseStorage(tab > 0),
            20 if any.is_multiple_of(4) => Self::Renew(any / 4),
            21 => Self::Edit(tab),
            _ => return None,
        })
    }

    pub(crate) fn apply(self, world: &mut World) {
        match self {
            Self::Drive(tab) => {
                world.drive(tab);
            }
            // A machine that never rests is caught at the end of the schedule.
            Self::DriveOn(tab) => {
                for _ in 0..100 {
                    if !world.drive(tab) {
                        break;
                    }
                }
            }
            Self::Deliver(draw) => world.deliver(draw),
            Self::Lose(draw) => world.lose(draw),
            Self::Duplicate(draw) => world.network.duplicate(draw),
            Self::Advance(ms) => world.advance(ms),
            Self::Post(tab, room) => world.post(tab, room),
            Self::Cancel(tab, any) => tell(world, tab, any, Event::Cancel),
            Self::Discard(tab, any) => tell(world, tab, any, Event::Discard),
            Self::Retry(tab, any) => tell(world, tab, any, Event::Retry),
            Self::TryNow(tab, any) => tell(world, tab, any, Event::TryNow),
            Self::PostAsNew(tab, any) => {
                if let Some(old) = pick(world, any) {
                    world.post_as_new(tab, old);
                }
            }
            Self::Crash(tab) => world.crash(tab),
            Self::Open(tab) => world.open(tab),
            Self::Freeze(tab) => world.freeze(tab, true),
            Self::Thaw(tab) => world.freeze(tab, false),
            Self::Offline(offline) => world.network.offline = offline,
            Self::Trouble(trouble) => world.trouble = trouble,
            Self::Relay => {
                world.server.relay();
            }
            Self::Squat(any) => {
                if let Some(id) = pick(world, any) {
                    world.server.squat(id);
                }
            }
            Self::DeleteElsewhere(any) => {
                if let Some(id) = pick(world, any) {
                    world.server.remove(id);
                }
            }
            Self::Seen(tab) => world.tell(tab, Event::SeenInFeed(world.server.feed())),
            Self::Wake(tab, wake) => world.tell(tab, Event::Woken(wake)),
            Self::SetClock(ms) => {
                world.now.wall_ms = world.now.wall_ms.saturating_add_signed(ms);
                world.clock_was_set = true;
            }
            Self::ClearStorage => world.clear_storage(),
            Self::SignIn(tab) => world.tell(tab, Event::Identity(world.cookie)),
            Self::ChangeIdentity => world.cookie = if world.cookie == ME { OTHER } else { ME },
            Self::Disk(weather) => world.disk.weather = weather,
            Self::Proceed => world.proceed(),
            Self::CloseStorage(told) => world.close_storage(told),
            Self::Renew(any) => {
                if let Some(id) = pick(world, any) {
                    world.renew(id);
                }
            }
            Self::Edit(tab) => world.edit(tab),
        }
    }
}

fn tell(world: &mut World, tab: usize, any: u64, event: fn(PostId) -> Event) {
    if let Some(id) = pick(world, any) {
        world.tell(tab, event(id));
    }
}

/// One of the intents, the later ones rather than the first.
fn pick(world: &World, any: u64) -> Option<PostId> {
    let count = world.intents.len() as u64;
    if count == 0 { None } else { world.intents.keys().rev().nth((any % count.min(4)) as usize).copied() }
}

fn trouble(any: u64) -> Trouble {
    const TROUBLES: [Trouble; 14] = [
        Trouble::Away,
        Trouble::AwayAfterCommit,
        Trouble::Broken,
        Trouble::BrokenAfterCommit,
        Trouble::RateLimited,
        Trouble::InFlight,
        Trouble::Refused,
        Trouble::SignedOut,
        Trouble::Logged,
        Trouble::Intercepted(200),
        Trouble::Intercepted(403),
        Trouble::Intercepted(404),
        Trouble::Intercepted(410),
        Trouble::Intercepted(521),
    ];
    TROUBLES[(any % 14) as usize]
}

fn wake(any: u64) -> Wake {
    [Wake::Online, Wake::Offline, Wake::Visible, Wake::PageHide, Wake::StreamOpen][(any % 5) as usize]
}
