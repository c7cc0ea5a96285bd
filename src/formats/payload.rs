//! What SDKs send, as a recorder wrote it down, and the `data` of their requests (identity.md §4.1 to §4.4).

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::object::{fields, given};
use super::repair::readable;
use crate::model::json;

fields! {
    /// A form or query with the data of a request.
    Form { data: "data" }
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// `/track`.
    Track,
    /// `/import`.
    Import,
    /// `/engage`.
    Engage,
    /// `/groups`.
    Groups,
    /// `/decide`, `/flags`, `/record` and anything else that carries no rows.
    Other,
}

impl Endpoint {
    /// The endpoint of a path or URL, with or without a slash at its end.
    pub(super) fn of(path: &str) -> Self {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        match path.trim_end_matches('/').rsplit('/').next().unwrap_or_default() {
            "track" => Self::Track,
            "import" => Self::Import,
            "engage" => Self::Engage,
            "groups" => Self::Groups,
            _ => Self::Other,
        }
    }
}

/// Where a recorded request can have its data, as texts of JSON values.
#[derive(Clone, Copy, Default)]
pub(super) struct Carried<'a> {
    pub(super) payload: Option<&'a str>,
    pub(super) data: Option<&'a str>,
    pub(super) query: Option<&'a str>,
    pub(super) form: Option<&'a str>,
    pub(super) body: Option<&'a str>,
    pub(super) url: Option<&'a str>,
}

impl<'a> Carried<'a> {
    /// The JSON that the request carries, and whether it had to be put right; the error is the
    /// reason to reject it.
    pub(super) fn json(&self) -> Result<(Cow<'a, str>, bool), String> {
        let inner =
            |form: Option<&'a str>| given(form).and_then(|form| Form::read(form).ok()).and_then(|form| form.data);
        let places = [self.payload, self.data, inner(self.query), inner(self.form), self.body, self.url];
        let Some(found) = places.into_iter().find_map(given_request) else {
            return Err("the request carries no payload".to_owned());
        };
        if found.starts_with('"') {
            let text = json::scalar(found).unwrap_or_default();
            let Data { json, repaired } = data(&text).ok_or("its data could not be decoded")?;
            return Ok((Cow::Owned(json), repaired));
        }
        Ok((Cow::Borrowed(found), false))
    }
}

/// A part of a request that says something: recorders write the body of a GET as an empty text.
pub(super) fn given_request(part: Option<&str>) -> Option<&str> {
    given(part).filter(|text| *text != "\"\"")
}

/// The JSON in the `data` of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Data {
    pub(super) json: String,
    /// It was not UTF-8, and was put right.
    pub(super) repaired: bool,
}

/// Reads the `data` of a request: plain, or base64 in either alphabet, with or without
/// padding, with `+` turned into a space; percent-encoded or not; alone, or in a form or URL.
pub(super) fn data(text: &str) -> Option<Data> {
    let text = text.trim();
    if text.starts_with(['{', '[']) {
        return json_or_nothing(text.as_bytes());
    }
    let value = match text.find("data=") {
        Some(at) if at == 0 || text.get(..at)?.ends_with(['?', '&']) => {
            text.get(at + 5..)?.split(['&', '#']).next().unwrap_or_default()
        }
        _ => text,
    };
    let upper = value.get(..3).unwrap_or_default().to_ascii_uppercase();
    let spaced = if upper == "%7B" || upper == "%5B" { value.replace('+', " ") } else { value.to_owned() };
    let decoded: Cow<'_, [u8]> = percent_encoding::percent_decode_str(&spaced).into();
    if decoded.starts_with(b"{") || decoded.starts_with(b"[") {
        return json_or_nothing(&decoded);
    }
    let decoded = std::str::from_utf8(&decoded).ok()?;
    let cleaned: String = decoded
        .chars()
        .filter(|c| !matches!(c, '=' | '\r' | '\n'))
        .map(|c| match c {
            ' ' | '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    let bytes = FORGIVING.decode(cleaned).ok()?;
    json_or_nothing(&bytes)
}

/// Base64 as browsers, servers and copying by hand leave it.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn json_or_nothing(bytes: &[u8]) -> Option<Data> {
    let text = readable(bytes.trim_ascii());
    let repaired = matches!(text, Cow::Owned(_));
    text.starts_with(['{', '[']).then(|| Data { json: text.into_owned(), repaired })
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"event":"~~>?","properties":{"time":1,"distinct_id":"å/+"}}"#;

    #[test]
    fn data_is_read_in_every_form_that_it_comes_in() {
        let base64 = base64::engine::general_purpose::STANDARD.encode(JSON);
        let url_safe = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(JSON);
        assert!(base64.contains('+'), "the sample must have a character that damage can hit");
        let quoted = percent_encoding::utf8_percent_encode(JSON, percent_encoding::NON_ALPHANUMERIC).to_string();
        for text in [
            JSON.to_owned(),
            base64.clone(),
            url_safe,
            base64.replace('+', " "),
            base64.replace('=', "%3D").replace('+', "%2B"),
            quoted,
            format!("data={base64}"),
            format!("https://api.mixpanel.com/track/?ip=1&data={base64}&_=15"),
        ] {
            assert_eq!(data(&text), Some(Data { json: JSON.to_owned(), repaired: false }), "{text}");
        }
        for text in ["", "undefined", "data=", "%%%", "aGVsbG8="] {
            assert_eq!(data(text), None, "{text}");
        }
    }

    #[test]
    fn data_with_a_byte_that_is_no_utf_8_is_read_and_marked() {
        let damaged = b"{\"event\":\"M\xfcller\"}";
        let base64 = base64::engine::general_purpose::STANDARD.encode(damaged);
        let quoted = percent_encoding::percent_encode(damaged, percent_encoding::NON_ALPHANUMERIC).to_string();
        for text in [base64, quoted] {
            let json = "{\"event\":\"M\u{fffd}ller\"}".to_owned();
            assert_eq!(data(&text), Some(Data { json, repaired: true }), "{text}");
        }
    }

    #[test]
    fn endpoints_are_known_with_host_query_and_slash() {
        assert_eq!(Endpoint::of("/track/"), Endpoint::Track);
        assert_eq!(Endpoint::of("https://api.mixpanel.com/import?strict=1"), Endpoint::Import);
        assert_eq!(Endpoint::of("/engage#profile-set"), Endpoint::Engage);
        assert_eq!(Endpoint::of("/decide/"), Endpoint::Other);
    }
}
