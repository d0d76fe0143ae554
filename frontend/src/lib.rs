//! The browser's hands: what the pure machine decides is done here.
//!
//! | module | what it does |
//! |---|---|
//! | `driver` | the one loop: events in, the machine's commands out, the page's signals set |
//! | `storage` | keeps unsent posts, in IndexedDB or at worst in memory |
//! | `transport` | sends a request and reads its answer |
//! | `feed` | the stored posts of the room |
//! | `live` | keeps a stream of live updates open |
//! | `lab` | carries out experiments and records what the browser sees of them |
//! | `methods` | sends what is measured of HTTP's methods |
//! | `outage` | pulls the plug, looks at the server's log, has it replayed |
//! | `draft` | the draft in the composer and its id |
//! | `tour` | remembers how far somebody got in the tour |
//! | `locks`, `channel` | several tabs: who sends, and word to the others |
//! | `page` | what the server states in the page |
//! | `browser` | the browser's hints, and favours it may refuse |
//! | `clock` | time and randomness |

mod browser;
mod channel;
mod clock;
mod draft;
mod driver;
mod feed;
mod lab;
mod live;
mod locks;
mod methods;
mod outage;
mod page;
mod storage;
mod tour;
mod transport;

use app::outbox_handle::OutboxHandle;
use futures::channel::mpsc::unbounded;
use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

use crate::driver::Happening;

/// Takes over the page that the server rendered.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(|| {
        let (tell, happenings) = unbounded();
        let asks = tell.clone();
        let handle = OutboxHandle::new(move |ask| driver::say(&asks, Happening::Asked(ask)));
        provide_context(handle);
        provide_context(lab::handle());
        provide_context(methods::handle());
        provide_context(outage::handle(handle));
        provide_context(tour::handle());
        spawn_local(driver::run(handle, tell, happenings));
        app::App()
    });
}
