//! The lab's hands: one press is one run, which each compared design goes through on its own.
//!
//! | module | what it does |
//! |---|---|
//! | `run` | one run, from the press to the rows read from the database |
//! | `arrivals` | which requests the server still has to finish |
//! | `ledger` | the server's side of a run, as its ledger streams it |
//! | `memory` | keeps the last run over a reload |

mod arrivals;
mod ledger;
mod memory;
mod run;

use app::lab_handle::{LabAsk, LabHandle, RunState};
use app::outbox_handle::Copied;
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use leptos::prelude::*;
use protocol::outbox::{Answer, NoAnswer};
use protocol::trace::Lane;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

use crate::{browser, clock};
use ledger::Word;
use run::Run;

/// What the loop hears of. What belongs to a run that is over is left aside.
enum Happening {
    Asked(LabAsk),
    Answered { run: Uuid, lane: Lane, attempt: u32, result: Result<Answer, NoAnswer> },
    Ledger { run: Uuid, word: Word },
}

type Teller = UnboundedSender<Happening>;

/// A handle that this module serves for as long as the page lives.
pub(crate) fn handle() -> LabHandle {
    let (tell, happenings) = unbounded();
    let asks = tell.clone();
    let handle = LabHandle::new(clock::monotonic_ms, move |ask| say(&asks, Happening::Asked(ask)));
    spawn_local(serve(handle, tell, happenings));
    handle
}

async fn serve(handle: LabHandle, tell: Teller, mut happenings: UnboundedReceiver<Happening>) {
    // Without a cryptographic source no ids can be minted, and nothing is taken over.
    handle.origin.set(browser::origin());
    handle.able.set(clock::mint().is_some());
    while let Some(happening) = happenings.next().await {
        match happening {
            Happening::Asked(LabAsk::Run(scenario)) => match Run::new(handle, tell.clone(), *scenario) {
                Some(run) => run.carry_out(&mut happenings).await,
                None => handle.state.set(RunState::Idle),
            },
            Happening::Asked(ask) => obey(handle, ask),
            Happening::Answered { .. } | Happening::Ledger { .. } => (),
        }
    }
}

/// What can be asked at any time.
fn obey(handle: LabHandle, ask: LabAsk) {
    match ask {
        LabAsk::Copy(text) => {
            browser::copy(&text, move |copied| handle.copied.set(Some(copied == Copied::Done)));
        }
        LabAsk::Address(path) => browser::show_address(&path),
        LabAsk::Recall(scenario) => memory::recall(handle, &scenario),
        LabAsk::Run(_) | LabAsk::TryNow | LabAsk::Stop => (),
    }
}

/// Tells the loop. Once the page is gone nobody listens.
fn say(tell: &Teller, happening: Happening) {
    let _ = tell.unbounded_send(happening);
}
