//! Whether the browser's program has taken over the page.

use leptos::prelude::*;

/// False on the server and in the first client render, which must equal the server's; true from the first
/// effect on.
#[derive(Clone, Copy)]
pub struct Ready(RwSignal<bool>);

impl Ready {
    /// Provides it; called once, at the root.
    pub fn provide() {
        let ready = RwSignal::new(false);
        // Effects run in the browser alone, after the page has been taken over.
        Effect::new(move |_| ready.set(true));
        provide_context(Self(ready));
    }

    pub fn of_page() -> Self {
        use_context().unwrap_or_else(|| Self(RwSignal::new(false)))
    }

    pub fn get(self) -> bool {
        self.0.get()
    }
}
