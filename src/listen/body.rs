//! The body of a request: unpacked with a bound, and taken out of a form.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Read};

use crate::formats::request;

/// What a body is said to be.
#[derive(Clone, Debug, Default)]
pub(super) struct Says {
    /// `Content-Type`, in small letters.
    pub(super) content_type: String,
    /// `Content-Encoding`, in small letters.
    pub(super) encoding: String,
}

/// Why a body cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is larger than the endpoint takes, packed or unpacked.
    TooLarge,
    /// It cannot be unpacked.
    Packed(String),
}

/// Parameters of a query or a form.
pub(super) type Parameters = HashMap<String, String>;

/// The parameters of a query or a form.
pub(super) fn parameters(text: &str) -> Parameters {
    let decoded = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key), decoded(value))
        })
        .collect()
}

/// Unpacks a body as its head, its query or its own first bytes say; no more than `limit` bytes of it.
pub(super) fn unpack<'b>(body: &'b [u8], says: &Says, limit: usize) -> Result<Cow<'b, [u8]>, Unread> {
    let packed = |error: &io::Error| Unread::Packed(format!("its body cannot be unpacked: {error}"));
    let unpacked = if body.starts_with(b"\x1f\x8b") {
        read(flate2::read::MultiGzDecoder::new(body), limit, packed)?
    } else if body.starts_with(b"\x28\xb5\x2f\xfd") {
        let decoder = zstd::Decoder::new(body).map_err(|error| packed(&error))?;
        read(decoder, limit, packed)?
    } else {
        match says.encoding.as_str() {
            "deflate" if body.first().is_some_and(|byte| byte & 0x0f == 8) => {
                read(flate2::read::ZlibDecoder::new(body), limit, packed)?
            }
            "deflate" => read(flate2::read::DeflateDecoder::new(body), limit, packed)?,
            // Some SDKs say gzip of a body that a proxy has unpacked.
            "" | "identity" | "gzip" | "zstd" => return Ok(Cow::Borrowed(body)),
            other => return Err(Unread::Packed(format!("its body is packed with {other}, which is not read"))),
        }
    };
    Ok(Cow::Owned(unpacked))
}

fn read(packed: impl Read, limit: usize, error: impl Fn(&io::Error) -> Unread) -> Result<Vec<u8>, Unread> {
    let mut unpacked = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    packed.take(most).read_to_end(&mut unpacked).map_err(|source| error(&source))?;
    if unpacked.len() > limit { Err(Unread::TooLarge) } else { Ok(unpacked) }
}

/// What a request has to say.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// The JSON, or what stands in its place; `None` where nothing does.
    pub(super) text: Option<String>,
    /// Whether the text is JSON as far as its first character says.
    pub(super) is_json: bool,
    /// Parameters of the form that it stood in.
    pub(super) form: Parameters,
}

/// Takes the data out of the body, or out of the query where there is no body.
pub(super) fn content(body: &[u8], says: &Says, query: &Parameters) -> Content {
    let text = String::from_utf8_lossy(body);
    let text = text.trim().trim_start_matches('\u{feff}');
    if text.is_empty() {
        let (data, is_json) = data_of(query);
        return Content { text: data, is_json, form: Parameters::new() };
    }
    let is_form = says.content_type.contains("x-www-form-urlencoded") && !text.starts_with(['{', '['])
        || text.starts_with("data=")
        || text.contains("&data=") && !text.starts_with(['{', '[']);
    if is_form {
        let form = parameters(text);
        let (data, is_json) = data_of(&form);
        return Content { text: data, is_json, form };
    }
    if text.starts_with(['{', '[']) {
        return Content { text: Some(text.to_owned()), is_json: true, form: Parameters::new() };
    }
    match request::data(text) {
        Some(json) => Content { text: Some(json), is_json: true, form: Parameters::new() },
        None => Content { text: Some(text.to_owned()), is_json: false, form: Parameters::new() },
    }
}

/// The JSON of the parameter `data`, or the parameter as it is.
fn data_of(parameters: &Parameters) -> (Option<String>, bool) {
    let Some(data) = parameters.get("data").filter(|data| !data.is_empty()) else { return (None, false) };
    match request::data(data) {
        Some(json) => (Some(json), true),
        None => (Some(data.clone()), false),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(content).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn a_bomb_ends_at_the_limit() {
        let bomb = gzip(&vec![b' '; 1 << 22]);
        assert!(bomb.len() < 1 << 14);
        assert_eq!(unpack(&bomb, &Says::default(), 1 << 20), Err(Unread::TooLarge));
        assert_eq!(unpack(&bomb, &Says::default(), 1 << 22).unwrap().len(), 1 << 22);
        let cut = &bomb[..bomb.len() / 2];
        assert!(matches!(unpack(cut, &Says::default(), 1 << 23), Err(Unread::Packed(_))));
    }

    #[test]
    fn a_form_gives_its_data_decoded_once() {
        let says = Says { content_type: "application/x-www-form-urlencoded".into(), ..Says::default() };
        let base64 = "eyJldmVudCI6In5%2Bfj8ifQ%3D%3D";
        let read = content(format!("data={base64}&verbose=1").as_bytes(), &says, &Parameters::new());
        assert_eq!(read.text.as_deref(), Some(r#"{"event":"~~~?"}"#));
        assert_eq!(read.form.get("verbose").map(String::as_str), Some("1"));
        let plain = content(br#"[{"event":"a=b&data=c"}]"#, &says, &Parameters::new());
        assert_eq!((plain.text.as_deref(), plain.is_json), (Some(r#"[{"event":"a=b&data=c"}]"#), true));
    }
}
