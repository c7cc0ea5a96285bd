//! Answers, in the words of the real endpoints.

use serde_json::{Value, json};

/// What a request is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

/// A picture of one transparent point, for requests that an image makes.
const POINT: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

impl Answer {
    pub(super) fn text(status: u16, body: &str) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: body.as_bytes().to_vec() }
    }

    pub(super) fn json(status: u16, body: &str) -> Self {
        Self { status, content_type: "application/json", body: body.as_bytes().to_vec() }
    }

    pub(super) fn value(status: u16, body: &Value) -> Self {
        Self::json(status, &body.to_string())
    }

    /// The picture that a page shows.
    pub(super) fn picture(status: u16) -> Self {
        Self { status, content_type: "image/gif", body: POINT.to_vec() }
    }

    pub(super) fn empty(status: u16) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: Vec::new() }
    }
}

/// How `/track`, `/engage` and `/groups` are to answer.
pub(super) struct Manner<'a> {
    pub(super) verbose: bool,
    pub(super) img: bool,
    /// The function that a script is to call.
    pub(super) callback: Option<&'a str>,
}

impl Manner<'_> {
    /// `1`, or `0` where something is wrong; with words where they are asked for.
    pub(super) fn answer(&self, status: u16, error: Option<&str>) -> Answer {
        if self.img {
            return Answer::picture(status);
        }
        let good = i32::from(error.is_none());
        let said = if self.verbose { json!({"error": error, "status": good}).to_string() } else { good.to_string() };
        match self.callback.filter(|name| is_name(name)) {
            Some(name) => {
                let body = format!("{name}({said});").into_bytes();
                Answer { status, content_type: "application/javascript", body }
            }
            None if self.verbose => Answer::json(status, &said),
            None => Answer::text(status, &said),
        }
    }
}

/// Whether a text can only be the name of a function: nothing else of it gets into a script.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 128 && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.$[]".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(verbose: bool, callback: Option<&str>, error: Option<&str>) -> String {
        String::from_utf8(Manner { verbose, img: false, callback }.answer(200, error).body).unwrap()
    }

    #[test]
    fn answers_are_one_or_zero_with_words_where_asked() {
        assert_eq!(said(false, None, None), "1");
        assert_eq!(said(false, None, Some("no")), "0");
        assert_eq!(said(true, None, None), r#"{"error":null,"status":1}"#);
        assert_eq!(said(true, None, Some("no")), r#"{"error":"no","status":0}"#);
        assert_eq!(said(false, Some("mixpanel._jsc['a']"), None), "1", "a callback with quotes is no name");
        assert_eq!(said(false, Some("mp.cb"), None), "mp.cb(1);");
        assert_eq!(said(false, Some("alert(1)//"), None), "1");
    }
}
