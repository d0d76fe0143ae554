//! `/methods`: the article's table, with what was measured instead of what is claimed.

use leptos::prelude::*;
use protocol::methods::{Record, Trial};

use crate::components::announcer::Announcer;
use crate::components::frame::Frame;
use crate::methods::builder::Builder;
use crate::methods::comparison::Comparison;
use crate::methods::log::Log;
use crate::methods::told::told;
use crate::methods::verdicts::Verdicts;
use crate::methods::words;
use crate::methods_handle::MethodsHandle;
use crate::ports::Viewer;

#[component]
pub fn Methods() -> impl IntoView {
    let open = use_context::<Viewer>().is_some_and(|viewer| viewer.faults);
    let chosen = RwSignal::new(Trial::Put);
    let text = RwSignal::new("Hello".to_owned());
    let handle = MethodsHandle::of_page();
    announce(handle);
    view! {
        <Frame
            title="Methods"
            here="/methods"
            description="Which HTTP methods may be repeated: the table of safe and idempotent methods, measured against a real database."
        >
            <div class="lede">
                <h1>"Which methods may be repeated?"</h1>
                <p>
                    "Safe: a call leaves the state alone. Idempotent: sent once or five times, it leaves the same
                    state. Here both are measured: your browser sends the requests, reads the rows back after every
                    call, and compares their hashes."
                </p>
            </div>
            {(!open)
                .then(|| {
                    view! {
                        <p class="notice">
                            "This server has no control arm, so POST and PATCH without a key cannot be measured here.
                            The others can."
                        </p>
                    }
                })}
            <noscript>
                <p class="notice">
                    "To measure, the page’s program has to run. What the article says can be read in the table."
                </p>
            </noscript>
            <div class="methods">
                <Verdicts text open />
                <Builder chosen text open />
                <section class="log-card" aria-labelledby="log-heading">
                    <h2 id="log-heading">{move || format!("{}, call by call", chosen.get().name())}</h2>
                    <p class="quiet">{move || words::state_of(chosen.get())}</p>
                    <Log trial=chosen />
                    <p class="remark" hidden=move || handle.record(chosen.get()).is_none()>
                        {move || words::remark(chosen.get())}
                    </p>
                </section>
            </div>
            <Further text open />
        </Frame>
    }
    .into_any()
}

/// The outcome of a press is told once, when all of it is there.
fn announce(handle: MethodsHandle) {
    let announcer = use_context::<Announcer>();
    Effect::new(move |_| {
        let measured = handle.measured.get();
        if let Some(announcer) = announcer.filter(|_| !measured.is_empty()) {
            let records = handle.records.with_untracked(|records| {
                measured.iter().filter_map(|trial| records.get(trial).cloned()).collect::<Vec<Record>>()
            });
            announcer.say(told(&records));
        }
    });
}

#[component]
fn Further(text: RwSignal<String>, open: bool) -> impl IntoView {
    view! {
        <section class="further" aria-labelledby="set-append">
            <h2 id="set-append">"One method, two answers"</h2>
            <p>
                "PATCH is not idempotent, and not forbidden to be. A patch that sets a text leaves the same state however
                often it comes; one that appends does not. Every call carries a new key here, so none is recognised."
            </p>
            <Comparison trials=&[Trial::PatchSet, Trial::PatchAppend] press="Send each three times" text />
        </section>
        <section class="further" aria-labelledby="stale">
            <h2 id="stale">"Idempotent is not commutative"</h2>
            <p>
                "Text A is set, then B, and then a late copy of A arrives. Each write is idempotent, and B is lost all
                the same: repeating is harmless, overtaking is not. If-Match says which version is meant to be replaced;
                a key says that the late copy is a copy."
            </p>
            <Comparison
                trials=&[Trial::StalePlain, Trial::StaleTag, Trial::StaleKey]
                press="Send A, B, and A again"
                text
            />
        </section>
        {open
            .then(|| {
                view! {
                    <section class="further" aria-labelledby="broken">
                        <h2 id="broken">"Break the promise"</h2>
                        <p>
                            "The name of a method is a promise, and only the server can keep it. These two are real
                            endpoints that do not."
                        </p>
                        <Comparison
                            trials=&[Trial::CountingGet, Trial::AppendingPut]
                            press="Send each three times"
                            text
                        />
                    </section>
                }
            })}
        <section class="further" aria-labelledby="naming">
            <h2 id="naming">"Three names for one request"</h2>
            <dl class="truths">
                <div>
                    <dt>"The id in the URL"</dt>
                    <dd>
                        "PUT /api/posts/{id}: your browser mints the id, and it is the row’s primary key. A retry meets its
                        own row. Nothing else has to be remembered, and nothing expires."
                    </dd>
                </div>
                <div>
                    <dt>"A request id"</dt>
                    <dd>
                        "The article also gives a PUT a request id, so that the server can tell copies of one request
                        apart from a new one. Where the URL already holds an id made for this very intent it says
                        nothing new, and PostOnce needs none: an Idempotency-Key on a PUT must be that same id, else
                        400. It earns its keep where one resource is written many times: there it tells a late copy
                        from a new write, as above."
                    </dd>
                </div>
                <div>
                    <dt>"Idempotency-Key"</dt>
                    <dd>
                        "POST and PATCH have no name in the URL for what they mean to do, so the client sends one in a
                        header: the same on every retry, a new one for every new intent. It is stored in the
                        transaction of the work, with the answer, and the answer is given again."
                    </dd>
                </div>
            </dl>
        </section>
    }
    .into_any()
}
