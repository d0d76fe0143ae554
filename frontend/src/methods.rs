//! Sends what is measured of HTTP's methods, and reads the state after every call.

use app::methods_handle::{MethodsAsk, MethodsHandle};
use app::outbox_handle::Copied;
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use leptos::prelude::*;
use protocol::methods::record::CALLS_MAX;
use protocol::methods::{Answer, Call, Names, Record, Request, State, Trial};
use protocol::wire::{SessionAnswer, header};
use wasm_bindgen_futures::spawn_local;

use crate::{browser, clock, transport};

/// What of an answer's head is shown or used.
const HEADERS: [&str; 7] = [
    "content-type",
    "content-length",
    "etag",
    "location",
    "allow",
    "retry-after",
    header::IDEMPOTENCY_REPLAYED,
];

/// A handle that this module serves for as long as the page lives.
pub(crate) fn handle() -> MethodsHandle {
    let (tell, asks) = unbounded();
    // Once the page is gone nobody listens.
    let handle = MethodsHandle::new(move |ask| drop(tell.unbounded_send(ask)));
    spawn_local(serve(handle, asks));
    handle
}

async fn serve(handle: MethodsHandle, mut asks: UnboundedReceiver<MethodsAsk>) {
    // Without a cryptographic source no ids can be minted, and nothing is taken over.
    handle.origin.set(browser::origin());
    handle.able.set(clock::mint().is_some());
    while let Some(ask) = asks.next().await {
        match ask {
            MethodsAsk::Send { trials, times, text } => {
                sign_in(handle).await;
                for trial in &trials {
                    measure(handle, *trial, times, &text).await;
                }
                handle.busy.set(false);
                handle.measured.set(trials);
            }
            MethodsAsk::StartOver(trials) => handle.records.update(|records| {
                records.retain(|trial, _| !trials.contains(trial));
            }),
            MethodsAsk::Copy(text) => {
                browser::copy(&text, move |copied| handle.copied.set(Some(copied == Copied::Done)));
            }
        }
    }
}

/// Makes the page an identity of its own, which may leave it in a copied line without giving the visitor's away.
async fn sign_in(handle: MethodsHandle) {
    if handle.token.with_untracked(Option::is_some) {
        return;
    }
    let answer = transport::measure("POST", "/api/session", &[], None, &[]).await.ok();
    let session = answer.and_then(|answer| serde_json::from_str::<SessionAnswer>(&answer.body).ok());
    handle.token.set(session.map(|session| session.token));
}

async fn measure(handle: MethodsHandle, trial: Trial, times: usize, text: &str) {
    let kept = handle.records.with_untracked(|records| records.get(&trial).cloned());
    let kept = kept.filter(|record| record.text == text && record.calls.len() + times <= CALLS_MAX);
    let mut record = match kept {
        Some(record) => record,
        None => match begin(handle, trial, text).await {
            Some(record) => record,
            None => return,
        },
    };
    for _ in 0..times {
        let Some(request) = trial.next(&record) else { break };
        record.calls.push(call(handle, &record, request).await);
        show(handle, &record);
    }
}

/// `None` where the browser cannot mint ids.
async fn begin(handle: MethodsHandle, trial: Trial, text: &str) -> Option<Record> {
    let names = Names { run: clock::unguessable()?, id: clock::mint()? };
    let mut record = Record::new(trial, names, text.to_owned());
    for request in trial.preparation(&names, text) {
        let answer = send(handle, &request).await;
        record.prepared.push(Call { request, answer, state: None });
    }
    record.before = read(&record).await;
    show(handle, &record);
    Some(record)
}

async fn call(handle: MethodsHandle, record: &Record, request: Request) -> Call {
    let answer = send(handle, &request).await;
    Call { request, answer, state: read(record).await }
}

async fn send(handle: MethodsHandle, request: &Request) -> Option<Answer> {
    let mut headers = request.headers.clone();
    let token = handle.token.get_untracked().filter(|_| request.signed);
    headers.extend(token.map(|token| ("Authorization", format!("Bearer {token}"))));
    transport::measure(request.method, &request.path, &headers, request.body.as_deref(), &HEADERS).await.ok()
}

async fn read(record: &Record) -> Option<State> {
    let answer = transport::read(&record.trial.state_path(&record.names)).await.ok()?;
    State::of_list(&answer.body)
}

fn show(handle: MethodsHandle, record: &Record) {
    handle.records.update(|records| {
        records.insert(record.trial, record.clone());
    });
}
