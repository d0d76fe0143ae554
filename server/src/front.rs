//! What every request passes on its way in and every answer on its way out. It is one layer, because each one costs a
//! request a future on the heap, and another look at it whenever the request is woken. It stands outside the router,
//! which adds `Allow` outside its own layers.

use std::convert::Infallible;
use std::time::Instant;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use protocol::wire::header::AS_USER;
use tower::{ServiceExt, service_fn};

use crate::connection::Answering;
use crate::error::ApiError;
use crate::services::Services;
use crate::{headers, unread, url_length};

/// The routes with all that stands in front of them.
pub fn service(services: Services, routes: Router) -> impl Answering {
    service_fn(move |request| pass(services.clone(), routes.clone(), request))
}

/// Refuses a request under the API that names another user than its credential, before any route is looked for.
fn refuse(services: &Services, request: &Request, of_the_api: bool) -> Option<Response> {
    let names_its_user = of_the_api && request.headers().contains_key(AS_USER);
    let identity = names_its_user.then(|| services.sessions.identify(request.method(), request.headers()))?;
    identity.err().map(|problem| ApiError::from(problem).into_response())
}

async fn pass(services: Services, routes: Router, request: Request) -> Result<Response, Infallible> {
    let start = Instant::now();
    let path = request.uri().path();
    let of_the_api = path.starts_with("/api/") || path == "/api";
    let mut response = match url_length::refuse(request.uri()) {
        Some(refusal) => refusal,
        None => {
            let (request, unread) = unread::lend(request);
            let response = if let Some(refusal) = refuse(&services, &request, of_the_api) {
                // Its body is then read to its end, so that no reset overtakes the refusal.
                drop(request);
                refusal
            } else {
                let Ok(response) = headers::survive_panic(routes.oneshot(request)).await;
                response
            };
            unread.drain(response).await
        }
    };
    if of_the_api {
        headers::allow_options(response.headers_mut());
        headers::no_store(response.headers_mut());
    }
    headers::secure(response.headers_mut());
    services.telemetry.count_answer(response.status().as_u16(), start.elapsed());
    Ok(response)
}
