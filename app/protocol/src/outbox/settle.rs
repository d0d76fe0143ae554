//! An attempt ended: what follows for its item and for the queue.

use crate::backoff::{Backoff, JITTER_MS, RETRY_AFTER_MAX_MS};
use crate::key::PostId;
use crate::post::Post;
use crate::problem::{Problem, ProblemName};
use crate::time::Millis;
use crate::wire::{PostState, StatusAnswer};

use super::answer::{Answer, Verdict, judge, reason};
use super::attempts::{AttemptOutcome, AttemptRecord};
use super::command::Command;
use super::item::{Acked, Gone, Item, Obstacle, Operation, Reason, ReasonKind, State, Try, Wish};
use super::machine::{Outbox, Step};

/// The longest stretch between two failures that counts as trying: the longest wait that a server can ask for.
const TRIED_MAX_MS: Millis = RETRY_AFTER_MAX_MS + JITTER_MS;

impl Outbox {
    pub(super) fn answered(&mut self, of: Try, answer: &Answer, step: &mut Step) {
        let Some(item) = self.items.get(&of.id) else {
            self.land(of, AttemptOutcome::Told, Some(answer.status), step);
            return;
        };
        let verdict = judge(item, of.operation, answer);
        let awaited = self.land(of, outcome(&verdict), Some(answer.status), step);
        let stood_in = self.stand_in.take_if(|id| *id == of.id).is_some();
        if stood_in && awaited && is_the_servers(&verdict) {
            self.step_aside(step);
        }
        match verdict {
            Verdict::Stored { post, replayed } => self.stored(*post, replayed, awaited, step),
            Verdict::QueuedOnServer => self.queued_on_server(of, awaited, step),
            Verdict::Removed => self.removed(of, step),
            // What follows says only that one attempt settled nothing, or could not: late, it says nothing.
            _ if !awaited => {}
            Verdict::Status(status) => self.told(of, *status, step),
            Verdict::TryAgain { unknown, not_before_ms } => self.fail(of, unknown, not_before_ms, None, step),
            Verdict::Intercepted { not_before_ms } => self.intercepted(of, not_before_ms, stood_in, step),
            Verdict::CrossSite => self.fail(of, false, None, Some(Obstacle::CrossSite), step),
            Verdict::NotSignedIn => self.pause(of, false, step),
            Verdict::OtherIdentity { unknown } => self.pause(of, unknown, step),
            Verdict::NeedsUser(reason) => self.refused(of, State::NeedsUser { reason }, step),
            Verdict::Deleted => {
                let gone = State::Gone { why: Gone::Deleted, at: step.now.wall_ms };
                self.refused(of, gone, step);
            }
        }
    }

    pub(super) fn unanswered(&mut self, of: Try, step: &mut Step) {
        if self.land(of, AttemptOutcome::Unknown, None, step) {
            self.stand_in = None;
            // Silence says nothing of what stood in the way before.
            let obstacle = self.items.get(&of.id).and_then(|item| item.obstacle);
            self.fail(of, true, None, obstacle, step);
        }
    }

    /// Ends the flight of `of` and records it; false where it is not the one under way.
    fn land(&mut self, of: Try, outcome: AttemptOutcome, status: Option<u16>, step: &mut Step) -> bool {
        let Some(flight) = self.flight.take_if(|flight| flight.of == of) else {
            return false;
        };
        if self.items.get(&of.id).is_some_and(|item| item.owner != self.user && item.is_unsent()) {
            // The identity changed while it was under way.
            step.doubt_identity();
        }
        let record = AttemptRecord {
            of,
            started_at: flight.started.wall_ms,
            duration_ms: step.now.monotonic_ms.saturating_sub(flight.started.monotonic_ms),
            outcome,
            status,
            fault: flight.fault,
        };
        self.attempts.push(record.clone());
        step.commands.push(Command::Record(record));
        true
    }

    /// The post is stored. Where the user wants it gone, the deletion follows.
    fn stored(&mut self, post: Post, replayed: bool, awaited: bool, step: &mut Step) {
        self.pace.succeed();
        let Some(item) = self.items.get_mut(&post.id) else { return };
        if item.wish == Wish::Remove {
            return delete_next(item, awaited, step);
        }
        let how = if replayed { Acked::Replayed } else { Acked::Created };
        if settle(item, how, step) {
            step.commands.push(Command::Stored(Box::new(post)));
        }
    }

    fn queued_on_server(&mut self, of: Try, awaited: bool, step: &mut Step) {
        self.pace.succeed();
        let delay = Backoff::default().delay(0, step.draw());
        let Some(item) = self.items.get_mut(&of.id) else { return };
        if item.wish == Wish::Remove {
            return delete_next(item, awaited, step);
        }
        // A late 202 is older than whatever is known of the item by then.
        let how = Acked::QueuedOnServer { polls: 0, next_at: step.now.wall_ms + delay };
        if item.is_unsent() && settle(item, how, step) {
            self.polls.insert(of.id, step.now.monotonic_ms + delay);
        }
    }

