//! Which rooms changed, told by the database to every instance.
//!
//! A notice says where to look and nothing else: a payload over 8,000 bytes would make the transaction fail.

use std::time::Duration;

use protocol::post::Room;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::broadcast;

use crate::store::{ChangeNotice, deadline};

/// The statements of [`super::create`] name it, too.
pub(super) const CHANNEL: &str = "post_changes";

/// The pause before the connection is made again.
const PAUSE: Duration = Duration::from_millis(500);

/// The notice as `room:from-to`.
pub(super) fn payload(notice: &ChangeNotice) -> Option<String> {
    match notice {
        ChangeNotice::Touched { room, from, to } => Some(format!("{room}:{from}-{to}")),
        ChangeNotice::Missed => None,
    }
}

/// A payload that cannot be read still says that something changed.
fn parse(payload: &str) -> ChangeNotice {
    let read = || {
        let (room, range) = payload.split_once(':')?;
        let (from, to) = range.split_once('-')?;
        let room = Room::parse(room).ok()?;
        Some(ChangeNotice::Touched { room, from: from.parse().ok()?, to: to.parse().ok()? })
    };
    read().unwrap_or(ChangeNotice::Missed)
}

/// Listens for as long as the task lives, over any number of connections.
pub(super) async fn run(options: PgConnectOptions, notices: broadcast::Sender<ChangeNotice>) {
    let one = PgPoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(deadline::READ)
        .connect_lazy_with(options);
    loop {
        if let Err(error) = listen(&one, &notices).await {
            tracing::debug!(%error, "not listening for changes");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Listens until the connection breaks.
async fn listen(pool: &sqlx::PgPool, notices: &broadcast::Sender<ChangeNotice>) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    // Whatever was said before this moment was not heard.
    let _ = notices.send(ChangeNotice::Missed);
    while let Some(notification) = listener.try_recv().await? {
        // Nobody following a room is no failure.
        let _ = notices.send(parse(notification.payload()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_says_where_to_look() {
        let notice = ChangeNotice::Touched { room: Room::parse("a-1").unwrap(), from: 3, to: 17 };
        assert_eq!(payload(&notice).map(|text| parse(&text)), Some(notice));
        for text in ["", "lobby", "lobby:3", "lobby:x-4", "Lobby:3-4"] {
            assert_eq!(parse(text), ChangeNotice::Missed, "{text}");
        }
    }
}
