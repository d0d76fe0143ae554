//! The operations, as sections of the page.

use serde_json::{Map, Value};

use super::types::type_of;
use crate::text_page::{escape, prose, sample};

/// In this order they are told.
const METHODS: [&str; 5] = ["put", "post", "patch", "delete", "get"];

/// A section for each tag.
pub(super) fn sections(document: &Value) -> String {
    each(&document["tags"])
        .map(|tag| section(document, text(&tag["name"]), text(&tag["description"])))
        .collect()
}

fn section(document: &Value, tag: &str, about: &str) -> String {
    let id = tag.to_lowercase().replace(' ', "-");
    let operations: String = METHODS
        .into_iter()
        .flat_map(|method| fields(&document["paths"]).map(move |(path, item)| (method, path, &item[method])))
        .filter(|(_, _, operation)| operation["tags"][0] == *tag)
        .map(|(method, path, operation)| article(document, method, path, operation))
        .collect();
    format!(
        "<section class=\"reference\" aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n<p>{}</p>\n{operations}\
         </section>\n",
        escape(tag),
        prose(about)
    )
}

fn article(document: &Value, method: &str, path: &str, operation: &Value) -> String {
    let id = text(&operation["operationId"]);
    let about = match text(&operation["description"]) {
        "" => String::new(),
        about => format!("<p>{}</p>\n", prose(about)),
    };
    format!(
        "<article aria-labelledby=\"{id}\">\n<h3 id=\"{id}\">{}</h3>\n<p class=\"call\"><code><b>{}</b> {}</code></p>\n\
         {about}<details>\n<summary>Request and answers<span class=\"unseen\"> of {id}</span></summary>\n{}{}{}</details>\n\
         </article>\n",
        escape(text(&operation["summary"])),
        method.to_uppercase(),
        escape(path),
        parameters(operation),
        body(operation),
        answers(document, operation),
    )
}

fn parameters(operation: &Value) -> String {
    let needs = match operation["security"].as_array().map(Vec::as_slice) {
        None | Some([]) => "",
        Some([first, ..]) if first == &Value::Object(Map::new()) => {
            "<dt>Identity</dt><dd>Optional: a bearer token or the session cookie.</dd>\n"
        }
        Some(_) => "<dt>Identity</dt><dd>Needed: a bearer token or the session cookie.</dd>\n",
    };
    let rows: String = each(&operation["parameters"])
        .map(|parameter| {
            let needed = if parameter["required"] == true { ", needed" } else { "" };
            format!(
                "<dt><code>{}</code> <span class=\"quiet\">{}{needed}</span></dt><dd>{} <span class=\"quiet\">For \
                 example <code>{}</code></span></dd>\n",
                escape(text(&parameter["name"])),
                escape(text(&parameter["in"])),
                prose(text(&parameter["description"])),
                escape(&plain(&parameter["example"])),
            )
        })
        .collect();
    if needs.is_empty() && rows.is_empty() {
        return String::new();
    }
    format!("<h4>Request</h4>\n<dl class=\"rules\">\n{needs}{rows}</dl>\n")
}

fn body(operation: &Value) -> String {
    let contents: Vec<_> = fields(&operation["requestBody"]["content"]).collect();
    let Some((_, content)) = contents.first() else { return String::new() };
    let types: Vec<_> = contents
        .iter()
        .map(|(media_type, content)| {
            format!("<code>{}</code>, {}", escape(media_type), type_of(&content["schema"]))
        })
        .collect();
    let examples: String = fields(&content["examples"])
        .map(|(name, example)| sample(name, &example["value"].to_string()))
        .collect();
    format!("<p>The body: {}.</p>\n{examples}\n", types.join("; or "))
}

fn answers(document: &Value, operation: &Value) -> String {
    let rows: String =
        fields(&operation["responses"]).map(|(status, answer)| row(document, status, answer)).collect();
    let samples: String = fields(&operation["responses"])
        .filter(|(status, _)| matches!(*status, "200" | "201"))
        .filter_map(|(status, answer)| {
            let (_, content) = fields(&answer["content"]).next()?;
            let example = match &content["example"] {
                Value::Null => content["examples"]["text"]["value"].as_str().map(str::to_owned)?,
                example => serde_json::to_string_pretty(example).ok()?,
            };
            Some((status, example))
        })
        .take(1)
        .map(|(status, example)| sample(&format!("An answer with status {status}"), &example))
        .collect();
    format!("<h4>Answers</h4>\n<dl class=\"rules answers\">\n{rows}</dl>\n{samples}\n")
}

fn row(document: &Value, status: &str, answer: &Value) -> String {
    let problem = &answer["content"]["application/problem+json"];
    if problem.is_object() {
        let names: Vec<_> = fields(&problem["examples"])
            .map(|(name, _)| {
                let title = text(&document["components"]["examples"][name]["summary"]);
                format!("<a href=\"/problems/{name}\">{name}</a>: {}", escape(title))
            })
            .collect();
        return format!("<dt>{status}</dt><dd>{}{}</dd>\n", names.join("<br>"), headers(answer));
    }
    let shape = fields(&answer["content"])
        .next()
        .map(|(media_type, content)| {
            format!(
                " <span class=\"quiet\"><code>{}</code>, {}</span>",
                escape(media_type),
                type_of(&content["schema"])
            )
        })
        .unwrap_or_default();
    format!("<dt>{status}</dt><dd>{}{shape}{}</dd>\n", prose(text(&answer["description"])), headers(answer))
}

fn headers(answer: &Value) -> String {
    fields(&answer["headers"])
        .map(|(name, header)| {
            format!(
                "<br><code>{}</code>: {} <span class=\"quiet\">For example <code>{}</code></span>",
                escape(name),
                prose(text(&header["description"])),
                escape(&plain(&header["example"]))
            )
        })
        .collect()
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A value as it stands in a header or a path.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

pub(super) fn fields(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    object.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