    fn removed(&mut self, of: Try, step: &mut Step) {
        self.pace.succeed();
        let Some(item) = self.items.get_mut(&of.id) else { return };
        if !matches!(item.state, State::Gone { .. }) {
            item.state = State::Gone { why: Gone::Cancelled, at: step.now.wall_ms };
            item.uncertain = false;
            step.change(of.id);
        }
    }

    /// A poll was answered.
    fn told(&mut self, of: Try, status: StatusAnswer, step: &mut Step) {
        self.pace.refuse();
        let random = step.draw();
        let Some(item) = self.items.get_mut(&of.id) else { return };
        let State::Acked { how: Acked::QueuedOnServer { polls, .. }, .. } = item.state else { return };
        let polls = polls.saturating_add(1);
        let at = step.now.wall_ms;
        match status.state {
            PostState::Queued => {
                let delay = Backoff::default().delay(polls, random);
                let how = Acked::QueuedOnServer { polls, next_at: at + delay };
                item.state = State::Acked { how, at };
                self.polls.insert(of.id, step.now.monotonic_ms + delay);
            }
            PostState::Stored => item.state = State::Acked { how: Acked::Created, at },
            PostState::Absent => item.state = State::Queued,
            PostState::Deleted => item.state = State::Gone { why: Gone::Deleted, at },
            PostState::Rejected => item.state = rejected(status.problem, at),
        }
        step.change(of.id);
    }

    /// A retriable failure: the queue waits, and the item says until when.
    pub(super) fn fail(
        &mut self,
        of: Try,
        unknown: bool,
        wait: Option<Millis>,
        obstacle: Option<Obstacle>,
        step: &mut Step,
    ) {
        let random = [step.draw(), step.draw()];
        let now = step.now.monotonic_ms;
        // A page that slept was not trying.
        let tried = now.saturating_sub(self.tried_at.insert(of.id, now).unwrap_or(now)).min(TRIED_MAX_MS);
        let session = self.session;
        let Some(item) = self.items.get_mut(&of.id) else { return };
        let gate = self.pace.fail(now, item.failures, wait, random);
        if of.operation == Operation::Status {
            self.polls.insert(of.id, gate.at);
            return;
        }
        if obstacle.is_none() {
            self.intercepted_since.remove(&of.id);
        }
        // What was seen in the feed meanwhile is settled, whatever became of the request; and what another tab
        // sends by now is that one's to tell.
        if !item.is_sent_by(session, of) {
            return;
        }
        item.failures = item.failures.saturating_add(1);
        item.uncertain |= unknown;
        item.obstacle = obstacle;
        item.tried_ms = item.tried_ms.saturating_add(tried);
        let too_old =
            item.tried_ms >= self.config.give_up_ms && item.failures >= self.config.give_up_attempts;
        let wall = |moment: Millis| step.now.wall_ms + moment.saturating_sub(now);
        item.state = if too_old {
            State::NeedsUser { reason: Reason::of(ReasonKind::TooOld) }
        } else {
            State::Waiting { next_at: wall(gate.at), not_before: gate.not_before.map(wall) }
        };
        step.change(of.id);
        if item.owner != self.user {
            // The identity changed while it was under way, or was to be.
            step.doubt_identity();
        }
    }

    /// Something else answered. An item that keeps meeting this may be the only one, as where a firewall dislikes
    /// its text: so the next is tried in its place, at once, since a moment later the network may be well again.
    fn intercepted(&mut self, of: Try, wait: Option<Millis>, stood_in: bool, step: &mut Step) {
        let now = step.now.monotonic_ms;
        self.intercepted_since.entry(of.id).or_insert(now);
        let answers = self.items.get(&of.id).map_or(0, Item::intercepted).saturating_add(1);
        if stood_in {
            // Else the second of two would wait for its turn as long as the first has come to wait.
            self.pace.at_the_pace_of(self.items.get(&of.id).map_or(0, |item| item.failures));
        }
        self.fail(of, true, wait, Some(Obstacle::Intercepted { answers }), step);
        if !stood_in && self.items.get(&of.id).is_some_and(|item| self.is_barred(item, now)) {
            self.stand_in = self.next_not_barred(of.id, now);
        }
    }

    /// Whether it has met answers that are not the server's often enough, and for long enough.
    fn is_barred(&self, item: &Item, now: Millis) -> bool {
        let since = self.intercepted_since.get(&item.id).copied().unwrap_or(now);
        item.is_unsent()
            && item.intercepted() >= self.config.barred_answers
            && now.saturating_sub(since) >= self.config.barred_ms
    }

    /// Whom to try in the place of one that is barred: of its own room before others.
    fn next_not_barred(&self, barred: PostId, now: Millis) -> Option<PostId> {
        let room = self.items.get(&barred).map(Item::room)?;
        let free = self.mine().filter(|item| item.is_unsent() && !self.is_barred(item, now));
        free.min_by_key(|item| (item.room() != room, item.seq, item.id)).map(|item| item.id)
    }

