//! The press of the first screen. It may come before what it sets off: the composer is taken over first, and whatever
//! shows a run arrives later.

use leptos::prelude::*;

/// What the composer and the screen below it know of each other.
#[derive(Clone, Copy)]
pub struct Press {
    /// Whether this browser can mint ids; without them the form is left to the browser.
    pub able: RwSignal<bool>,
    /// The text of a press that nobody has carried out yet.
    pub waiting: RwSignal<Option<String>>,
    /// Whether a run goes on, or its picture still does.
    pub moving: RwSignal<bool>,
    /// Why a press was not taken; empty where it was.
    pub problem: RwSignal<&'static str>,
    /// How often the composer was taken over. Only the last one to do so listens.
    holders: RwSignal<usize>,
}

impl Press {
    pub fn new(able: bool) -> Self {
        Self {
            able: RwSignal::new(able),
            waiting: RwSignal::default(),
            moving: RwSignal::default(),
            problem: RwSignal::default(),
            holders: RwSignal::default(),
        }
    }

    /// The press of this page, which may have happened; else one that is still to come.
    pub fn of_page() -> Self {
        use_context().unwrap_or_else(|| Self::new(false))
    }

    /// Listens from here on, in the place of whoever did; tells whether that is still so.
    pub(super) fn hold(self) -> impl Fn() -> bool + Copy + Send + Sync + 'static {
        self.let_go();
        let holder = self.holders.get_untracked();
        move || self.holders.get_untracked() == holder
    }

    /// Nobody listens any more: a press is the browser's again.
    pub fn let_go(self) {
        self.holders.update_untracked(|holders| *holders += 1);
    }

    pub fn is_busy(self) -> bool {
        self.moving.get() || self.waiting.with(Option::is_some)
    }

    pub fn is_busy_untracked(self) -> bool {
        self.moving.get_untracked() || self.waiting.with_untracked(Option::is_some)
    }
}
