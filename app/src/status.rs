//! The HTTP status that a page answers with.

/// Answers this page with `code`. In the browser, where the answer is long there, this does nothing.
#[cfg(feature = "ssr")]
pub fn answer_with(code: u16) {
    if let (Some(response), Ok(status)) =
        (leptos::prelude::use_context::<leptos_axum::ResponseOptions>(), http::StatusCode::from_u16(code))
    {
        response.set_status(status);
    }
}

/// Answers this page with `code`. In the browser, where the answer is long there, this does nothing.
#[cfg(not(feature = "ssr"))]
pub const fn answer_with(_code: u16) {}

/// Sends whoever asked for this page to `path`; in the browser this does nothing.
#[cfg(feature = "ssr")]
pub fn redirect(path: &str) {
    leptos_axum::redirect(path);
}

/// Sends whoever asked for this page to `path`; in the browser this does nothing.
#[cfg(not(feature = "ssr"))]
pub const fn redirect(_path: &str) {}
