//! An attempt ended: what follows for its item and for the queue.

use crate::backoff::Backoff;
use crate::post::Post;
use crate::problem::{Problem, ProblemName};
use crate::time::Millis;
use crate::wire::{PostState, StatusAnswer};

use super::answer::{Answer, Verdict, judge, reason};
use super::attempts::{AttemptOutcome, AttemptRecord};
use super::command::Command;
use super::item::{Acked, Gone, Item, Operation, Reason, ReasonKind, State, Try, Wish};
use super::machine::{Outbox, Step};

impl Outbox {
    pub(super) fn answered(&mut self, of: Try, answer: &Answer, step: &mut Step) {
        let Some(item) = self.items.get(&of.id) else {
            self.land(of, AttemptOutcome::Told, Some(answer.status), step);
            return;
        };
        let verdict = judge(item, of.operation, answer);
        let awaited = self.land(of, outcome(&verdict), Some(answer.status), step);
        match verdict {
            Verdict::Stored { post, replayed } => self.stored(*post, replayed, awaited, step),
            Verdict::QueuedOnServer => self.queued_on_server(of, awaited, step),
            Verdict::Removed => self.removed(of, step),
            // What follows says only that one attempt settled nothing, or could not: late, it says nothing.
            _ if !awaited => {}
            Verdict::Status(status) => self.told(of, *status, step),
            Verdict::TryAgain { unknown, not_before_ms } => self.fail(of, unknown, not_before_ms, step),
            Verdict::NotSignedIn => self.pause(of, step),
            Verdict::NeedsUser(reason) => self.refused(of, State::NeedsUser { reason }, step),
            Verdict::Deleted => {
                let gone = State::Gone { why: Gone::Deleted, at: step.now.wall_ms };
                self.refused(of, gone, step);
            }
        }
    }

    pub(super) fn unanswered(&mut self, of: Try, step: &mut Step) {
        if self.land(of, AttemptOutcome::Unknown, None, step) {
            self.fail(of, true, None, step);
        }
    }

    /// Ends the flight of `of` and records it; false where it is not the one under way.
    fn land(&mut self, of: Try, outcome: AttemptOutcome, status: Option<u16>, step: &mut Step) -> bool {
        let Some(flight) = self.flight.take_if(|flight| flight.of == of) else {
            return false;
        };
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
    pub(super) fn fail(&mut self, of: Try, unknown: bool, wait: Option<Millis>, step: &mut Step) {
        let random = [step.draw(), step.draw()];
        let since = self.items.get(&of.id).map_or(0, |item| item.trying_since);
        let too_old = self.age(since, step.now) >= self.config.give_up_ms;
        let Some(item) = self.items.get_mut(&of.id) else { return };
        let now = step.now.monotonic_ms;
        let gate = self.pace.fail(now, item.failures, wait, random);
        if of.operation == Operation::Status {
            self.polls.insert(of.id, gate.at);
            return;
        }
        // What was seen in the feed meanwhile is settled, whatever became of the request.
        if !matches!(item.state, State::Sending { .. }) {
            return;
        }
        item.failures = item.failures.saturating_add(1);
        item.uncertain |= unknown;
        let wall = |moment: Millis| step.now.wall_ms + moment.saturating_sub(now);
        item.state = if too_old {
            State::NeedsUser { reason: Reason::of(ReasonKind::TooOld) }
        } else {
            State::Waiting { next_at: wall(gate.at), not_before: gate.not_before.map(wall) }
        };
        step.change(of.id);
    }

    /// The server does not know who is calling: nothing is sent until there is an identity.
    fn pause(&mut self, of: Try, step: &mut Step) {
        let random = [step.draw(), step.draw()];
        let Some(item) = self.items.get_mut(&of.id) else { return };
        self.pace.fail(step.now.monotonic_ms, item.failures, None, random);
        if matches!(item.state, State::Sending { .. }) {
            item.failures = item.failures.saturating_add(1);
            item.state = State::PausedAuth;
            step.commands.push(Command::RenewIdentity);
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
        step.change(item.id);
    }
    true
}

const fn outcome(verdict: &Verdict) -> AttemptOutcome {
    match verdict {
        Verdict::Stored { replayed: true, .. } => AttemptOutcome::Replayed,
        Verdict::Stored { replayed: false, .. } => AttemptOutcome::Created,
        Verdict::QueuedOnServer => AttemptOutcome::QueuedOnServer,
        Verdict::Removed => AttemptOutcome::Removed,
        Verdict::Status(_) => AttemptOutcome::Told,
        Verdict::TryAgain { unknown: true, .. } => AttemptOutcome::Unknown,
        Verdict::TryAgain { unknown: false, .. } => AttemptOutcome::TryAgain,
        Verdict::NotSignedIn => AttemptOutcome::NotSignedIn,
        Verdict::NeedsUser(_) => AttemptOutcome::Refused,
        Verdict::Deleted => AttemptOutcome::Deleted,
    }
}
