//! The browser's hands: what the pure machine decides is done here.
//!
//! | module | what it does |
//! |---|---|
//! | `first_screen` | the composer of the first screen, which answers before its part is there |
//! | `interaction` | when the rest of the first screen is fetched |
//! | `parts` | everything else, fetched as the page at hand needs it |
//! | `reload` | what is done where a part cannot be fetched |
//! | `driver` | the one loop: events in, the machine's commands out, the page's signals set |
//! | `storage` | keeps unsent posts, in IndexedDB or at worst in memory |
//! | `spent` | forgets the draft that the form alone has posted |
//! | `transport` | sends a request and reads its answer |
//! | `feed` | the stored posts of the room |
//! | `live` | keeps a stream of live updates open |
//! | `lab` | carries out experiments and records what the browser sees of them |
//! | `methods` | sends what is measured of HTTP's methods |
//! | `outage` | pulls the plug, looks at the server's log, has it replayed |
//! | `draft` | the draft in the composer and its id |
//! | `tour` | remembers how far somebody got in the tour |
//! | `locks`, `channel` | several tabs: who sends, and word to the others |
//! | `unaided` | what is done with a page that somebody changed, and after a panic |
//! | `page` | what the server states in the page |
//! | `browser` | the browser's hints, and favours it may refuse |
//! | `clock` | time and randomness |

mod browser;
mod channel;
mod clock;
mod draft;
mod driver;
mod feed;
mod first_screen;
mod interaction;
mod lab;
mod live;
mod locks;
mod methods;
mod outage;
mod page;
mod parts;
mod reload;
mod spent;
mod storage;
mod tour;
mod transport;
mod unaided;

use app::parts::Part;
use js_sys::Function;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::spawn_local;

use crate::first_screen::FirstScreen;

/// Takes over the page that the server rendered: the first screen's composer at once, and the rest of it when the page
/// is used; every other page as soon as its part of the program has arrived. `prepare` and `give_up` are the page's own:
/// whether it is as it was sent, and how it goes on without its program.
#[wasm_bindgen]
pub fn hydrate(prepare: Function, give_up: Function) {
    unaided::listen(prepare, give_up);
    if unaided::prepare().is_none() {
        return;
    }
    let first = FirstScreen::take_over();
    spawn_local(async move {
        if first.is_some() {
            interaction::first().await;
        }
        let press = first.as_ref().map(|first| first.press);
        let leaving = reload::Leaving::watch();
        let taken = parts::take_over(Part::of(&page::path()), press).await;
        let is_left = leaving.end();
        match taken {
            Ok(()) => reload::forget(),
            Err(_) => {
                let pressed = first.as_ref().is_some_and(FirstScreen::is_pressed);
                if let Some(first) = first {
                    first.give_back();
                }
                if !pressed && !is_left {
                    reload::once();
                }
            }
        }
    });
}
