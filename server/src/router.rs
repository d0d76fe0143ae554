//! Every route on one screen.

use app::parts::App;
use app::shell::shell;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, any, get, patch, post, put};
use leptos_axum::{LeptosRoutes, generate_route_list};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use crate::api::{capabilities, create, delete, edit, events, read, session, unknown};
use crate::services::Services;
use crate::{
    compared, docs, health, ledger, museum, naive, numbers, openapi, outage, pages, plain_form, problems,
    promise, telemetry,
};

/// The resources of the API. Each is in the API's own description, too.
pub fn resources() -> [(&'static str, MethodRouter<Services>); 19] {
    [
        ("/api/posts", get(read::list).post(create::post)),
        ("/api/posts/{id}", put(create::put).get(read::get).patch(edit::patch).delete(delete::delete)),
        ("/api/posts/{id}/status", get(read::status)),
        ("/api/rooms/{room}/events", get(events::follow)),
        ("/api/session", post(session::create)),
        ("/api/capabilities", get(capabilities::get)),
        ("/api/openapi.json", get(openapi::get).layer(compression())),
        ("/api/docs", get(docs::page).layer(compression())),
        ("/api/naive/posts", get(naive::list).post(naive::post)),
        ("/api/naive/posts/{n}", patch(naive::append)),
        ("/api/lab/museum/{lane}/posts", get(museum::list).post(museum::post)),
        ("/api/lab/promise/visits/{run}", get(promise::get)),
        ("/api/lab/promise/notes/{run}", put(promise::put)),
        ("/api/lab/log", get(outage::list)),
        ("/api/lab/log/release", post(outage::release)),
        ("/api/lab/log/crash", post(outage::crash)),
        ("/api/lab/log/replay", post(outage::replay)),
        ("/api/lab/runs/{run}", get(ledger::list)),
        ("/api/lab/runs/{run}/events", get(ledger::follow)),
    ]
}

fn compression() -> CompressionLayer {
    CompressionLayer::new().quality(CompressionLevel::Fastest)
}

/// What stands behind the [front](crate::front).
pub fn router(services: Services) -> Router {
    let compared = services.is_compared.then_some(("/api/empty", get(compared::empty)));
    let api = resources()
        .into_iter()
        .chain(compared)
        .fold(Router::new(), |api, (path, methods)| api.route(path, methods))
        .route("/api", any(unknown::path))
        .route("/api/", any(unknown::path))
        .route("/api/{*path}", any(unknown::path))
        .method_not_allowed_fallback(unknown::method);

    let files = services.site.files.clone();
    let pages = Router::new()
        .leptos_routes_with_context(
            &services,
            generate_route_list(App),
            pages::contexts(&services),
            move || shell(&files),
        )
        .layer(from_fn_with_state(services.clone(), pages::introduce))
        .route("/posts", post(plain_form::post))
        .route("/problems/{name}", get(problems::page))
        .route("/numbers/{chart}", get(numbers::file))
        .fallback(pages::file_or_missing)
        .layer(compression());

    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(telemetry::metrics))
        .merge(api)
        .merge(pages)
        .with_state(services)
}
