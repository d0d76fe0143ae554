//! What a driver tells the machine.

use crate::fault::Plan;
use crate::key::PostId;
use crate::post::Post;
use crate::user::UserId;
use crate::wire::CreateBody;

use super::answer::Answer;
use super::item::{Item, Try};

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The user posted, and the item **is** in storage: its transaction has completed, or an earlier one that
    /// was slow. A row that is known is told of as well: it may be news.
    Enqueued(Item),
    /// Storage works again that this tab had to do without, and holds these rows.
    StorageBack(Vec<Item>),
    /// Everything in storage, as [`super::Command::Load`] or another tab's hint asked for.
    Loaded(Vec<Item>),
    /// Another tab says that storage changed.
    LookAgain,
    /// An answer came, whatever it says.
    Answered { of: Try, answer: Answer },
    /// The attempt ended without an answer.
    NoAnswer { of: Try, how: NoAnswer },
    /// The row of a `Send` could not be written over `stored`, so nothing was sent.
    NotSent { of: Try, stored: Option<Item> },
    /// A `Save` or `Restore` of `ours` was not written, since `stored` was there, or nothing.
    Conflict { ours: Item, stored: Option<Item> },
    /// A timer, or one of the browser's hints.
    Woken(Wake),
    /// The user will not wait.
    TryNow(PostId),
    /// The user wants it stopped, and made sure that it is gone.
    Cancel(PostId),
    /// The user wants an item that needs a decision tried again, as it is.
    Retry(PostId),
    /// The user wants all of them tried again that can be.
    RetryAll,
    /// The user gives all of them up that need a decision.
    DiscardAll,
    /// The user wants the text of `old` posted as a new post, as it is or changed. `new` was minted for it.
    PostAsNew { old: PostId, new: PostId, body: Option<CreateBody> },
    /// The user gives it up.
    Discard(PostId),
    /// These posts stand in a page or came by the live stream.
    SeenInFeed(Vec<Post>),
    /// This tab may send.
    LeaderGained(Leadership),
    /// This tab may not send any more.
    LeaderLost,
    /// The page states whose session it is.
    Identity(UserId),
    /// The visitor chose what shall befall the next attempts.
    Weather(Plan),
}

/// What makes a tab the one that sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leadership {
    /// It holds the browser's lock: every other sender is known to be dead.
    Lock,
    /// There are no locks here; the lease in each row is all there is.
    Lease,
}

/// How an attempt ended without an answer. All of them mean *unknown*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    Timeout,
    Aborted,
    Network,
}

/// Why the machine is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The moment that [`super::Outbox::next_wake`] named.
    Timer,
    /// The browser thinks that it is online again. A hint, never a gate.
    Online,
    /// The browser thinks that it is offline. It only changes words.
    Offline,
    /// The tab is visible, focused or shown again.
    Visible,
    /// The page is put away and may be frozen: nothing is held on to until it is visible again.
    PageHide,
    /// The live stream is open: the server is there.
    StreamOpen,
}
