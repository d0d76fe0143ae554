//! A command as the log keeps it.
//!
//! The log outlives the program that wrote it, so what is written says its version, and every version that was ever
//! written stays readable.

use protocol::fingerprint::Fingerprint;
use protocol::key::PostId;
use protocol::post::{ImageId, NewPost, Revision};
use protocol::time::Timestamp;
use protocol::user::UserId;
use protocol::wire::{CreateBody, EditBody};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::store::{Command, Create, Delete, Edit};

/// A command, and the moment before which it is not to be applied.
#[derive(Clone, Debug)]
pub struct Record {
    pub command: Command,
    /// To whoever sent it the database is away until then, in Unix milliseconds; 0 where it is not.
    pub until_ms: u64,
}

/// A payload that is no record: it goes to the dead letters with this reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record cannot be read: {0}")]
pub struct Unreadable(String);

#[derive(Serialize, Deserialize)]
#[serde(tag = "version")]
enum Versioned {
    #[serde(rename = "1")]
    One(One),
}

#[derive(Serialize, Deserialize)]
struct One {
    author: UserId,
    post: PostId,
    /// Names the command: what was applied unnoticed is recognised by it.
    write_id: Uuid,
    time_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<Print>,
    #[serde(default)]
    until_ms: u64,
    work: Work,
}

/// A fingerprint with its digest in hexadecimal digits.
#[derive(Serialize, Deserialize)]
struct Print {
    version: u8,
    digest: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Work {
    Create(CreateBody),
    Edit(EditBody),
    Delete,
}

impl Record {
    /// The command without a condition: a command with one is never written to the log.
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        let command = &self.command;
        let (fingerprint, work) = match command {
            Command::Create(create) => {
                let body = CreateBody {
                    content: create.post.content.clone(),
                    image_id: create.post.image_id.map(|image| image.0),
                    room: Some(create.post.room.as_str().to_owned()),
                };
                (Some(create.fingerprint), Work::Create(body))
            }
            Command::Edit(edit) => (Some(edit.fingerprint), Work::Edit(edit.revision.clone().into())),
            Command::Delete(_) => (None, Work::Delete),
        };
        serde_json::to_string(&Versioned::One(One {
            author: command.author(),
            post: command.id(),
            write_id: command.write_id(),
            time_ms: command.timestamp().unix_ms(),
            key: command.key().map(ToOwned::to_owned),
            fingerprint: fingerprint
                .map(|print| Print { version: print.version, digest: hex::encode(print.digest) }),
            until_ms: self.until_ms,
            work,
        }))
    }

    pub fn decode(payload: &str) -> Result<Self, Unreadable> {
        let Versioned::One(one) = serde_json::from_str(payload).map_err(unreadable)?;
        let until_ms = one.until_ms;
        Ok(Self { command: one.into_command()?, until_ms })
    }

    /// What a retry of the same command has in common with it: its kind and its fingerprint.
    pub fn meaning(command: &Command) -> Vec<u8> {
        let (kind, print) = match command {
            Command::Create(create) => (b'c', Some(create.fingerprint)),
            Command::Edit(edit) => (b'e', Some(edit.fingerprint)),
            Command::Delete(_) => (b'd', None),
        };
        let mut meaning = vec![kind];
        meaning.extend(print.iter().flat_map(|print| [&[print.version], print.digest.as_slice()].concat()));
        meaning
    }
}

impl One {
    fn into_command(self) -> Result<Command, Unreadable> {
        let Self { author, post: id, write_id, time_ms, key, fingerprint, work, .. } = self;
        let time = Timestamp::from_unix_ms(time_ms);
        let fingerprint = fingerprint.map(Print::read).transpose()?;
        let lacks = |what: &str| Unreadable(format!("it lacks its {what}"));
        Ok(match work {
            Work::Create(body) => Command::from(Create {
                id,
                author,
                key,
                post: NewPost::check(body.content, body.image_id.map(ImageId), body.room.as_deref())
                    .map_err(unreadable)?,
                fingerprint: fingerprint.ok_or_else(|| lacks("fingerprint"))?,
                write_id,
                create_timestamp: time,
            }),
            Work::Edit(body) => Command::Edit(Edit {
                id,
                author,
                key: key.ok_or_else(|| lacks("key"))?,
                revision: revision(body)?,
                if_match: None,
                fingerprint: fingerprint.ok_or_else(|| lacks("fingerprint"))?,
                write_id,
                edit_timestamp: time,
            }),
            Work::Delete => Command::Delete(Delete { id, author, write_id, delete_timestamp: time }),
        })
    }
}

impl Print {
    fn read(self) -> Result<Fingerprint, Unreadable> {
        let mut digest = [0; 32];
        hex::decode_to_slice(&self.digest, &mut digest).map_err(unreadable)?;
        Ok(Fingerprint { version: self.version, digest })
    }
}

fn revision(body: EditBody) -> Result<Revision, Unreadable> {
    match (body.content, body.append) {
        (Some(text), None) => Ok(Revision::Content(text)),
        (None, Some(text)) => Ok(Revision::Append(text)),
        _ => Err(Unreadable("an edit either sets or appends".to_owned())),
    }
}

fn unreadable(error: impl std::fmt::Display) -> Unreadable {
    Unreadable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{append, create, create_under, delete_by, edit, new_id};

    #[test]
    fn what_is_read_is_what_was_written() {
        let commands: Vec<Command> = vec![
            create(new_id(), "hello \u{1f30d}\n\"quoted\"").into(),
            create_under("Key-1", "hello").into(),
            edit(new_id(), "Key-2", append("!")).into(),
            edit(new_id(), "Key-3", Revision::Content("new".to_owned())).into(),
            delete_by(1, new_id()),
        ];
        for command in commands {
            let record = Record { command, until_ms: 7 };
            let read = Record::decode(&record.encode().unwrap()).unwrap();
            assert_eq!(format!("{read:?}"), format!("{record:?}"));
        }
    }

    #[test]
    fn what_was_written_by_version_1_stays_readable() {
        let payload = r#"{"version":"1","author":"00000000-0000-0000-0000-000000000001",
            "post":"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b","write_id":"11111111-1111-4111-8111-111111111111",
            "time_ms":1700000000123,"work":"delete"}"#;
        let record = Record::decode(payload).unwrap();
        assert!(matches!(record.command, Command::Delete(_)));
        for bad in
            ["", "{}", r#"{"version":"2"}"#, &payload.replace("\"delete\"", r#"{"create":{"content":""}}"#)]
        {
            assert!(Record::decode(bad).is_err(), "{bad}");
        }
    }
}
