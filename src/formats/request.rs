//! What a request of an SDK carries, and the line that a recorder writes of it.
//!
//! A recorder that writes such lines and an importer that reads them agree by what stands here: one
//! line for each item of Mixpanel, and one for each request of another vendor.

use std::borrow::Cow;
use std::fmt::Write;

use super::object::{each, members};
use super::payload;
use crate::model::{Millis, json};

/// Keys under which SDKs send the token of a project, or the key that stands for it.
const TOKENS: &[&str] = &["token", "$token", "api_key", "apiKey", "writeKey", "write_key"];

/// The JSON in the `data` of a request, in every form that it comes in: plain or base64, percent-encoded
/// or not, alone or in a form or URL; `None` for anything else.
pub fn data(text: &str) -> Option<String> {
    payload::data(text).map(|data| data.json)
}

/// The members of an array, or the one object that a text is; `None` for text that is no JSON.
pub fn items(json: &str) -> Option<Vec<&str>> {
    let json = json.trim();
    if json.starts_with('[') {
        return members(json).ok();
    }
    let one: &serde_json::value::RawValue = serde_json::from_str(json).ok()?;
    Some(vec![one.get()])
}

/// Fields of an object as the texts of their values, in the order of `keys`; `None` for a text that is
/// no object.
pub fn values<'a, const N: usize>(json: &'a str, keys: [&str; N]) -> Option<[Option<&'a str>; N]> {
    let mut found = [None; N];
    if !json.trim_start().starts_with('{') {
        return None;
    }
    each(json, |key, value| {
        if let Some(at) = keys.iter().position(|known| *known == key)
            && let Some(slot) = found.get_mut(at)
        {
            *slot = Some(value);
        }
    })
    .ok()?;
    Some(found)
}

/// The text of a value that is a string, number or boolean.
pub fn text(value: &str) -> Option<Cow<'_, str>> {
    json::text(value)
}

/// An object without the tokens of projects: its own, those of the rows that it carries and, `in_rows`,
/// those of their properties. What is no object of JSON stays as it is.
///
/// Properties of calls of Segment are those of the app alone, and one may be called `token`.
pub fn without_tokens(object: &str, in_rows: bool) -> Cow<'_, str> {
    let mut cuts: Vec<(usize, usize)> = Vec::new();
    find_tokens(object, object, in_rows, 0, &mut cuts);
    if cuts.is_empty() {
        return Cow::Borrowed(object);
    }
    cuts.sort_unstable();
    let mut rest = String::with_capacity(object.len());
    let mut at = 0;
    for (start, end) in cuts {
        rest.push_str(object.get(at..start.max(at)).unwrap_or_default());
        at = end.max(at);
    }
    rest.push_str(object.get(at..).unwrap_or_default());
    Cow::Owned(rest)
}

/// How deep tokens are looked for: in a batch, its rows and their properties.
const DEEP: usize = 4;

fn find_tokens(whole: &str, part: &str, in_rows: bool, depth: usize, cuts: &mut Vec<(usize, usize)>) {
    if depth > DEEP {
        return;
    }
    if part.starts_with('[') {
        for member in members(part).unwrap_or_default() {
            find_tokens(whole, member, in_rows, depth + 1, cuts);
        }
        return;
    }
    if !part.starts_with('{') {
        return;
    }
    let mut tokens = Vec::new();
    let mut inside = Vec::new();
    let read = each(part, |key, value| {
        if TOKENS.contains(&key) {
            tokens.push(value);
        } else if matches!(key, "batch" | "events") || in_rows && key == "properties" {
            inside.push(value);
        }
    });
    if read.is_err() {
        return;
    }
    for value in tokens {
        // A value is a part of the text, so the distance says where it is.
        let start = value.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
        cuts.extend(field_around(whole, start, start + value.len()));
    }
    for value in inside {
        find_tokens(whole, value, in_rows, depth + 1, cuts);
    }
}

/// Where the field begins and ends whose value is at `start..end`, with one of the commas around it.
fn field_around(whole: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let before = whole.get(..start)?.trim_end().strip_suffix(':')?.trim_end().strip_suffix('"')?;
    let key = before.rfind('"')?;
    let ahead = whole.get(..key)?.trim_end();
    if ahead.ends_with(',') {
        return Some((ahead.len() - 1, end));
    }
    let behind = whole.get(end..)?;
    let trimmed = behind.trim_start();
    let end = if trimmed.starts_with(',') { end + (behind.len() - trimmed.len()) + 1 } else { end };
    Some((key, end))
}

/// A text that is no JSON without what stands behind the keys of tokens.
pub fn masked(text: &str) -> Cow<'_, str> {
    let mut masked = Cow::Borrowed(text);
    for key in TOKENS {
        let quoted = format!("\"{key}\"");
        let mut at = 0;
        while let Some(found) = masked.get(at..).and_then(|rest| rest.find(&quoted)) {
            at += found + quoted.len();
            let rest = masked.get(at..).unwrap_or_default();
            let value = rest.trim_start_matches([' ', '\t', '\r', '\n', ':']);
            let Some(value) = value.strip_prefix('"') else { continue };
            let start = masked.len() - value.len();
            let length = value.find(['"', ',', '}', '\n']).unwrap_or(value.len());
            let end = start + length;
            masked = Cow::Owned([masked.get(..start), masked.get(end..)].into_iter().flatten().collect());
            at = start;
        }
    }
    masked
}

