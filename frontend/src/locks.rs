//! Web Locks, where the browser has them: a lock held by a tab goes free by itself when the tab dies.
//!
//! `web-sys` hides its own binding behind a compiler flag for the whole build; these few lines do without.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AbortController;

#[wasm_bindgen]
extern "C" {
    /// `navigator.locks`.
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &JsValue,
        callback: &Function,
    ) -> Result<Promise, JsValue>;
}

thread_local! {
    /// Whether a lock was ever seen to work; none is asked for before that is known.
    static WORK: Cell<bool> = const { Cell::new(false) };
}

/// How long the trial of a lock may take, in slices: a page that is busy uses up one of them, not all.
const TRIAL_SLICES: usize = 5;
const SLICE_MS: u32 = 400;

/// Tries whether locks work: one that is free must be granted. In some windows they reject, resolve to nothing, or
/// never settle, which is the same as having none. Called once, before the first lock is asked for.
pub(crate) async fn try_out() {
    let (tell, told) = futures::channel::oneshot::channel();
    let tell = Cell::new(Some(tell));
    let Some(name) = crate::clock::unguessable() else { return };
    let lock = Lock::request(manager(), &format!("trial-{name}"), How::IfFree, move |turn| {
        if let Some(tell) = tell.take() {
            // Nobody listens any more once the trial is over.
            let _ = tell.send(turn == Turn::Granted);
        }
    });
    if lock.is_none() {
        return;
    }
    let mut told = told;
    for _ in 0..TRIAL_SLICES {
        if let Either::Left((heard, _)) = select(&mut told, TimeoutFuture::new(SLICE_MS)).await {
            WORK.set(heard == Ok(true));
            return;
        }
    }
}

fn manager() -> Option<LockManager> {
    let navigator = web_sys::window()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    if locks.is_object() { Some(locks.unchecked_into()) } else { None }
}

/// Whether this browser has locks here that work; on plain http it has none.
pub(crate) fn exist() -> bool {
    WORK.get() && manager().is_some()
}

/// How to ask for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// Wait in the queue.
    Queue,
    /// Give up at once where somebody holds it.
    IfFree,
    /// Take it away from a holder that no longer stirs.
    Steal,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Granted,
    /// Not granted, or taken away.
    Gone,
}

/// A lock, asked for or held. Dropping it gives it back, or leaves the queue, and nothing more is heard of it.
pub(crate) struct Lock {
    release: Rc<RefCell<Option<Function>>>,
    dropped: Rc<Cell<bool>>,
    queue: AbortController,
}

impl Lock {
    /// Asks for `name`; `on_turn` hears what becomes of it. `None` where the browser has no locks that work.
    pub(crate) fn ask(name: &str, how: How, on_turn: impl Fn(Turn) + 'static) -> Option<Self> {
        if exist() { Self::request(manager(), name, how, on_turn) } else { None }
    }

    fn request(
        manager: Option<LockManager>,
        name: &str,
        how: How,
        on_turn: impl Fn(Turn) + 'static,
    ) -> Option<Self> {
        let manager = manager?;
        let queue = AbortController::new().ok()?;
        let options = Object::new();
        let (key, value) = match how {
            // An abort signal may not be combined with the other two, which never wait.
            How::Queue => ("signal", queue.signal().into()),
            How::IfFree => ("ifAvailable", JsValue::TRUE),
            How::Steal => ("steal", JsValue::TRUE),
        };
        Reflect::set(&options, &key.into(), &value).ok()?;

        let release = Rc::new(RefCell::new(None));
        let dropped = Rc::new(Cell::new(false));
        let on_turn = Rc::new(on_turn);
        let granted = {
            let (release, dropped, on_turn) = (release.clone(), dropped.clone(), on_turn.clone());
            move |lock: JsValue| -> JsValue {
                if lock.is_null() || dropped.get() {
                    return JsValue::UNDEFINED;
                }
                // The lock is held for as long as this promise is pending.
                let held = Promise::new(&mut |resolve, _| {
                    release.replace(Some(resolve));
                });
                on_turn(Turn::Granted);
                held.into()
            }
        };
        let over = manager.request(name, &options, Closure::once_into_js(granted).unchecked_ref()).ok()?;
        // What passes for a lock manager may return anything.
        let over = Promise::resolve(AsRef::<JsValue>::as_ref(&over));
        spawn_local({
            let dropped = dropped.clone();
            async move {
                // Resolves after a release or a refusal, rejects after an abort or a theft.
                let _ = JsFuture::from(over).await;
                if !dropped.get() {
                    on_turn(Turn::Gone);
                }
            }
        });
        Some(Self { release, dropped, queue })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.dropped.set(true);
        match self.release.take() {
            // Resolving a promise does not fail.
            Some(resolve) => drop(resolve.call0(&JsValue::UNDEFINED)),
            None => self.queue.abort(),
        }
    }
}
