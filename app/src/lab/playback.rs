//! Which moment of the recorded run is on screen.
//!
//! What happened within a millisecond cannot be followed, so marks appear one by one, at a pace that can be read.
//! Real waits are shown as long as they were. Nothing runs while there is nothing to show.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use protocol::time::Millis;
use protocol::trace::{Mark, Picture, Trace};

use crate::lab_handle::LabHandle;

/// How long a mark is looked at before the next one comes, where one side is shown.
const PACE_MS: Millis = 200;

/// The speeds that can be chosen.
pub const SPEEDS: [f64; 5] = [0.25, 0.5, 1.0, 2.0, 3.0];

#[derive(Clone, Copy)]
pub struct Playback {
    handle: LabHandle,
    /// Everything recorded so far, in causal order.
    pub marks: Memo<Vec<Mark>>,
    /// How many of them are shown.
    pub shown: RwSignal<usize>,
    /// What they show.
    pub picture: Memo<Picture>,
    /// Whether further marks appear by themselves.
    pub playing: RwSignal<bool>,
    pub speed: RwSignal<f64>,
    /// When the last mark appeared, on the browser's monotonic clock.
    since: StoredValue<Millis>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl Playback {
    /// Follows the runs of this page.
    pub fn follow(handle: LabHandle) -> Self {
        let marks = Memo::new(move |_| handle.trace.with(Trace::marks));
        let shown = RwSignal::new(0_usize);
        let picture = Memo::new(move |_| {
            marks.with(|marks| Picture::of(marks.get(..shown.get()).unwrap_or(marks.as_slice())))
        });
        let playback = Self {
            handle,
            marks,
            shown,
            picture,
            playing: RwSignal::new(true),
            speed: RwSignal::new(1.0),
            since: StoredValue::new(0),
            timer: StoredValue::new(None),
        };
        Effect::new(move |_| playback.wind());
        on_cleanup(move || playback.halt());
        playback
    }

    /// Sets the timer for the next mark, where there is one to come.
    fn wind(self) {
        self.halt();
        let (shown, speed) = (self.shown.get(), self.speed.get());
        let gap = self.marks.with(|marks| gap_before(marks, shown));
        let (true, Some(gap)) = (self.playing.get(), gap) else { return };
        let sides = self.handle.scenario.with_untracked(|it| it.as_ref().map_or(1, |it| it.compare.len()));
        let pace = PACE_MS / Millis::try_from(sides.max(1)).unwrap_or(1);
        let wait = scaled(gap.max(pace), speed);
        let passed = self.handle.now_ms().saturating_sub(self.since.get_value());
        let rest = Duration::from_millis(wait.saturating_sub(passed));
        let step = move || {
            // The page may be gone by the time the timer fires.
            if self.timer.try_set_value(None).is_none() {
                self.show(shown + 1);
            }
        };
        self.timer.set_value(set_timeout_with_handle(step, rest).ok());
    }

    fn halt(self) {
        if let Some(timer) = self.timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    }

    fn show(self, count: usize) {
        self.since.set_value(self.handle.now_ms());
        self.shown.set(count.min(self.marks.with_untracked(Vec::len)));
    }

    /// A new run begins: it is followed from its first mark.
    pub fn restart(self) {
        self.since.set_value(0);
        self.shown.set(0);
        self.playing.set(true);
    }

    /// Shows the first `count` marks and stays there.
    pub fn seek(self, count: usize) {
        self.playing.set(false);
        self.show(count);
    }

    pub fn back(self) {
        self.seek(self.shown.get_untracked().saturating_sub(1));
    }

    pub fn step(self) {
        self.seek(self.shown.get_untracked().saturating_add(1));
    }

    /// Goes on from here, or from the start where everything is shown; a second press stops.
    pub fn play(self) {
        let playing = self.playing.get_untracked();
        if !self.is_behind_untracked() && !self.handle.state.get_untracked().is_busy() {
            self.show(0);
            self.playing.set(true);
        } else {
            self.since.set_value(self.handle.now_ms());
            self.playing.set(!playing);
        }
    }

    /// Shows everything there is, and what comes.
    pub fn live(self) {
        self.show(usize::MAX);
        self.playing.set(true);
    }

    /// Whether there are recorded marks that are not shown yet.
    pub fn is_behind(self) -> bool {
        self.marks.with(Vec::len) > self.shown.get()
    }

    /// Whether the run is over and all of it is shown.
    pub fn is_at_end(self) -> bool {
        !self.handle.state.get().is_busy() && !self.is_behind()
    }

    pub fn is_moving_untracked(self) -> bool {
        self.handle.state.get_untracked().is_busy()
            || (self.playing.get_untracked() && self.is_behind_untracked())
    }

    fn is_behind_untracked(self) -> bool {
        self.marks.with_untracked(Vec::len) > self.shown.get_untracked()
    }

    /// Whether the run goes on, or its picture still does.
    pub fn is_moving(self) -> bool {
        self.handle.state.get().is_busy() || (self.playing.get() && self.is_behind())
    }
}

/// How long after the mark before it the mark at `place` happened; `None` where there is no such mark.
fn gap_before(marks: &[Mark], place: usize) -> Option<Millis> {
    let mark = marks.get(place)?;
    let before = place.checked_sub(1).and_then(|place| marks.get(place));
    Some(before.map_or(0, |before| mark.at_us.saturating_sub(before.at_us) / 1_000))
}

/// A wait of `ms` at `speed`.
fn scaled(ms: Millis, speed: f64) -> Millis {
    // Speeds are a few fixed numbers, and a float that does not fit is clamped.
    (ms as f64 / speed) as Millis
}
