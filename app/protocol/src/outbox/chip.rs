//! The words that tell a user where an item stands. They are never colour alone, and never say *failed* while
//! the outcome is unknown.

use crate::backoff::{JITTER_MS, RETRY_AFTER_MAX_MS};
use crate::time::Now;

use super::item::{Acked, Item, Obstacle, ReasonKind, State, Wish};

/// What is said of an item of which nobody knows whether it is posted.
pub const NO_ANSWER_YET: &str = "No answer yet. It may already be posted; trying again is safe.";

/// What is said where an answer is not the server's.
const SOMETHING_ELSE: &str = "Something between you and the server answered instead of it";

/// What is said where every request looks as if another site had sent it.
const CROSS_SITE: &str = "The server takes this page for another site's: a proxy in front of it replaces the Host \
                          header. Whoever runs this site can mend that; your text stays here.";

/// After this long of trying, a user is told that it is still being tried.
const STILL_TRYING_MS: u64 = 5 * 60_000;

/// Where an item stands, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    pub state: ChipState,
    pub words: String,
    /// A sentence below, where one is needed.
    pub note: Option<String>,
    /// It has been tried for five minutes or more.
    pub still_trying: bool,
    /// What the user can do about it.
    pub actions: Vec<Action>,
}

/// The value of `data-state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChipState {
    Saved,
    Sending,
    Waiting,
    Posted,
    Replayed,
    Queued,
    NeedsYou,
}

impl ChipState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Sending => "sending",
            Self::Waiting => "waiting",
            Self::Posted => "posted",
            Self::Replayed => "replayed",
            Self::Queued => "queued",
            Self::NeedsYou => "needs-you",
        }
    }
}

/// What the user can do about an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    TryNow,
    /// Nothing was sent yet: it is simply taken back.
    Cancel,
    /// Something was sent: it is deleted where it may have arrived.
    MakeSureItIsGone,
    Retry,
    EditAsNew,
    CopyText,
    Discard,
}

impl Action {
    pub const fn label(self) -> &'static str {
        match self {
            Self::TryNow => "Try now",
            Self::Cancel => "Cancel",
            Self::MakeSureItIsGone => "Stop, and make sure it is gone",
            Self::Retry => "Retry",
            Self::EditAsNew => "Edit as new",
            Self::CopyText => "Copy text",
            Self::Discard => "Discard",
        }
    }
}

/// The chip of an item; none for one that is gone. `online` is the browser's hint.
pub fn chip(item: &Item, now: Now, online: bool) -> Option<Chip> {
    let (state, words) = standing(item, now, online)?;
    let settled = item.is_receipt() || item.is_queued_on_server();
    let words = if item.wish == Wish::Remove && !settled { removing(item, &words) } else { words };
    Some(Chip {
        state,
        words,
        note: note(item),
        still_trying: item.is_unsent() && item.tried_ms >= STILL_TRYING_MS,
        actions: actions(item),
    })
}

fn standing(item: &Item, now: Now, online: bool) -> Option<(ChipState, String)> {
    let (state, words) = match &item.state {
        State::Queued => (ChipState::Saved, "Saved on this device".to_owned()),
        State::Sending { attempt: 0 | 1, .. } => (ChipState::Sending, "Sending".to_owned()),
        State::Sending { attempt, .. } => (ChipState::Sending, format!("Sending, try {attempt}")),
        State::Waiting { .. } if !online => (ChipState::Waiting, "Waiting for connection".to_owned()),
        State::Waiting { next_at, .. } => {
            let wait = next_at.saturating_sub(now.wall_ms).min(RETRY_AFTER_MAX_MS + JITTER_MS);
            let seconds = wait.div_ceil(1_000).max(1);
            (ChipState::Waiting, format!("Waiting, next try in {seconds} s"))
        }
        State::PausedAuth => (ChipState::Waiting, "Waiting for your session".to_owned()),
        State::NeedsUser { .. } => (ChipState::NeedsYou, "Needs you".to_owned()),
        State::Acked { how: Acked::Created, .. } => (ChipState::Posted, "Posted".to_owned()),
        State::Acked { how: Acked::Replayed, .. } => {
            (ChipState::Replayed, "Posted (retry recognised)".to_owned())
        }
        State::Acked { how: Acked::QueuedOnServer { .. }, .. } => {
            (ChipState::Queued, "Queued on the server".to_owned())
        }
        State::Gone { .. } => return None,
    };
    Some((state, words))
}

/// The same standing of an item that the user wants gone.
fn removing(item: &Item, words: &str) -> String {
    match item.state {
        State::Queued | State::Sending { .. } => "Making sure it is gone".to_owned(),
        State::Waiting { .. }
        | State::PausedAuth
        | State::NeedsUser { .. }
        | State::Acked { .. }
        | State::Gone { .. } => format!("Making sure it is gone: {}", words.to_lowercase()),
    }
}

fn note(item: &Item) -> Option<String> {
    if item.is_receipt() || item.is_queued_on_server() {
        return None;
    }
    if let State::NeedsUser { reason } = &item.state {
        let removing = item.wish == Wish::Remove;
        return (!removing || reason.kind == ReasonKind::Intercepted).then(|| why(reason.kind).to_owned());
    }
    match item.obstacle {
        Some(Obstacle::Intercepted { answers: 1 }) => {
            Some(format!("{SOMETHING_ELSE}. Trying again is safe."))
        }
        Some(Obstacle::Intercepted { answers }) => {
            Some(format!("{SOMETHING_ELSE}, {answers} times. Trying again is safe."))
        }
        Some(Obstacle::CrossSite) => Some(CROSS_SITE.to_owned()),
        None if item.wish == Wish::Remove => None,
        None => item.uncertain.then(|| NO_ANSWER_YET.to_owned()),
    }
}

/// Why the user is asked.
const fn why(kind: ReasonKind) -> &'static str {
    match kind {
        ReasonKind::KeyReused => "Another text is posted under this id. Compare the two.",
        ReasonKind::IdUnavailable => "This id cannot be used. Post it as new.",
        ReasonKind::InvalidContent => "This text cannot be stored as it is.",
        ReasonKind::Refused => "The server refused it.",
        ReasonKind::TooOld => "It was tried for seven days without an answer.",
        ReasonKind::OtherIdentity => "It was written under another identity of this browser.",
        ReasonKind::Intercepted => {
            "Something between you and the server keeps answering this one in the server's place, while others \
             get through. It may dislike the text."
        }
    }
}

fn actions(item: &Item) -> Vec<Action> {
    let stop = if item.attempts == 0 && !item.uncertain { Action::Cancel } else { Action::MakeSureItIsGone };
    let removing = item.wish == Wish::Remove;
    match &item.state {
        State::NeedsUser { reason } if reason.kind == ReasonKind::OtherIdentity => {
            vec![Action::EditAsNew, Action::CopyText, Action::Discard]
        }
        State::NeedsUser { .. } => {
            vec![Action::Retry, Action::EditAsNew, Action::CopyText, Action::Discard]
        }
        State::Waiting { .. } if removing => vec![Action::TryNow],
        State::Waiting { .. } => vec![Action::TryNow, stop],
        State::PausedAuth if removing => vec![Action::Retry],
        State::PausedAuth => vec![Action::Retry, stop],
        State::Queued | State::Sending { .. } if !removing => vec![stop],
        State::Queued | State::Sending { .. } | State::Acked { .. } | State::Gone { .. } => Vec::new(),
    }
}
