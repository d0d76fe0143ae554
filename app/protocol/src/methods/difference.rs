//! In what one body differs from the one before.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

/// The longest value that is quoted, in characters.
const QUOTED_MAX: usize = 24;

/// The difference between two answers' bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// There is none before.
    First,
    /// Neither has a body.
    Bodiless,
    /// Byte for byte.
    Same,
    /// Fields of two objects: name, before, after. What is missing is empty.
    Fields(Vec<(String, String, String)>),
    /// They are not two objects with something in common.
    Other,
}

impl Difference {
    pub fn between(before: Option<&str>, after: &str) -> Self {
        let Some(before) = before else { return if after.is_empty() { Self::Bodiless } else { Self::First } };
        if before == after {
            return if after.is_empty() { Self::Bodiless } else { Self::Same };
        }
        let (Some(old), Some(new)) = (object(before), object(after)) else { return Self::Other };
        let (mine, yours): (BTreeSet<_>, BTreeSet<_>) = (old.keys().collect(), new.keys().collect());
        if mine.is_disjoint(&yours) {
            return Self::Other;
        }
        let changed = mine.union(&yours).filter(|name| old.get(**name) != new.get(**name));
        let fields = changed.map(|name| ((*name).clone(), quoted(old.get(*name)), quoted(new.get(*name))));
        Self::Fields(fields.collect())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First => f.write_str("first body"),
            Self::Bodiless => f.write_str("no body"),
            Self::Same => f.write_str("same body, byte for byte"),
            Self::Other => f.write_str("another kind of body"),
            Self::Fields(fields) => {
                for (place, (name, before, after)) in fields.iter().enumerate() {
                    let comma = if place == 0 { "" } else { ", " };
                    match (before.as_str(), after.as_str()) {
                        ("", after) => write!(f, "{comma}{name}: {after} is new")?,
                        (_, "") => write!(f, "{comma}{name} is gone")?,
                        (before, after) => write!(f, "{comma}{name}: {before} → {after}")?,
                    }
                }
                Ok(())
            }
        }
    }
}

fn object(body: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(body).ok()
}

fn quoted(value: Option<&Value>) -> String {
    let text = match value {
        None => return String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    if text.chars().count() <= QUOTED_MAX {
        return text;
    }
    // What differs between two long values is mostly at their end.
    let end: String = text.chars().skip(text.chars().count() - QUOTED_MAX + 1).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(before: &str, after: &str) -> String {
        Difference::between(Some(before), after).to_string()
    }

    #[test]
    fn a_difference_names_the_fields() {
        assert_eq!(said(r#"{"id":1,"a":"x"}"#, r#"{"id":2,"a":"x"}"#), "id: 1 → 2");
        assert_eq!(said(r#"{"id":1,"a":2}"#, r#"{"id":1,"b":3}"#), "a is gone, b: 3 is new");
        assert_eq!(said(r#"{"id":1}"#, r#"{"id":1}"#), "same body, byte for byte");
        assert_eq!(said(r#"{"id":1}"#, r#"{"title":"Gone"}"#), "another kind of body");
        assert_eq!(said("", ""), "no body");
        let long = format!(r#"{{"text":"{}!"}}"#, "x".repeat(100));
        assert_eq!(said(r#"{"text":"x"}"#, &long), format!("text: x → …{}!", "x".repeat(22)));
        assert_eq!(Difference::between(None, "{}"), Difference::First);
    }
}
