//! One exchange over the network: the frozen bytes out, the raw answer back. Whether there was an answer is found
//! out here; what it means is the machine's business.

use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use protocol::methods;
use protocol::outbox::{Answer, NoAnswer, Request};
use protocol::time::Millis;
use protocol::wire::header;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, RequestCache, RequestCredentials, RequestInit, RequestRedirect, Response,
};

/// How long a read may take.
const READ_LIMIT_MS: Millis = 10_000;

/// Sends what the machine asks for.
pub(crate) async fn send(request: &Request, controller: &AbortController) -> Result<Answer, NoAnswer> {
    let headers = request.headers();
    let (method, path) = (request.method().as_str(), request.path());
    exchange(method, &path, &headers, request.body.as_deref(), request.timeout_ms, controller).await
}

/// Reads a resource, which is no attempt at anything.
pub(crate) async fn read(path: &str) -> Result<Answer, NoAnswer> {
    let controller = AbortController::new().map_err(|_| NoAnswer::Network)?;
    exchange("GET", path, &[] as &[(&str, String)], None, READ_LIMIT_MS, &controller).await
}

/// One exchange. Time-out, abort and network error all mean the same: nobody knows.
pub(crate) async fn exchange(
    method: &str,
    path: &str,
    headers: &[(impl AsRef<str>, String)],
    body: Option<&str>,
    limit_ms: Millis,
    controller: &AbortController,
) -> Result<Answer, NoAnswer> {
    let init = init(method, headers, body, controller).map_err(|_| NoAnswer::Network)?;
    bounded(fetch(path, &init), limit_ms, controller).await
}

/// One exchange whose headers matter: those named are in the answer, where they came.
pub(crate) async fn measure(
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: Option<&str>,
    wanted: &[&'static str],
) -> Result<methods::Answer, NoAnswer> {
    let controller = AbortController::new().map_err(|_| NoAnswer::Network)?;
    let init = init(method, headers, body, &controller).map_err(|_| NoAnswer::Network)?;
    let whole = async {
        let (response, body) = respond(path, &init).await?;
        let heard = response.headers();
        let headers = wanted.iter().filter_map(|name| Some((*name, heard.get(name).ok()??)));
        Ok(methods::Answer { status: response.status(), headers: headers.collect(), body })
    };
    bounded(whole, READ_LIMIT_MS, &controller).await
}

async fn bounded<T>(
    answer: impl Future<Output = Result<T, JsValue>>,
    limit_ms: Millis,
    controller: &AbortController,
) -> Result<T, NoAnswer> {
    let answer = std::pin::pin!(answer);
    let limit = TimeoutFuture::new(u32::try_from(limit_ms).unwrap_or(u32::MAX));
    match select(answer, limit).await {
        Either::Left((answer, _)) => answer.map_err(|_| NoAnswer::Network),
        Either::Right(_) => {
            controller.abort();
            Err(NoAnswer::Timeout)
        }
    }
}

fn init(
    method: &str,
    headers: &[(impl AsRef<str>, String)],
    body: Option<&str>,
    controller: &AbortController,
) -> Result<RequestInit, JsValue> {
    let sent = Headers::new()?;
    for (name, value) in headers {
        sent.set(name.as_ref(), value)?;
    }
    let init = RequestInit::new();
    init.set_method(method);
    init.set_headers(sent.as_ref());
    if let Some(body) = body {
        init.set_body(&JsValue::from_str(body));
    }
    init.set_cache(RequestCache::NoStore);
    init.set_credentials(RequestCredentials::SameOrigin);
    // A captive portal redirects; to follow it would only fetch the portal's own page.
    init.set_redirect(RequestRedirect::Error);
    init.set_signal(Some(&controller.signal()));
    Ok(init)
}

async fn fetch(path: &str, init: &RequestInit) -> Result<Answer, JsValue> {
    let (response, body) = respond(path, init).await?;
    let headers = response.headers();
    let text = |name: &str| headers.get(name).ok().flatten();
    Ok(Answer {
        status: response.status(),
        content_type: text("content-type"),
        retry_after: text("retry-after"),
        date: text("date"),
        replayed: text(header::IDEMPOTENCY_REPLAYED).as_deref() == Some("true"),
        body,
    })
}

async fn respond(path: &str, init: &RequestInit) -> Result<(Response, String), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response: Response = JsFuture::from(window.fetch_with_str_and_init(path, init)).await?.dyn_into()?;
    // An answer that breaks off in the middle is none: reading its text fails like a lost connection.
    let body = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    Ok((response, body))
}
