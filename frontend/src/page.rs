//! What the server states in the page.

use app::facts;
use protocol::post::Room;
use protocol::user::UserId;
use uuid::Uuid;

#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// Whose session it is.
    pub(crate) user_id: UserId,
    /// The room of the composer, on a page that has one.
    pub(crate) room: Option<Room>,
    /// The change cursor that live updates go on from, on the newest page of a room. It may be empty.
    pub(crate) cursor: Option<String>,
}

impl Page {
    /// `None` where the page states no identity: without one nothing can be kept for anybody, and forms are left
    /// to the browser.
    pub(crate) fn read() -> Option<Self> {
        Some(Self {
            user_id: UserId(Uuid::try_parse(&attribute(facts::USER_ID)?).ok()?),
            room: attribute(facts::ROOM).and_then(|room| Room::parse(&room).ok()),
            cursor: attribute(facts::CURSOR),
        })
    }
}

fn attribute(name: &str) -> Option<String> {
    let document = web_sys::window()?.document()?;
    document.query_selector(&format!("[{name}]")).ok()??.get_attribute(name)
}

/// Whose session the text of a page states.
pub(crate) fn user_id_in(html: &str) -> Option<UserId> {
    let (_, rest) = html.split_once(&format!("{}=\"", facts::USER_ID))?;
    let (id, _) = rest.split_once('"')?;
    Uuid::try_parse(id).ok().map(UserId)
}

/// The path of this page, where a session can be renewed.
pub(crate) fn path() -> String {
    let path = web_sys::window().and_then(|window| window.location().pathname().ok());
    path.unwrap_or_else(|| "/".to_owned())
}
