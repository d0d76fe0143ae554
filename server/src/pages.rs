//! Pages: the app rendered for one viewer, and the files of the built site.

use std::sync::Arc;

use app::ports::{Reader, Refusal, Viewer};
use app::shape;
use app::shell::shell;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{ResponseOptions, render_app_async_with_context};
use protocol::key::PostId;
use protocol::user::UserId;
use tower::ServiceExt;
use tower_http::services::ServeDir;
use uuid::Uuid;

use crate::error::ApiError;
use crate::headers::csp_of_page;
use crate::reader::StoreReader;
use crate::services::Services;
use crate::session::over_tls;

/// Pages depend on who looks. They are not `no-store`: Back has to bring the same form with the same id.
const PAGE_CACHING: HeaderValue = HeaderValue::from_static("private, no-cache");

/// A file whose name holds the hash of its content never changes.
const HASHED_CACHING: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const FILE_CACHING: HeaderValue = HeaderValue::from_static("no-cache");

/// What a rendering is given: the reader, the viewer, a refused form, and the policy that names its nonce.
pub fn contexts(services: &Services) -> impl Fn() + Clone + Send + Sync + 'static {
    let reader: Arc<dyn Reader> = Arc::new(StoreReader(services.clone()));
    move || {
        provide_context(Arc::clone(&reader));
        let parts = use_context::<Parts>();
        let extensions = parts.as_ref().map(|parts| &parts.extensions);
        if let Some(viewer) = extensions.and_then(|found| found.get::<Viewer>()) {
            provide_context(*viewer);
        }
        if let Some(refusal) = extensions.and_then(|found| found.get::<Refusal>()) {
            provide_context(refusal.clone());
        }
        let policy = use_nonce().and_then(|nonce| HeaderValue::try_from(csp_of_page(&nonce)).ok());
        if let (Some(policy), Some(response)) = (policy, use_context::<ResponseOptions>()) {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
}

/// Renders the page at the request's path, whatever its method.
pub async fn render(services: &Services, request: Request) -> Response {
    let files = services.site.files.clone();
    let render = render_app_async_with_context(contexts(services), move || shell(&files));
    with_shape(render(request).await).await
}

/// States in a page what its nodes are. Every page is rendered to its end before its first byte is sent, so nobody
/// waits for the rest.
async fn with_shape(response: Response) -> Response {
    let (head, body) = response.into_parts();
    let Ok(page) = to_bytes(body, usize::MAX).await else {
        return ApiError::internal().into_response();
    };
    let mut page = Vec::from(page);
    shape::state(&mut page);
    (head, page).into_response()
}

/// Introduces the viewer to every page, and gives an identity to a browser that has none.
pub async fn introduce(State(services): State<Services>, mut request: Request, next: Next) -> Response {
    let visit = Visit::of(&services, request.headers());
    request.extensions_mut().insert(visit.viewer);
    visit.sign(&services, with_shape(next.run(request).await).await)
}

/// One viewing of a page.
pub struct Visit {
    pub viewer: Viewer,
    /// Whether the cookie is to be written: there is none, or it has its former name.
    is_new: bool,
    over_tls: bool,
}

impl Visit {
    pub fn of(services: &Services, headers: &HeaderMap) -> Self {
        let known = services.sessions.from_cookie(headers);
        let user_id = known.unwrap_or_else(|| UserId(Uuid::new_v4()));
        // UUIDv7, as our client mints: its order keeps the index growing at its end.
        let fallback_id = PostId::from_uuid(Uuid::now_v7()).unwrap_or_else(|_| PostId::mint(0, [0; 10]));
        let viewer = Viewer { user_id, faults: services.faults.is_some(), fallback_id };
        Self { viewer, is_new: !services.sessions.has_cookie(headers), over_tls: over_tls(headers) }
    }

    /// Adds what every page's answer carries.
    pub fn sign(&self, services: &Services, response: Response) -> Response {
        let mut response = sign_nobody(response);
        let headers = response.headers_mut();
        if let Some(cookie) =
            services.sessions.cookie(self.viewer.user_id, self.over_tls).filter(|_| self.is_new)
        {
            headers.append(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// Adds what a page's answer carries beside an identity.
pub fn sign_nobody(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, PAGE_CACHING);
    response
}

/// A file of the built site, else the page that says there is nothing here, with 404.
pub async fn file_or_missing(State(services): State<Services>, mut request: Request) -> Response {
    if let Some(ask) = file_request(&request)
        && let Some(file) = file(&services, ask).await
    {
        return file;
    }
    let visit = Visit::of(&services, request.headers());
    request.extensions_mut().insert(visit.viewer);
    let mut response = render(&services, request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    visit.sign(&services, response)
}

/// The request as far as files are concerned, where they are.
fn file_request(request: &Request) -> Option<Request> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    let mut ask = Request::new(Body::empty());
    *ask.method_mut() = request.method().clone();
    *ask.uri_mut() = request.uri().clone();
    *ask.headers_mut() = request.headers().clone();
    Some(ask)
}

async fn file(services: &Services, ask: Request) -> Option<Response> {
    let hashed = services.site.hashed && ask.uri().path().starts_with("/pkg/");
    let files = ServeDir::new(&*services.site.options.site_root).append_index_html_on_directories(false);
    let answer = files.precompressed_br().precompressed_gzip().oneshot(ask).await;
    let mut response = answer.unwrap_or_else(|never| match never {}).into_response();
    let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let caching = if hashed { HASHED_CACHING } else { FILE_CACHING };
    response.headers_mut().insert(header::CACHE_CONTROL, caching);
    found.then_some(response)
}