    /// The server answered another item: what is barred is so by itself, and makes way.
    fn step_aside(&mut self, step: &mut Step) {
        let now = step.now.monotonic_ms;
        let barred: Vec<PostId> =
            self.mine().filter(|item| self.is_barred(item, now)).map(|item| item.id).collect();
        for id in barred {
            if let Some(item) = self.items.get_mut(&id) {
                item.state = State::NeedsUser { reason: Reason::of(ReasonKind::Intercepted) };
                step.change(id);
            }
        }
    }

    /// The server does not know who is calling, or the session is somebody else's: nothing is sent until it is known
    /// whose it is.
    fn pause(&mut self, of: Try, unknown: bool, step: &mut Step) {
        let random = [step.draw(), step.draw()];
        let session = self.session;
        let Some(item) = self.items.get_mut(&of.id) else { return };
        self.pace.fail(step.now.monotonic_ms, item.failures, None, random);
        if item.is_sent_by(session, of) {
            item.failures = item.failures.saturating_add(1);
            item.uncertain |= unknown;
            item.state = State::PausedAuth;
            step.doubt_identity();
            step.change(of.id);
        }
    }

    /// The server said no, for good. A wish that came meanwhile to have it gone is still carried out.
    fn refused(&mut self, of: Try, state: State, step: &mut Step) {
        self.pace.refuse();
        let Some(item) = self.items.get_mut(&of.id) else { return };
        if !matches!(item.state, State::Sending { .. }) {
            return;
        }
        let overtaken = item.wish == Wish::Remove && of.operation == Operation::Create;
        item.state = if overtaken { State::Queued } else { state };
        item.failures = 0;
        item.obstacle = None;
        step.change(of.id);
    }

    /// Posts in a page or on the live stream are answers too, if they are ours and say what we sent.
    pub(super) fn seen(&mut self, posts: &[Post], step: &mut Step) {
        for post in posts {
            let Some(item) = self.items.get_mut(&post.id) else { continue };
            let ours = post.user_id == item.owner && post.content == item.body.content;
            let asks_anyway = self.config.confirm_seen && item.is_unsent();
            let settled = item.is_receipt() || item.wish == Wish::Remove;
            if ours && !asks_anyway && !settled {
                settle(item, Acked::Created, step);
            }
        }
    }
}

/// The log's record was refused when it was applied: what it would have been had the server known at once.
fn rejected(problem: Option<Problem>, at: Millis) -> State {
    if problem.as_ref().and_then(Problem::name) == Some(ProblemName::PostDeleted) {
        return State::Gone { why: Gone::Deleted, at };
    }
    let status = problem.as_ref().map_or(0, |problem| problem.status);
    State::NeedsUser { reason: reason(status, problem) }
}

/// The server has a post that the user wants gone: the deletion is next. A late answer is no news, since the
/// deletion is waiting or under way already.
fn delete_next(item: &mut Item, awaited: bool, step: &mut Step) {
    if awaited && matches!(item.state, State::Sending { .. }) {
        item.state = State::Queued;
        step.change(item.id);
    }
}

/// The server has it. True unless the item is gone; a better answer is not replaced by a lesser one.
fn settle(item: &mut Item, how: Acked, step: &mut Step) -> bool {
    if matches!(item.state, State::Gone { .. }) {
        return false;
    }
    let better = match how {
        Acked::Replayed => !matches!(item.state, State::Acked { how: Acked::Replayed, .. }),
        Acked::Created | Acked::QueuedOnServer { .. } => !item.is_receipt(),
    };
    if better {
        item.state = State::Acked { how, at: step.now.wall_ms };
        item.uncertain = false;
        item.failures = 0;
        item.obstacle = None;
        step.change(item.id);
    }
    true
}

/// Whether the server itself took or refused the intent, so that nothing stands between it and this browser.
const fn is_the_servers(verdict: &Verdict) -> bool {
    !matches!(verdict, Verdict::Intercepted { .. } | Verdict::NotSignedIn | Verdict::OtherIdentity { .. })
}

const fn outcome(verdict: &Verdict) -> AttemptOutcome {
    match verdict {
        Verdict::Stored { replayed: true, .. } => AttemptOutcome::Replayed,
        Verdict::Stored { replayed: false, .. } => AttemptOutcome::Created,
        Verdict::QueuedOnServer => AttemptOutcome::QueuedOnServer,
        Verdict::Removed => AttemptOutcome::Removed,
        Verdict::Status(_) => AttemptOutcome::Told,
        Verdict::TryAgain { unknown: true, .. } | Verdict::Intercepted { .. } => AttemptOutcome::Unknown,
        Verdict::TryAgain { unknown: false, .. } | Verdict::CrossSite => AttemptOutcome::TryAgain,
        Verdict::NotSignedIn | Verdict::OtherIdentity { .. } => AttemptOutcome::NotSignedIn,
        Verdict::NeedsUser(_) => AttemptOutcome::Refused,
        Verdict::Deleted => AttemptOutcome::Deleted,
    }
}
