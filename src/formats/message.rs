//! What a server writes in place of data: an error in JSON, a page in HTML, a few words.

use std::borrow::Cow;

use super::object::{excerpt, fields, members};
use super::repair::repaired;
use super::split::trim;

/// A file that is a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is.
    pub what: &'static str,
    /// What it says, in part.
    pub said: String,
}

/// Characters of a message that are quoted.
const QUOTED: usize = 200;

fields! {
    /// Keys of an error in JSON.
    ServerError { error: "error", errors: "errors", message: "message", detail: "detail" }
}

/// The message that a file is, by its first bytes; only for a file in no known format.
pub fn message(head: &[u8]) -> Option<Message> {
    let text = trim(head);
    let said = || excerpt(&String::from_utf8_lossy(text.get(..QUOTED * 8).unwrap_or(text)), QUOTED);
    let lower = text.get(..text.len().min(256))?.to_ascii_lowercase();
    let what = if lower.starts_with(b"{") || lower.starts_with(b"[") {
        let (json, _) = repaired(text);
        // A list of errors says what the first of them does.
        let first = members(&json).ok().map(|errors| errors.first().map(|error| (*error).to_owned()));
        let json = match first {
            Some(first) => Cow::Owned(first?),
            None => json,
        };
        let error = ServerError::read(&json).ok()?;
        let parts = [error.error, error.errors, error.message, error.detail];
        parts.into_iter().flatten().find(|part| *part != "null")?;
        "the error of a server"
    } else if lower.starts_with(b"<")
        && ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| has(&lower, tag))
    {
        "a page for a browser"
    } else if lower.starts_with(b"<?xml") || lower.starts_with(b"<error") {
        "an answer in XML"
    } else if has(&lower, "terminated early") {
        "the message of a server that ended the export early"
    } else {
        return None;
    };
    Some(Message { what, said: said() })
}

/// The start of a file that is text, for a person; `None` for any other.
pub fn beginning(head: &[u8]) -> Option<String> {
    let text = trim(head);
    let start = text.get(..QUOTED * 4).unwrap_or(text);
    // The last character may be cut.
    let start = match std::str::from_utf8(start) {
        Ok(start) => start,
        Err(error) if error.error_len().is_none() => std::str::from_utf8(start.get(..error.valid_up_to())?).ok()?,
        Err(_) => return None,
    };
    let is_text = !start.is_empty() && !start.chars().any(|c| c.is_control() && !c.is_whitespace());
    is_text.then(|| excerpt(start, 80))
}

fn has(text: &[u8], words: &str) -> bool {
    memchr::memmem::find(text, words.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(head: &str) -> Option<&'static str> {
        message(head.as_bytes()).map(|message| message.what)
    }

    #[test]
    fn what_a_server_says_in_place_of_data_is_told_by_its_form() {
        let json = Some("the error of a server");
        assert_eq!(what(r#"{"error": "Unable to authenticate request", "request": "/api"}"#), json);
        assert_eq!(what("\u{feff}{\n \"message\": \"rate limit\"}\n"), json);
        assert_eq!(what(r#"[{"error":"bad token"}]"#), json);
        assert_eq!(what(r#"[{"code":1}]"#), None);
        assert_eq!(what("[]"), None);
        assert_eq!(what(r#"{"error":null,"x":1}"#), None);
        assert_eq!(what(r#"{"a":"error"}"#), None);
        let page = Some("a page for a browser");
        assert_eq!(what("<!DOCTYPE HTML>\n<title>502</title>"), page);
        assert_eq!(what("<html><body>Bad Gateway"), page);
        assert_eq!(what("<?xml version='1.0'?><Error><Code>AccessDenied"), Some("an answer in XML"));
        assert_eq!(what("export terminated early"), Some("the message of a server that ended the export early"));
        assert_eq!(what("Shall I compare thee"), None);
    }

    #[test]
    fn what_is_quoted_is_bounded_and_in_one_line() {
        let page = format!("<html>\n  <body>{}", "é".repeat(5000));
        let said = message(page.as_bytes()).unwrap().said;
        assert_eq!(said.chars().count(), QUOTED + 1);
        assert!(said.starts_with("<html> <body>é") && said.ends_with('…'), "{said}");
        assert_eq!(beginning(b" hello\nworld ").as_deref(), Some("hello world"));
        assert_eq!(beginning(b"\x7fELF\0\0"), None);
        assert_eq!(beginning("é".repeat(500).as_bytes()).map(|text| text.chars().count()), Some(81));
        assert_eq!(beginning(b"\xff\xfeh\0"), None);
    }
}