/// What stands around what a recorder writes down.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// When the request was received.
    pub received: Millis,
    /// Its path, without a query.
    pub path: &'a str,
    /// Its method.
    pub method: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// Why the server does not take it, though it may have taken others of the request.
    pub refused: Option<&'a str>,
}

/// Writes the line of one item of Mixpanel: JSON on one line, or any text where it is none.
pub fn write_item(lines: &mut String, around: &Around<'_>, item: &str) {
    begin(lines, around, "endpoint");
    carry(lines, item);
}

/// Writes the line of one request of another vendor.
pub fn write_request(lines: &mut String, around: &Around<'_>, body: &str) {
    begin(lines, around, "path");
    carry(lines, body);
}

fn begin(lines: &mut String, around: &Around<'_>, path_key: &str) {
    let Around { received, path, method, status, refused } = around;
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    // Writing to a string does not fail.
    let _ =
        write!(lines, "{{\"received_at_ms\":{received},\"{path_key}\":{},\"method\":{}", quoted(path), quoted(method));
    let _ = write!(lines, ",\"response_status\":{status}");
    if let Some(why) = refused {
        let _ = write!(lines, ",\"refused\":{}", quoted(why));
    }
}

fn carry(lines: &mut String, carried: &str) {
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(carried).is_ok();
    if is_json {
        let _ = write!(lines, ",\"payload\":{}", super::one_line(carried));
    } else {
        let _ = write!(lines, ",\"body\":{}", serde_json::Value::from(carried));
    }
    lines.push_str("}\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_cut_wherever_sdks_put_them_and_nothing_else_is() {
        for (sent, kept) in [
            (r#"{"event":"A","properties":{"token":"T","time":1}}"#, r#"{"event":"A","properties":{"time":1}}"#),
            (r#"{"event":"A","properties":{"time":1, "token" : "T" }}"#, r#"{"event":"A","properties":{"time":1 }}"#),
            (r#"{"event":"A","properties":{"token":"T"}}"#, r#"{"event":"A","properties":{}}"#),
            (
                r#"{"$token":"T","$distinct_id":"a","$set":{"token":"mine"}}"#,
                r#"{"$distinct_id":"a","$set":{"token":"mine"}}"#,
            ),
            (
                r#"{"batch":[{"event":"A","properties":{"token":"x","a":1}}],"api_key":"K"}"#,
                r#"{"batch":[{"event":"A","properties":{"a":1}}]}"#,
            ),
            (r#"{"writeKey":"K","batch":[]}"#, r#"{"batch":[]}"#),
            (r#"{"event":"token","properties":{"a":"token"}}"#, r#"{"event":"token","properties":{"a":"token"}}"#),
            (
                r#"{"event":"A","token":"T","properties":{"token":"U","b":{"token":"deep"}}}"#,
                r#"{"event":"A","properties":{"b":{"token":"deep"}}}"#,
            ),
        ] {
            assert_eq!(without_tokens(sent, true), kept, "{sent}");
        }
    }

    #[test]
    fn a_property_of_a_call_that_is_called_token_stays() {
        let call = r#"{"batch":[{"type":"track","properties":{"token":"mine"},"writeKey":"K"}],"writeKey":"K"}"#;
        assert_eq!(without_tokens(call, false), r#"{"batch":[{"type":"track","properties":{"token":"mine"}}]}"#);
    }

    #[test]
    fn tokens_of_a_text_that_is_no_json_are_taken_out_too() {
        assert_eq!(
            masked(r#"{"event":"A","properties":{"token":"SECRET","total":9,00}}"#),
            r#"{"event":"A","properties":{"token":"","total":9,00}}"#
        );
        assert_eq!(masked("no json"), "no json");
    }

    #[test]
    fn a_line_has_what_the_importer_reads() {
        let around = Around { received: 5, path: "/track", method: "POST", status: 200, refused: None };
        let mut lines = String::new();
        write_item(&mut lines, &around, "{\"event\":\"A\",\n\"properties\":{}}");
        write_item(&mut lines, &Around { refused: Some("no time"), ..around }, "{\"event\":9,00}");
        assert_eq!(
            lines,
            "{\"received_at_ms\":5,\"endpoint\":\"/track\",\"method\":\"POST\",\"response_status\":200,\"payload\":{\"event\":\"A\",\"properties\":{}}}\n\
             {\"received_at_ms\":5,\"endpoint\":\"/track\",\"method\":\"POST\",\"response_status\":200,\"refused\":\"no time\",\"body\":\"{\\\"event\\\":9,00}\"}\n"
        );
    }
}
