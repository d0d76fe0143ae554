//! Everything that can happen to the driver.

use app::outbox_handle::Ask;
use protocol::outbox::Event;
use protocol::user::UserId;
use protocol::wire::FeedPage;

use crate::browser::Hint;
use crate::live::LiveEvent;
use crate::locks::Turn;

#[derive(Clone, Debug)]
pub(crate) enum Happening {
    /// The visitor asked for something.
    Asked(Ask),
    /// Something that the machine must hear of.
    Machine(Box<Event>),
    /// What became of the lock of the sending tab.
    Turn(Turn),
    Hint(Hint),
    Live(LiveEvent),
    /// The newest page of the room was read, or could not be.
    FeedRead(Option<FeedPage>),
    /// Another tab has seen whose session this is.
    IdentityHeard(UserId),
    /// Storage was opened beside the loop, or could not be.
    StorageTried,
    /// A page was asked for whose session this is.
    IdentityRead(Option<UserId>),
    /// The database was closed: for a newer version of the page, or by the browser.
    StorageClosed {
        newer: bool,
    },
}
