//! `GET /problems/{name}`: what a refusal means and what to do next, for whoever follows its `type`.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use protocol::problem::{Problem, ProblemName};

/// A plain page that needs nothing but HTML. Only text of this program goes into it.
pub async fn page(Path(name): Path<String>) -> Response {
    let Some(name) = ProblemName::parse(&name) else {
        return (StatusCode::NOT_FOUND, Html(document("No such problem", "<p>See the API's answers.</p>")))
            .into_response();
    };
    let problem = Problem::new(name, "");
    let same = if problem.same_key_safe { "safe" } else { "of no use: it cannot succeed" };
    let new = if problem.new_key_safe { "safe" } else { "not safe: the post could be stored twice" };
    let body = format!(
        "<p><code>{}</code>, status {}</p>\n<p>{}</p>\n<dl>\n<dt>Sending the same key again</dt><dd>{same}</dd>\n\
         <dt>Sending a new key</dt><dd>{new}</dd>\n</dl>\n\
         <p>An answer that says otherwise in <code>same_key_safe</code> or <code>new_key_safe</code> knows more \
         than this page.</p>",
        name.as_str(),
        name.status(),
        advice(name),
    );
    Html(document(name.title(), &body)).into_response()
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title} – PostOnce</title>\n</head>\n\
         <body>\n<main>\n<h1>{title}</h1>\n{body}\n<p><a href=\"/\">PostOnce</a></p>\n</main>\n</body>\n</html>\n"
    )
}

/// What to do next.
const fn advice(name: ProblemName) -> &'static str {
    match name {
        ProblemName::InvalidId => {
            "Mint a UUID of version 4 or 7, once per post, and spell it with hyphens or as 32 hexadecimal digits."
        }
        ProblemName::MalformedBody => {
            "Send one JSON object with the text in <code>content</code>, each field once, in UTF-8."
        }
        ProblemName::KeyRequired => {
            "Mint a UUID before the first attempt and send it as <code>Idempotency-Key</code> on every attempt."
        }
        ProblemName::KeyMalformed => {
            "Send one <code>Idempotency-Key</code> line. On PUT it has to be the id in the path."
        }
        ProblemName::MalformedFault => {
            "Correct the headers <code>Fault</code>, <code>Attempt</code> or <code>Run</code>."
        }
        ProblemName::InvalidQuery => "Correct the query; cursors are to be given back as they came.",
        ProblemName::NotSignedIn => {
            "Get a token from <code>POST /api/session</code>, or open a page in a browser. Keep what you wanted to send."
        }
        ProblemName::CrossSite => "Send it from a page of this site, or with a bearer token.",
        ProblemName::NotFound => "Check the path.",
        ProblemName::PostNotFound => {
            "Nothing is stored under this id. If you were creating it, send it again."
        }
        ProblemName::MethodNotAllowed => "Use a method that <code>Allow</code> names.",
        ProblemName::RequestTimeout => "Send it again; nothing was done.",
        ProblemName::IdUnavailable => "Mint a new id. The text was not stored under the old one.",
        ProblemName::InFlight => "Wait as long as <code>Retry-After</code> says and send the same again.",
        ProblemName::PostDeleted => "Nothing. A deleted post never comes back; post it anew under a new id.",
        ProblemName::PreconditionFailed => "Read the post, then decide.",
        ProblemName::TooLarge => "Shorten it: a body is at most 64 KiB.",
        ProblemName::UnsupportedMediaType => "Send <code>application/json</code>.",
        ProblemName::KeyReused => {
            "What was stored first stands. Mint a new id if the new text is meant as a post of its own."
        }
        ProblemName::InvalidContent => "Correct the field that <code>pointer</code> names.",
        ProblemName::ImageMissing => "Upload the picture first, or post without it.",
        ProblemName::TooManyWrites => {
            "Wait as long as <code>Retry-After</code> says and send the same again."
        }
        ProblemName::Internal | ProblemName::StoreUnavailable => {
            "It may or may not be stored. Send the same again with the same id: that is safe."
        }
    }
}
