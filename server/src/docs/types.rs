//! The types of what goes over the wire, as a section of the page.

use serde_json::Value;

use super::operations::{each, fields, text};
use crate::text_page::{escape, prose};

pub(super) fn section(document: &Value) -> String {
    let types: String =
        fields(&document["components"]["schemas"]).map(|(name, schema)| article(name, schema)).collect();
    format!(
        "<section class=\"reference\" aria-labelledby=\"types\">\n<h2 id=\"types\">Types</h2>\n\
         <p>A field is always there unless it is marked as optional.</p>\n{types}</section>\n"
    )
}

fn article(name: &str, schema: &Value) -> String {
    let name = escape(name);
    let about = match text(&schema["description"]) {
        "" => String::new(),
        about => format!("<p>{}</p>\n", prose(about)),
    };
    let rows = if schema["properties"].is_object() {
        format!("<dl class=\"rules\">\n{}</dl>\n", rows(schema))
    } else if schema["oneOf"].is_array() {
        let kinds = each(&schema["oneOf"]).map(|kind| {
            let about = prose(text(&kind["description"]));
            format!("<li>{}. {about}</li>\n", type_of(kind))
        });
        format!("<p>One of these:</p>\n<ul>\n{}</ul>\n", kinds.collect::<String>())
    } else {
        format!("<p>{}</p>\n", type_of(schema))
    };
    format!(
        "<article aria-labelledby=\"type-{name}\">\n<h3 id=\"type-{name}\">{name}</h3>\n{about}<details>\n\
         <summary>Shape<span class=\"unseen\"> of {name}</span></summary>\n{rows}</details>\n</article>\n"
    )
}

fn rows(object: &Value) -> String {
    fields(&object["properties"])
        .map(|(name, schema)| {
            let needed = each(&object["required"]).any(|required| required == name);
            let optional = if needed { "" } else { " <span class=\"quiet\">optional</span>" };
            let about = match text(&schema["description"]) {
                "" => String::new(),
                about => format!(" {}", prose(about)),
            };
            format!("<dt><code>{}</code>{optional}</dt><dd>{}.{about}</dd>\n", escape(name), type_of(schema))
        })
        .collect()
}

/// A schema in a few words, with a link where it has a name.
pub(super) fn type_of(schema: &Value) -> String {
    if let Some(name) = text(&schema["$ref"]).rsplit_once('/').map(|(_, name)| escape(name)) {
        return format!("<a href=\"#type-{name}\">{name}</a>");
    }
    if schema["oneOf"].is_array() {
        let items: Vec<_> = each(&schema["oneOf"]).map(type_of).collect();
        return items.join(" or ");
    }
    if schema["enum"].is_array() {
        let values: Vec<_> =
            each(&schema["enum"]).map(|value| format!("<code>{}</code>", escape(text(value)))).collect();
        return values.join(", ");
    }
    if schema["properties"].is_object() {
        let names: Vec<_> = fields(&schema["properties"])
            .map(|(name, field)| format!("<code>{}</code>: {}", escape(name), type_of(field)))
            .collect();
        return format!("an object of {}", names.join("; "));
    }
    let kinds: Vec<_> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect(),
        kind => vec![text(kind)],
    };
    let words: Vec<_> = kinds.into_iter().map(|kind| of_kind(kind, schema)).collect();
    words.join(" or ")
}

fn of_kind(kind: &str, schema: &Value) -> String {
    let bounds = match (kind, &schema["pattern"]) {
        ("string", Value::String(pattern)) => format!(" matching <code>{}</code>", escape(pattern)),
        ("string", _) => match text(&schema["format"]) {
            "" => String::new(),
            format => format!(" ({})", escape(format)),
        },
        _ => String::new(),
    };
    let length = match (kind, &schema["maxLength"]) {
        ("string", Value::Number(most)) => format!(" of {} to {most} characters", schema["minLength"]),
        _ => String::new(),
    };
    match kind {
        "array" if schema["prefixItems"].is_array() => "a pair of strings".to_owned(),
        "array" => format!("a list of {}", type_of(&schema["items"])),
        "object" => "an object".to_owned(),
        "null" => "<code>null</code>".to_owned(),
        "" => "anything".to_owned(),
        kind => format!("{}{length}{bounds}", escape(kind)),
    }
}
