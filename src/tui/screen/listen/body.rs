//! A request with an error as a text: what is wrong, then what is kept of it.

use std::fmt::Write;

use serde_json::Value;

use super::board::Trouble;

/// The text: the answer and the reason, then each item with why it is refused. `kept` are lines of a recorder,
/// the last of which can be cut off.
pub(super) fn text(trouble: &Trouble, kept: &str) -> String {
    let Trouble { status, request, why, .. } = trouble;
    let mut text = format!("{request} answered with {status}: {why}\n");
    for line in kept.lines() {
        text.push('\n');
        let Ok(Value::Object(item)) = serde_json::from_str(line) else {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{line}…");
            continue;
        };
        match item.get("refused").and_then(Value::as_str) {
            Some(why) => text.extend(["refused: ", why, "\n"]),
            None => text.push_str("taken\n"),
        }
        match (item.get("payload"), item.get("body").and_then(Value::as_str)) {
            (Some(payload), _) => {
                let _ = writeln!(text, "{payload:#}");
            }
            (None, Some(body)) => text.extend([body, "\n"]),
            (None, None) => {}
        }
    }
    text
}
