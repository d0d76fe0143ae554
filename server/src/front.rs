//! What every request passes on its way in and every answer on its way out. It is one layer, because each one costs a
//! request a future on the heap, and another look at it whenever the request is woken.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::services::Services;
use crate::{headers, unread, url_length};

pub async fn pass(State(services): State<Services>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let path = request.uri().path();
    let of_the_api = path.starts_with("/api/") || path == "/api";
    let mut response = match url_length::refuse(request.uri()) {
        Some(refusal) => refusal,
        None => {
            let (request, unread) = unread::lend(request);
            unread.drain(headers::survive_panic(next.run(request)).await).await
        }
    };
    if of_the_api {
        headers::allow_options(response.headers_mut());
        headers::no_store(response.headers_mut());
    }
    headers::secure(response.headers_mut());
    services.telemetry.count_answer(response.status().as_u16(), start.elapsed());
    response
}
