//! What requests say in an address or in a form, as JSON.

use super::super::payload;

/// What the query of an address, or a form, says: the JSON in its `data`, else an object with the text
/// of each field; `None` for a text that is neither.
pub(in crate::formats) fn said(text: &str) -> Option<String> {
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    if query.starts_with("data=") || query.contains("&data=") {
        let packed = query.split('&').find(|pair| pair.starts_with("data=")).and_then(payload::data);
        if let Some(data) = packed {
            return Some(data.json);
        }
    }
    let is_key = |key: &str| !key.is_empty() && !key.contains(['{', '"', '<', ' ', '\n', '\t']);
    let mut pairs = query.split('&').filter(|pair| !pair.is_empty()).peekable();
    pairs.peek()?;
    let fields: Option<Vec<String>> = pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=')?;
            is_key(key).then(|| format!("{}:{}", decoded(key), decoded(value)))
        })
        .collect();
    Some(format!("{{{}}}", fields?.join(",")))
}

/// A part of a query as JSON.
fn decoded(text: &str) -> serde_json::Value {
    let text = text.replace('+', " ");
    serde_json::Value::from(percent_encoding::percent_decode_str(&text).decode_utf8_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_and_a_form_are_an_object_of_their_fields_or_the_json_in_them() {
        for (text, json) in [
            (
                "/i?e=pv&url=https%3A%2F%2Fx.test%2F%3Fa%3D1&page=a+b",
                r#"{"e":"pv","url":"https://x.test/?a=1","page":"a b"}"#,
            ),
            ("app_key=k&events=%5B%5D&empty=", r#"{"app_key":"k","events":"[]","empty":""}"#),
            ("?a=1#b=2", r#"{"a":"1"}"#),
            ("/e/?ip=1&data=eyJhIjoxfQ%3D%3D", r#"{"a":1}"#),
            ("data=%7B%22a%22%3A1%7D&ip=1", r#"{"a":1}"#),
            ("/x?metadata=1&data=none", r#"{"metadata":"1","data":"none"}"#),
        ] {
            assert_eq!(said(text).as_deref(), Some(json), "{text}");
        }
        for text in ["", "/track", "{\"a\":1}", "[1]", "a&b", "=1", "some prose = text & more"] {
            assert_eq!(said(text), None, "{text}");
        }
    }
}
