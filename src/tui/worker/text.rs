//! A row or a journey as a text of its own, for a pager or an editor.

use std::sync::Arc;

use serde_json::Value;

use crate::identity::{Journey, Step};
use crate::model::time::rfc3339;
use crate::report;
use crate::tui::backend::{Backend, Failure, FailureKind};
use crate::tui::when::Zone;

use super::report::clock;

/// What is wanted as a text.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// A row, with why it is where it is.
    Row(Box<Step>, String),
    /// All of a journey, as `journey show` writes it.
    Journey(Arc<Journey>, Zone),
}

impl PartialEq for Wanted {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Row(one, _), Self::Row(other, _)) => one.event.row == other.event.row,
            (Self::Journey(one, _), Self::Journey(other, _)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

/// A text and what a file of it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The name, with the ending that tells an editor what it is.
    pub name: &'static str,
    /// The text.
    pub content: String,
}

/// Makes the text.
pub(super) fn text(backend: &mut dyn Backend, wanted: &Wanted) -> Result<Text, Failure> {
    match wanted {
        Wanted::Row(step, why) => {
            let properties = backend.properties(step.event.row)?;
            Ok(Text { name: "row.json", content: row(step, why, &properties) })
        }
        Wanted::Journey(journey, zone) => {
            let look = report::Look { width: 120, clock: clock(*zone), ..report::Look::default() };
            let mut content = Vec::new();
            report::text::journey(&mut content, journey.as_ref(), &look).map_err(|error| {
                Failure::new(FailureKind::Bug, "the journey cannot be written as text").cause(&error)
            })?;
            Ok(Text { name: "journey.txt", content: String::from_utf8_lossy(&content).into_owned() })
        }
    }
}

/// A row with its properties, which keep every digit and escape that they came with.
fn row(step: &Step, why: &str, properties: &str) -> String {
    let event = &step.event;
    let text = |text: &str| Value::from(text).to_string();
    let id = |id: Option<&crate::model::Id>| id.map_or_else(|| "null".to_owned(), |id| text(id.as_str()));
    let fields = [
        ("event", text(&event.event)),
        ("time", text(&rfc3339(event.time))),
        ("arrived", if event.arrival_known() { text(&rfc3339(event.arrived)) } else { "null".to_owned() }),
        ("distinct_id", id(event.id.as_ref())),
        ("stored_under", text(step.stored_under.as_str())),
        ("why", text(why)),
        ("source", text(&format!("{}:{}", event.source.file, event.source.line))),
        ("properties", indented(properties)),
    ];
    let fields: Vec<String> = fields.into_iter().map(|(name, value)| format!("  {}: {value}", text(name))).collect();
    format!("{{\n{}\n}}\n", fields.join(",\n"))
}

/// JSON with a line for each value, two spaces for each depth, below a first depth of one.
fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 1usize;
    let (mut in_text, mut escaped) = (false, false);
    let mut rest = json.chars().peekable();
    while let Some(c) = rest.next() {
        if in_text {
            out.push(c);
            in_text = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '"' => {
                in_text = true;
                out.push(c);
            }
            '{' | '[' => {
                out.push(c);
                while rest.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(close) = rest.next_if(|c| matches!(c, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_keep_their_digits_and_escapes() {
        let json = r#"{"a":12345678901234567890.10,"b":"x\"{,\u001b","c":[],"d":[1, {"e":null}]}"#;
        let text = indented(json);
        assert_eq!(
            text,
            "{\n    \"a\": 12345678901234567890.10,\n    \"b\": \"x\\\"{,\\u001b\",\n    \"c\": [],\n    \"d\": [\n      1,\n      \
             {\n        \"e\": null\n      }\n    ]\n  }"
        );
        let same = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(same(&text), same(json));
    }
}
