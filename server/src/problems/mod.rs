//! `GET /problems/{name}`: what a refusal means and what to do next, for whoever follows its `type`.

mod words;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use protocol::problem::{Outcome, Problem, ProblemName};

use crate::openapi::refusal::example;
use crate::services::Services;
use crate::text_page::{TextPage, escape, prose, sample};

pub use words::happened;

/// Only text of this program goes into it.
pub async fn page(State(services): State<Services>, Path(name): Path<String>) -> Response {
    let Some(name) = ProblemName::parse(&name) else {
        let page = TextPage {
            title: "No such problem",
            description: "This server has no problem of this name.",
            here: "",
            content: "<div class=\"lede\"><h1>No such problem</h1>\
                      <p>This server has no problem of this name. <a href=\"/api/docs#problems\">All that it has</a> \
                      are in the API's description.</p></div>",
        };
        return page.answer(StatusCode::NOT_FOUND, &services.site);
    };
    let content = content(name);
    let page = TextPage { title: name.title(), description: happened(name), here: "", content: &content };
    page.answer(StatusCode::OK, &services.site)
}

fn content(name: ProblemName) -> String {
    let problem = example(name);
    let json = serde_json::to_string_pretty(&problem).unwrap_or_default();
    format!(
        "<div class=\"lede\">\n<h1>{title}</h1>\n<p>{happened}</p>\n\
         <p class=\"quiet\"><code>{name}</code>, status {status}</p>\n</div>\n\
         <dl class=\"rules\">\n\
         <dt>Was anything applied?</dt><dd>{applied}</dd>\n\
         <dt>May I send the same key again?</dt><dd>{same}</dd>\n\
         <dt>May I send it under a new key?</dt><dd>{new}</dd>\n\
         <dt>What should I do?</dt><dd>{next}</dd>\n</dl>\n\
         <section class=\"reference\" aria-labelledby=\"example\">\n<h2 id=\"example\">As it is sent</h2>\n{sample}\n\
         <p>An answer that says otherwise in <code>outcome</code>, <code>same_key_safe</code> or \
         <code>new_key_safe</code> knows more than this page.</p>\n\
         <p><a href=\"/api/docs#problems\">All problems</a></p>\n</section>",
        title = escape(name.title()),
        name = name.as_str(),
        status = name.status(),
        happened = prose(happened(name)),
        applied = prose(applied(name, &problem)),
        same = prose(same_key(&problem)),
        new = prose(new_key(name, &problem)),
        next = prose(words::next(name)),
        sample = sample("The problem document", &json),
    )
}

const fn applied(name: ProblemName, problem: &Problem) -> &'static str {
    match (name, problem.outcome) {
        (ProblemName::StoreUnavailable, _) => {
            "`outcome` says it: `not_applied` where the server never sent COMMIT, `unknown` where it did and heard \
             nothing."
        }
        (ProblemName::InFlight, _) => {
            "Not by this request. The first one is still being written, and may be stored in a moment."
        }
        (_, Outcome::NotApplied) => "No. Nothing was stored, changed or deleted by this request.",
        (_, Outcome::Applied) => "Yes.",
        (_, Outcome::Unknown) => "Perhaps. The server itself cannot tell.",
    }
}

const fn same_key(problem: &Problem) -> &'static str {
    if problem.same_key_safe {
        "Yes. However often it is sent, it is applied once."
    } else {
        "It does no harm and cannot help: the answer would be the same."
    }
}

const fn new_key(name: ProblemName, problem: &Problem) -> &'static str {
    match (name, problem.new_key_safe) {
        (ProblemName::StoreUnavailable, _) => {
            "Only where `outcome` is `not_applied`; else it could be stored twice."
        }
        (ProblemName::PreconditionFailed, _) => {
            "Not before you have looked: what you asked for may be there already, by an earlier attempt."
        }
        (_, true) => "Yes. Nothing stands under the old one that could be doubled.",
        (_, false) => "No: the post could be stored twice.",
    }
}
