//! `/api/docs`: the API for people. What holds in general is written in `contract.html`; the operations, the problems
//! and the types come from the description that machines read.

mod operations;
mod types;

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use protocol::problem::ProblemName;

use crate::openapi::DOCUMENT;
use crate::openapi::refusal::example;
use crate::problems::happened;
use crate::services::Services;
use crate::text_page::{TextPage, escape, prose};

/// What holds in general; the place of the table of problems is marked in it.
const CONTRACT: &str = include_str!("contract.html");
const PLACE_OF_PROBLEMS: &str = "<!-- problems -->";

static CONTENT: LazyLock<String> = LazyLock::new(|| {
    let contract = CONTRACT.replace(PLACE_OF_PROBLEMS, &problems());
    format!("{contract}\n{}\n{}", operations::sections(&DOCUMENT), types::section(&DOCUMENT))
});

/// The page. It needs no script.
pub async fn page(State(services): State<Services>) -> Response {
    let page = TextPage {
        title: "API",
        description: "An HTTP API whose every write may be sent again: its rules, its operations, its problems.",
        here: "/api/docs",
        content: &CONTENT,
    };
    page.answer(StatusCode::OK, &services.site)
}

fn problems() -> String {
    let yes = |safe: bool| if safe { "yes" } else { "no" };
    let rows: String = ProblemName::ALL
        .into_iter()
        .map(|name| {
            let problem = example(name);
            format!(
                "<tr><th scope=\"row\"><a href=\"/problems/{name}\">{name}</a></th><td>{status}</td><td>{same}</td>\
                 <td>{new}</td><td>{what}</td></tr>\n",
                name = escape(name.as_str()),
                status = name.status(),
                same = yes(problem.same_key_safe),
                new = yes(problem.new_key_safe),
                what = prose(happened(name)),
            )
        })
        .collect();
    format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-labelledby=\"problems\">\n<table>\n<thead><tr>\
         <th scope=\"col\">Problem</th><th scope=\"col\">Status</th><th scope=\"col\">Same key</th>\
         <th scope=\"col\">New key</th><th scope=\"col\">What happened</th></tr></thead>\n<tbody>\n{rows}</tbody>\n\
         </table>\n</div>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_every_operation_problem_and_type() {
        for name in ProblemName::ALL {
            assert!(CONTENT.contains(&format!("href=\"/problems/{}\"", name.as_str())), "{name:?}");
        }
        let places =
            DOCUMENT["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap());
        for (method, operation) in places.filter(|(method, _)| !matches!(method.as_str(), "head" | "options"))
        {
            let id = operation["operationId"].as_str().unwrap();
            assert!(CONTENT.contains(&format!("id=\"{id}\"")), "{method} {id}");
        }
        for name in DOCUMENT["components"]["schemas"].as_object().unwrap().keys() {
            assert!(CONTENT.contains(&format!("id=\"type-{name}\"")), "{name}");
        }
    }

    #[test]
    fn every_link_within_the_page_has_a_target() {
        for (at, mark) in CONTENT.match_indices("href=\"#") {
            let id = CONTENT[at + mark.len()..].split('"').next().unwrap();
            assert_eq!(CONTENT.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
        }
    }
}
