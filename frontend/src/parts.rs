//! The parts of the program, each fetched on the pages that need it.

use app::components::shown::GiveUp;
use app::lab::press::Press;
use app::outbox_handle::OutboxHandle;
use app::parts::{FeedPart, LabPart, PapersPart, Part, TourPart};
use futures::channel::mpsc::unbounded;
use leptos::mount::hydrate_from;
use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use wasm_bindgen_futures::spawn_local;

use crate::driver::{self, Happening};
use crate::{lab, methods, outage, tour, unaided};

/// Fetches a part and takes over the page with it; `press` is that of a first screen that was taken over before.
///
/// # Errors
/// A file of the part could not be fetched.
pub(crate) async fn take_over(part: Part, press: Option<Press>) -> Result<(), SplitLoaderError> {
    match part {
        Part::Lab => take_over_lab(press).await,
        Part::Feed => take_over_feed().await,
        Part::Tour => take_over_tour().await,
        Part::Papers => take_over_papers().await,
    }
}

#[wasm_split(lab, wasm_split_path = leptos::wasm_split, fallible)]
fn take_over_lab(press: Option<Press>) -> Result<(), SplitLoaderError> {
    hydrate(move || {
        if let Some(press) = press {
            provide_context(press);
        }
        lend_hands();
        view! { <LabPart /> }
    });
    Ok(())
}

#[wasm_split(feed, wasm_split_path = leptos::wasm_split, fallible)]
fn take_over_feed() -> Result<(), SplitLoaderError> {
    hydrate(|| {
        lend_hands();
        view! { <FeedPart /> }
    });
    Ok(())
}

#[wasm_split(tour, wasm_split_path = leptos::wasm_split, fallible)]
fn take_over_tour() -> Result<(), SplitLoaderError> {
    hydrate(|| {
        lend_hands();
        view! { <TourPart /> }
    });
    Ok(())
}

#[wasm_split(papers, wasm_split_path = leptos::wasm_split, fallible)]
fn take_over_papers() -> Result<(), SplitLoaderError> {
    hydrate(|| {
        lend_hands();
        view! { <PapersPart /> }
    });
    Ok(())
}

/// Takes over the page as it was sent; one that somebody changed for good stays what it is.
fn hydrate<N: IntoView>(view: impl FnOnce() -> N + 'static) {
    if let Some(page) = unaided::prepare() {
        hydrate_from(page, view).forget();
    }
}

/// Gives the page the browser's hands, and sets the outbox going: unsent posts are sent from whatever page is open.
fn lend_hands() {
    let (tell, happenings) = unbounded();
    let asks = tell.clone();
    let handle = OutboxHandle::new(move |ask| driver::say(&asks, Happening::Asked(ask)));
    provide_context(handle);
    provide_context(GiveUp(unaided::give_up));
    provide_context(lab::handle());
    provide_context(methods::handle());
    provide_context(outage::handle(handle));
    provide_context(tour::handle());
    spawn_local(driver::run(handle, tell, happenings));
}
