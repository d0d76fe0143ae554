//! The rules for an id that is taken, the same on every database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::post::{ImageId, Post, Room};
use protocol::time::Timestamp;
use protocol::user::UserId;
use uuid::Uuid;

use super::authors::Authors;
use super::operation::{OperationKey, StoredOperation};
use super::{Change, ChangeNotice, Changed, Command, Create, Delete, Edit, IfMatch, Row, Verdict};

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

/// A batch by kind of command, each with the change that it draws; `newest` is the last one that was drawn.
pub(super) struct Parts<'a> {
    pub creates: Vec<(i64, &'a Create)>,
    pub edits: Vec<(i64, &'a Edit)>,
    pub deletes: Vec<(i64, &'a Delete)>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(batch: &'a [Command], newest: i64) -> Self {
        let mut parts = Self { creates: Vec::new(), edits: Vec::new(), deletes: Vec::new() };
        for (change, command) in (newest + 1..).zip(batch) {
            match command {
                Command::Create(create) => parts.creates.push((change, create)),
                Command::Edit(edit) => parts.edits.push((change, edit)),
                Command::Delete(delete) => parts.deletes.push((change, delete)),
            }
        }
        parts
    }
}

/// What the statements of a batch have found out.
#[derive(Default)]
pub(super) struct Findings {
    /// The posts that the insert stored: the author's name and the change.
    pub inserted: BTreeMap<PostId, (String, i64)>,
    /// What stands at the other ids.
    pub rows: BTreeMap<PostId, StoredRow>,
    /// What stands under the keys of the batch, whoever wrote it.
    pub operations: BTreeMap<OperationKey, StoredOperation>,
    /// Edits that a rule refuses.
    pub refused: BTreeMap<PostId, NoEdit>,
}

impl Findings {
    /// Of creates, each with the change that was drawn for it: `standing` is all that stands at their ids if any of them
    /// gave way, and nothing otherwise. Where `all_stand`, none can be missing for want of its picture.
    pub(super) fn of_creates<'a>(
        creates: impl Iterator<Item = (i64, &'a Create)>,
        mut standing: BTreeMap<PostId, StoredRow>,
        all_stand: bool,
        authors: &Authors,
    ) -> Self {
        let mut findings = Self::default();
        for (change, create) in creates {
            match standing.remove(&create.id) {
                // A row of an earlier try, whose answer was lost, has another number.
                Some(row) if row.write_id != create.write_id || row.change != change => {
                    findings.rows.insert(create.id, row);
                }
                None if !all_stand => {}
                _ => {
                    findings.inserted.insert(create.id, (authors.name(create.author), change));
                }
            }
        }
        findings
    }

    /// A key is claimed for a post that is new. Should the id that the server minted be taken, nothing may be
    /// committed.
    pub(super) fn have_posts_of(&self, claimed: &BTreeSet<PostId>) -> Result<(), sqlx::Error> {
        let complete = claimed.iter().all(|id| self.inserted.contains_key(id));
        if complete { Ok(()) } else { Err(sqlx::Error::Protocol("a minted id is taken".to_owned())) }
    }

    /// The ids whose rows the verdicts need and nobody has read: those of the batch that were not just inserted, and
    /// those that stand under its keys.
    pub(super) fn open(&self, batch: &[Command]) -> Vec<PostId> {
        let under_keys = self.operations.values().map(|operation| operation.post);
        let by_id = batch.iter().map(Command::id);
        let known = |id: &PostId| self.inserted.contains_key(id) || self.rows.contains_key(id);
        by_id.chain(under_keys).filter(|id| !known(id)).collect()
    }

    /// Decides a command by what stands at its id, or under its key, once the transaction's statements have run.
    ///
    /// The order is the contract's: whose id it is comes before everything, so that nothing is said about a
    /// stranger's post; then deletion; then what the create meant. The stored fingerprint is that of the create,
    /// whatever became of the post since.
    fn judge(&self, command: &Command) -> Verdict {
        let found = self.rows.get(&command.id());
        let operation =
            command.key().and_then(|key| self.operations.get(&(command.author(), key.to_owned())));
        match command {
            Command::Create(create) if create.key.is_some() => {
                // The claim's own SELECT leaves a key out for one reason only.
                operation
                    .map_or(Verdict::ImageMissing, |operation| operation.judge(command, create.fingerprint))
            }
            Command::Create(create) => {
                if let Some((name, _)) = self.inserted.get(&create.id) {
                    return Verdict::Created(Arc::new(create.stored_as(name.clone())));
                }
                // The insert's own SELECT leaves a post out for one reason only.
                let Some(row) = found else { return Verdict::ImageMissing };
                if row.author != create.author {
                    return Verdict::IdUnavailable;
                }
                let Some(post) = row.post() else { return Verdict::Gone };
                if row.fingerprint != Some(create.fingerprint) {
                    Verdict::KeyReused
                } else if row.write_id == create.write_id {
                    Verdict::Created(Arc::new(post))
                } else {
                    Verdict::Replayed(Arc::new(post))
                }
            }
            Command::Edit(edit) => match operation {
                Some(operation) => operation.judge(command, edit.fingerprint),
                None => self.refused.get(&edit.id).map_or(Verdict::NotFound, |refusal| refusal.verdict()),
            },
            Command::Delete(delete) => match found {
                Some(row) if row.write_id == delete.write_id && row.was_stored() => Verdict::Deleted,
                Some(row) => {
                    let counts_as_new = row.author != delete.author || row.write_id == delete.write_id;
                    Verdict::NothingToDelete { counts_as_new }
                }
                None => Verdict::NothingToDelete { counts_as_new: false },
            },
        }
    }

    /// The room that the command changed, with the change. A command that recognised its own row may have been the
    /// one whose change nobody was told.
    fn touched(&self, command: &Command, verdict: &Verdict) -> Option<(Room, i64)> {
        let changed =
            matches!(verdict, Verdict::Created(_) | Verdict::Deleted | Verdict::Done { replayed: false, .. });
        if !changed {
            return None;
        }
        if let (Command::Create(create), Some((_, change))) = (command, self.inserted.get(&command.id())) {
            return Some((create.post.room.clone(), *change));
        }
        // The row that a retry under a key found has not the id which was minted for the retry.
        let id = match (command, verdict) {
            (Command::Create(create), Verdict::Done { .. }) => {
                let key = (create.author, create.key.clone()?);
                self.operations.get(&key)?.post
            }
            _ => command.id(),
        };
        let row = self.rows.get(&id)?;
        Some((row.room.clone()?, row.change))
    }
}

/// Why a post is not edited.
#[derive(Clone, Copy)]
pub(super) enum NoEdit {
    NotFound,
    Gone,
    Stale,
    TooLong,
}

impl NoEdit {
    const fn verdict(self) -> Verdict {
        match self {
            Self::NotFound => Verdict::NotFound,
            Self::Gone => Verdict::Gone,
            Self::Stale => Verdict::Stale,
            Self::TooLong => Verdict::TooLong,
        }
    }
}

/// Decides an edit by the row that it is about: the post as the edit leaves it, or why not.
pub(super) fn revise(edit: &Edit, found: Option<&StoredRow>) -> Result<Post, NoEdit> {
    let row = found.filter(|row| row.author == edit.author).ok_or(NoEdit::NotFound)?;
    let mut post = row.post().ok_or(NoEdit::Gone)?;
    if let Some(IfMatch::Changes(changes)) = &edit.if_match
        && !changes.contains(&row.change)
    {
        return Err(NoEdit::Stale);
    }
    post.content = edit.revision.apply(&post.content).map_err(|_| NoEdit::TooLong)?;
    Ok(post)
}

/// What a transaction did, to be told once it is committed.
pub(super) struct Written {
    pub verdicts: Vec<Verdict>,
    /// The rooms that changed, with the change.
    pub touched: Vec<(Room, i64)>,
}

/// Gives every command its verdict.
pub(super) fn conclude(batch: &[Command], findings: &Findings) -> Written {
    let mut written = Written { verdicts: Vec::with_capacity(batch.len()), touched: Vec::new() };
    for command in batch {
        let verdict = findings.judge(command);
        written.touched.extend(findings.touched(command, &verdict));
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
