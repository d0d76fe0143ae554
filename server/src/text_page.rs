//! Pages of text alone: the API's description, and the page of each problem. They look like the rest of the site and
//! run no program, so they are put together here and not by the app.

use app::components::frame::PLACES;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::site::Site;

/// What a page of text may load: the site's own style and icon.
const CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

/// A page of text.
pub struct TextPage<'a> {
    /// Plain text, as is the description.
    pub title: &'a str,
    pub description: &'a str,
    /// Where the navigation stands.
    pub here: &'a str,
    /// HTML: the content of `main`.
    pub content: &'a str,
}

impl TextPage<'_> {
    pub fn answer(&self, status: StatusCode, site: &Site) -> Response {
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        let headers = [
            (header::CONTENT_TYPE, html),
            (header::CONTENT_SECURITY_POLICY, CSP),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        (status, headers, self.html(site)).into_response()
    }

    fn html(&self, site: &Site) -> String {
        let Self { title, description, here, content } = self;
        let (title, description) = (escape(title), escape(description));
        let places: String = PLACES
            .iter()
            .map(|(path, name)| {
                let current = if path == here { " aria-current=\"page\"" } else { "" };
                format!("<li><a href=\"{path}\"{current}>{name}</a></li>")
            })
            .collect();
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta name=\"description\" content=\"{description}\">\n\
             <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\n\
             <link rel=\"stylesheet\" href=\"{style}\">\n<title>{title} · PostOnce</title>\n</head>\n\
             <body>\n<div class=\"frame\" data-ready>\n<a class=\"skip\" href=\"#main\">Skip to content</a>\n\
             <header class=\"top\">\n<a class=\"mark\" href=\"/\">Post<span>Once</span></a>\n\
             <nav aria-label=\"Main\"><ul>{places}</ul></nav>\n</header>\n\
             <main id=\"main\" tabindex=\"-1\">\n{content}\n</main>\n</div>\n</body>\n</html>\n",
            style = site.files.style,
        )
    }
}

/// Text as HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text with `code` between backticks, as HTML.
pub fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(number, part)| {
            let part = escape(part);
            if number % 2 == 1 { format!("<code>{part}</code>") } else { part }
        })
        .collect()
}

/// JSON to be read. It scrolls where it is too wide, by the keyboard as well.
pub fn sample(label: &str, text: &str) -> String {
    format!(
        "<pre tabindex=\"0\" role=\"region\" aria-label=\"{}\"><code>{}</code></pre>",
        escape(label),
        escape(text)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_inert_and_code_is_marked() {
        assert_eq!(prose("a `<b>` & c"), "a <code>&lt;b&gt;</code> &amp; c");
        assert_eq!(escape("\"<script>\""), "&quot;&lt;script&gt;&quot;");
    }
}
