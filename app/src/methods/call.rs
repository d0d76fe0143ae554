//! One call of a log, with everything that is known of it.

use leptos::prelude::*;
use protocol::methods::{Answer, Call, Record, State};

use super::words;
use crate::components::announcer::Announcer;
use crate::components::icon::{Icon, RECOGNISED};
use crate::methods_handle::{MethodsAsk, MethodsHandle};

/// A call in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The run and the place in it: a line never changes once it is there.
    pub key: (String, usize),
    call: Call,
    changed: Option<bool>,
    difference: String,
    /// The answer to the GET that this HEAD is to be held against.
    beside: Option<Answer>,
}

impl Line {
    pub fn of(record: &Record, place: usize) -> Option<Self> {
        let call = record.calls.get(place)?.clone();
        let is_head = call.request.method == "HEAD";
        let beside = record.prepared.last().filter(|_| is_head).and_then(|call| call.answer.clone());
        Some(Self {
            key: (record.names.room(), place),
            changed: record.changed(place),
            difference: record
                .difference(place)
                .map_or_else(String::new, |difference| difference.to_string()),
            call,
            beside,
        })
    }

    /// The status, or that there was none.
    fn status(&self) -> String {
        self.call
            .answer
            .as_ref()
            .map_or_else(|| "no answer".to_owned(), |answer| words::status(answer.status))
    }
}

#[component]
pub fn CallLine(line: Line) -> impl IntoView {
    let status = line.status();
    let Line { key: (_, place), call, changed, difference, beside } = line;
    let number = place + 1;
    let replay = call.answer.as_ref().is_some_and(Answer::is_replay);
    let code = call.answer.as_ref().map(|answer| answer.status.to_string());
    let hash = call.state.as_ref().map(|state| state.hash.clone());
    let beside = beside.zip(call.answer.clone()).map(|(get, head)| words_beside(&get, &head));
    view! {
        <li
            class="call"
            data-status=code
            data-replayed=replay.then_some("")
            data-changed=changed.map(|changed| if changed { "yes" } else { "no" })
            data-hash=hash
        >
            <span class="nth" aria-hidden="true">
                {number}
            </span>
            <p class="answered">
                <span class="unseen">{format!("Call {number}: ")}</span>
                <b class="status">{status}</b>
                {replay
                    .then(|| {
                        view! {
                            <span class="replay">
                                <Icon path=RECOGNISED />
                                "replay"
                            </span>
                        }
                    })}
                <span class="difference">{difference}</span>
                {beside.map(|beside| view! { <span class="difference">{beside}</span> })}
            </p>
            <p class="state">{state_of(call.state.as_ref(), changed)}</p>
            <Facts call number />
        </li>
    }
    .into_any()
}

fn state_of(state: Option<&State>, changed: Option<bool>) -> AnyView {
    let Some(state) = state else { return "The state could not be read.".into_any() };
    let effect = match changed {
        Some(true) => "changed",
        Some(false) => "unchanged",
        None => "unknown before",
    };
    view! {
        <span class="unseen">"State "</span>
        <code>{state.short().to_owned()}</code>
        <b class="effect">{effect}</b>
        <span class="quiet">{words::rows(state)}</span>
    }
    .into_any()
}

/// HEAD against GET: which headers are the same, and how large the bodies are.
fn words_beside(get: &Answer, head: &Answer) -> String {
    let same = get.status == head.status
        && ["content-type", "content-length", "etag"]
            .iter()
            .all(|name| get.header(name) == head.header(name));
    let (whole, none) = (get.body.len(), head.body.len());
    let headers = if same { "status and headers as GET’s" } else { "not the headers that GET has" };
    format!("{headers}; {none} bytes of body, GET has {whole}")
}

/// The line for a shell, and what stands behind the summary.
#[component]
fn Facts(call: Call, number: usize) -> impl IntoView {
    let handle = MethodsHandle::of_page();
    let announcer = use_context::<Announcer>();
    let request = StoredValue::new(call.request.clone());
    let line = Memo::new(move |_| request.with_value(|request| handle.curl(request)));
    // The clipboard answers through the handle; this line is the one that asked.
    let asked = RwSignal::new(false);
    let (done, failed) = (RwSignal::new(false), RwSignal::new(false));
    let copy = move |_| {
        handle.copied.set(None);
        asked.set(true);
        handle.ask(MethodsAsk::Copy(line.get_untracked()));
    };
    Effect::new(move |_| {
        let Some(copied) = handle.copied.get() else { return };
        // Of all lines the one that was copied last says so.
        done.set(copied && asked.get_untracked());
        if !asked.get_untracked() {
            return;
        }
        asked.set(false);
        failed.set(!copied);
        if let Some(announcer) = announcer {
            let said = if copied {
                "Copied."
            } else {
                "The clipboard is closed to this page: copy it from the facts."
            };
            announcer.say(said.to_owned());
        }
    });
    view! {
        <button type="button" class="button copy" on:click=copy>
            {move || if done.get() { "Copied" } else { "Copy as curl" }}
            <span class="unseen">{format!(", call {number}")}</span>
        </button>
        <details class="call-facts" prop:open=failed>
            <summary>
                "Facts"
                <span class="unseen">{format!(" of call {number}")}</span>
            </summary>
            <Pre says="Sent" text=words::spelled(&call.request) />
            <Pre says="Answered" text=answered(&call) />
            <Pre says="State, canonical, and its SHA-256" text=hashed(&call) />
            <p class="quiet">"As a line for a shell"</p>
            <pre tabindex="0" data-testid="curl">
                {line}
            </pre>
        </details>
    }
    .into_any()
}

#[component]
fn Pre(says: &'static str, text: String) -> impl IntoView {
    view! {
        <p class="quiet">{says}</p>
        <pre tabindex="0">{text}</pre>
    }
    .into_any()
}

fn answered(call: &Call) -> String {
    let Some(answer) = &call.answer else { return "Nothing.".to_owned() };
    let mut text = words::status(answer.status);
    for (name, value) in &answer.headers {
        text.push_str(&format!("\n{name}: {value}"));
    }
    if !answer.body.is_empty() {
        text.push_str(&format!("\n\n{}", answer.body));
    }
    text
}

fn hashed(call: &Call) -> String {
    call.state.as_ref().map_or_else(String::new, |state| format!("{}\n{}", state.text, state.hash))
}
