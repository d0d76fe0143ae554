//! The rules for an id that is taken, the same on every database.

use std::collections::BTreeMap;

use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::post::{ImageId, Post, Room};
use protocol::time::Timestamp;
use protocol::user::UserId;
use uuid::Uuid;

use super::{Change, ChangeNotice, Changed, Command, Row, Verdict};

/// A whole row of `posts` with its author's name.
#[derive(Clone, Debug)]
pub(super) struct StoredRow {
    pub id: PostId,
    pub author: UserId,
    pub name: String,
    pub image_id: Option<ImageId>,
    pub content: Option<String>,
    pub create_timestamp: Timestamp,
    /// None in a tombstone that came before its create.
    pub room: Option<Room>,
    pub change: i64,
    pub fingerprint: Option<Fingerprint>,
    pub write_id: Uuid,
}

impl StoredRow {
    fn was_stored(&self) -> bool {
        self.room.is_some()
    }

    /// The post, unless the row is a tombstone.
    pub(super) fn post(&self) -> Option<Post> {
        let (Some(content), Some(room)) = (&self.content, &self.room) else { return None };
        Some(Post {
            id: self.id,
            user_id: self.author,
            author: self.name.clone(),
            image_id: self.image_id,
            content: content.clone(),
            room: room.clone(),
            create_timestamp: self.create_timestamp,
        })
    }

    pub(super) fn into_row(self) -> Row {
        match self.post() {
            Some(post) => Row::Post { post, change: self.change },
            None => Row::Tombstone { author: self.author, was_stored: self.was_stored() },
        }
    }

    /// What a reader of the room is told; None for a tombstone that came before its create.
    pub(super) fn into_change(self) -> Option<Change> {
        let what = self.post().map_or(Changed::Deleted(self.id), Changed::Post);
        Some(Change { change: self.change, room: self.room?, what })
    }
}

/// Decides a command by the row that stands at its id once the transaction's statements have run.
///
/// The order is the contract's: whose id it is comes before everything, so that nothing is said about a
/// stranger's post; then deletion; then what the create meant. The stored fingerprint is that of the create,
/// whatever became of the post since.
fn judge(command: &Command, found: Option<&StoredRow>) -> Verdict {
    match command {
        Command::Create(create) => {
            // The insert's own SELECT leaves a post out for one reason only.
            let Some(row) = found else { return Verdict::ImageMissing };
            if row.author != create.author {
                return Verdict::IdUnavailable;
            }
            let Some(post) = row.post() else { return Verdict::Gone };
            if row.fingerprint != Some(create.fingerprint) {
                Verdict::KeyReused
            } else if row.write_id == create.write_id {
                Verdict::Created(post)
            } else {
                Verdict::Replayed(post)
            }
        }
        Command::Delete(delete) => match found {
            Some(row) if row.write_id == delete.write_id && row.was_stored() => Verdict::Deleted,
            Some(row) => Verdict::NothingToDelete { tombstone_left: row.write_id == delete.write_id },
            None => Verdict::NothingToDelete { tombstone_left: false },
        },
    }
}

/// What a transaction did, to be told once it is committed.
pub(super) struct Written {
    pub verdicts: Vec<Verdict>,
    /// The rooms that changed, with the change.
    pub touched: Vec<(Room, i64)>,
}

/// The posts of a batch that its insert stored: the author's name and the change, by id.
pub(super) type Inserted = BTreeMap<PostId, (String, i64)>;

/// Gives every command its verdict: creates that the insert stored are done, the rest is decided by the row
/// that was `found` at the id.
pub(super) fn conclude(
    batch: &[Command],
    mut inserted: Inserted,
    found: &BTreeMap<PostId, StoredRow>,
) -> Written {
    let mut written = Written { verdicts: Vec::with_capacity(batch.len()), touched: Vec::new() };
    for command in batch {
        let id = command.id();
        if let (Command::Create(create), Some((name, change))) = (command, inserted.remove(&id)) {
            written.touched.push((create.post.room.clone(), change));
            written.verdicts.push(Verdict::Created(create.stored_as(name)));
            continue;
        }
        let row = found.get(&id);
        let verdict = judge(command, row);
        // A command that recognised its own row may have been the one whose change nobody was told.
        if let (Verdict::Created(_) | Verdict::Deleted, Some(row)) = (&verdict, row)
            && let Some(room) = &row.room
        {
            written.touched.push((room.clone(), row.change));
        }
        written.verdicts.push(verdict);
    }
    written
}

/// One notice for each room that `touched` names.
pub(super) fn notices(touched: &[(Room, i64)]) -> Vec<ChangeNotice> {
    let mut rooms = BTreeMap::<&Room, (i64, i64)>::new();
    for (room, change) in touched {
        let range = rooms.entry(room).or_insert((*change, *change));
        *range = (range.0.min(*change), range.1.max(*change));
    }
    rooms
        .into_iter()
        .map(|(room, (from, to))| ChangeNotice::Touched { room: room.clone(), from, to })
        .collect()
}
