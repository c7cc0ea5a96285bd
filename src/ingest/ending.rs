//! How a stream ends: with its last row, or with a sign that rows are missing.
//!
//! An export is answered as it is made, so a server that gives up can only say so behind the rows
//! it has sent ("export terminated early"), and what breaks a connection or a disk leaves a file that
//! ends anywhere: inside a row, or between two rows of an array. A message at the end is no part of
//! what is stored, so that a complete file with the same rows resumes where this one ended. Where
//! such files were put together, a message stands [in the middle](within): it is a reject by which
//! the store knows, too, that rows are missing there.

use super::Error;
use crate::formats::{Decoder, Item, Layout, excerpt};

/// How a stream ended.
#[derive(Debug, Default)]
pub(super) struct End {
    /// The error that it ended in.
    pub(super) failure: Option<Error>,
    /// What says that rows are missing.
    pub(super) incomplete: Option<String>,
}

/// What vendors write behind the rows of an export that they could not finish.
const EARLY: &str = "terminated early";
/// Bytes of a message that are looked at; what is longer is none.
const MESSAGE: usize = 4096;
/// Characters of a message that are quoted.
const MOST_QUOTED: usize = 160;

/// A message at the end of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// Where it begins; the rows end there.
    pub(super) start: usize,
    /// What it says, as a sentence without an end.
    pub(super) said: String,
}

/// The message that `content`, which goes to the end of a stream, ends in.
pub(super) fn message(content: &[u8], layout: Layout) -> Option<Message> {
    let end = content.trim_ascii_end().len();
    let content = content.get(..end)?;
    let line = memchr::memrchr(b'\n', content).map_or(0, |at| at + 1);
    let whole = end - line <= MESSAGE;
    let line = if whole { line } else { end - MESSAGE };
    let blank = content.get(line..)?.len() - content.get(line..)?.trim_ascii_start().len();
    let start = line + blank;
    let tail = content.get(start..)?;
    if let Some(at) = terminated(tail) {
        let text = excerpt(&String::from_utf8_lossy(tail.get(at..)?), MOST_QUOTED);
        return Some(Message { start: start + at, said: format!("the server ended it early: \"{text}\"") });
    }
    if !whole || layout == Layout::Csv {
        return None;
    }
    let text = excerpt(&String::from_utf8_lossy(tail), MOST_QUOTED);
    if is_early(tail) {
        return Some(Message { start, said: format!("the server ended it early: \"{text}\"") });
    }
    if !is_message(tail) {
        return None;
    }
    Some(Message { start, said: format!("it ends in a message in place of a row: \"{text}\"") })
}

/// Why a message in the middle of a file is not read.
pub(super) const IN_PLACE: &str = "a message of a server in place of rows, which are missing here";

/// Whether what could not be read is the message of a server: rows are missing where it stands.
///
/// Words alone are none here: a tool may have written them about its own work.
pub(super) fn within(text: &str) -> bool {
    let text = text.trim_ascii();
    let is_page = || {
        let page = text.get(..5).unwrap_or_default();
        page.eq_ignore_ascii_case("<html") || page.eq_ignore_ascii_case("<!doc")
    };
    terminated(text.as_bytes()).is_some()
        || text.len() <= MESSAGE
            && (is_page() || is_early(text.as_bytes()) || text.starts_with('{') && is_message(text.as_bytes()))
}

/// What a message in the middle says of its file, as a sentence without an end.
pub(super) fn said_within(line: u64, text: &str) -> String {
    let from = terminated(text.as_bytes()).unwrap_or_default();
    let text = excerpt(text.get(from..).unwrap_or(text), MOST_QUOTED);
    format!("in line {line} a server ended it early or failed, and rows are missing there: \"{text}\"")
}

/// Where in the last line the server says that it ended the export.
fn terminated(tail: &[u8]) -> Option<usize> {
    let words = tail.trim_ascii_end();
    let words = words.strip_suffix(b".").or_else(|| words.strip_suffix(b"!")).unwrap_or(words);
    let early = words.len().checked_sub(EARLY.len())?;
    if !words.get(early..)?.eq_ignore_ascii_case(EARLY.as_bytes()) {
        return None;
    }
    // Rows end in a bracket: what is behind the last one is the message. A row that was cut off has
    // the words of the message behind its own.
    let before = tail.get(..early)?;
    let at = match before.iter().rposition(|byte| matches!(byte, b'}' | b']')) {
        Some(bracket) => bracket + 1,
        None if before.starts_with(b"{") || before.starts_with(b"[") => {
            let export = before.trim_ascii_end();
            let word = export.len().saturating_sub("export".len());
            let is_export = export.get(word..).is_some_and(|word| word.eq_ignore_ascii_case(b"export"));
            if is_export { word } else { early }
        }
        None => 0,
    };
    let blank = tail.get(at..)?.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b',').count();
    Some(at + blank)
}

/// Keys of rows: an object with one of them is no message.
const OF_ROWS: [&str; 4] = ["event", "properties", "payload", "update"];

/// Whether a line has nothing but the words by which a server ends an export, in quotes or brackets
/// of some kind, or as the value of a key.
fn is_early(line: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(line) else { return false };
    let ends_early = |text: &str| {
        let from = text.len().checked_sub(EARLY.len());
        from.and_then(|from| text.get(from..)).is_some_and(|words| words.eq_ignore_ascii_case(EARLY))
    };
    let bare = |text: &str| text.trim_matches(|c: char| c.is_whitespace() || "{}[]()\"'.!,".contains(c)).to_owned();
    let words = bare(text);
    if ends_early(&words) {
        return !words.contains(['"', '{', '}', ',']) || is_said(text, |value| ends_early(&bare(value)));
    }
    false
}

/// Whether `text` is an object that is no row and has a text of which `is` holds.
fn is_said(text: &str, is: impl Fn(&str) -> bool) -> bool {
    let Ok(serde_json::Value::Object(object)) = serde_json::from_str(text) else { return false };
    OF_ROWS.iter().all(|key| !object.contains_key(*key)) && object.values().filter_map(|value| value.as_str()).any(is)
}

/// Whether a last line that is no row is a message: an error in JSON, a part of a page in HTML, or
/// words.
fn is_message(line: &[u8]) -> bool {
    match line.first() {
        Some(b'{') => serde_json::from_slice::<serde_json::Value>(line).is_ok_and(|value| {
            value.get("error").is_some_and(|error| !error.is_null())
                && OF_ROWS.iter().all(|key| value.get(key).is_none())
        }),
        Some(b'<') => true,
        Some(first) if first.is_ascii_alphabetic() => {
            let text = std::str::from_utf8(line);
            text.is_ok_and(|text| text.contains(' ') && !text.contains(['{', '}', '"', '=', ';', '\t']))
        }
        _ => false,
    }
}

/// What says that rows are missing at the end of `content`, the last piece of a stream without the
/// message behind it, whose last record is `last`. `cut` says that this ends with the stream and cannot
/// be read.
pub(super) fn missing(
    content: &[u8],
    last: &[u8],
    layout: Layout,
    is_array: bool,
    cut: bool,
    decoder: &Decoder,
) -> Option<String> {
    const CUT: &str = "its last row is cut off";
    let content = content.trim_ascii_end();
    if is_array && content.last() != Some(&b']') {
        return Some(if cut { CUT } else { "its array is not closed, so it was cut off between two rows" }.to_owned());
    }
    let cut = match layout {
        // Without a line break at its end, a line of a table that lacks columns was cut off.
        Layout::Nested | Layout::Csv => cut,
        Layout::Lines => is_cut_off(last, decoder),
    };
    cut.then(|| CUT.to_owned())
}

/// Whether a record is the start of one.
fn is_cut_off(record: &[u8], decoder: &Decoder) -> bool {
    let mut cut = false;
    decoder.each(1, record, &mut |item| {
        cut |= matches!(item, Item::Reject(reject) if reject.is_cut_off());
    });
    cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{Format, Sniffed};

    const ROW: &str = r#"{"event":"A","properties":{"time":1561971600,"distinct_id":"d"}}"#;

    /// Where the rows of a file end, and what the message behind them says.
    fn ended(file: &str) -> Option<(String, String)> {
        let Message { start, said } = message(file.as_bytes(), Layout::Lines)?;
        Some((file.get(..start)?.to_owned(), said))
    }

    #[test]
    fn a_server_that_gives_up_says_so_behind_the_rows() {
        for said in
            ["export terminated early", "terminated early", "Export Terminated Early.", "Query terminated early!"]
        {
            for between in ["\n", "\r\n", "\n\n", "", " "] {
                for end in ["", "\n", "\r\n\r\n"] {
                    let (rows, why) = ended(&format!("{ROW}{between}{said}{end}")).unwrap();
                    assert_eq!(rows.trim_ascii_end(), ROW);
                    assert_eq!(why, format!("the server ended it early: \"{said}\""));
                }
            }
        }
        let (rows, _) = ended(&format!("[{ROW},\n{ROW},terminated early")).unwrap();
        assert_eq!(rows, format!("[{ROW},\n{ROW},"));
        let (rows, _) = ended(&format!("{ROW}\n{{\"event\":\"Bexport terminated early\n")).unwrap();
        assert_eq!(rows, format!("{ROW}\n{{\"event\":\"B"));
    }

    #[test]
    fn the_words_of_a_server_that_gives_up_are_known_in_quotes_and_brackets() {
        for said in [
            r#""terminated early""#,
            r#"{"terminated early"}"#,
            r#"["Export terminated early."]"#,
            r#"{"message":"export terminated early"}"#,
            r#"{"request":"/export","status":"Terminated early!"}"#,
            "'terminated early'",
        ] {
            let (rows, why) = ended(&format!("{ROW}\n{said}\n")).unwrap();
            assert_eq!((rows, why), (format!("{ROW}\n"), format!("the server ended it early: \"{said}\"")));
            assert!(within(said), "{said}");
        }
        for row in [
            r#"{"event":"terminated early"}"#,
            r#"{"event":"Job","properties":{"time":1561971600,"distinct_id":"d","why":"terminated early"}}"#,
            r#"{"message":"not terminated early, but late"}"#,
        ] {
            assert_eq!(ended(&format!("{ROW}\n{row}\n")), None, "{row}");
            assert!(!within(row), "{row}");
        }
    }

    #[test]
    fn an_error_page_or_object_behind_the_rows_is_a_message() {
        for said in [
            r#"{"error": "Timeout", "request": "/api"}"#,
            "</html>",
            "<html><body><h1>502 Bad Gateway</h1></body></html>",
            "upstream connect error or disconnect/reset before headers",
        ] {
            let (rows, why) = ended(&format!("{ROW}\n{said}\n")).unwrap();
            assert_eq!(rows, format!("{ROW}\n"));
            assert!(why.starts_with("it ends in a message in place of a row: \""), "{why}");
        }
    }

    #[test]
    fn a_row_is_no_message_whatever_it_says() {
        for last in [
            ROW.to_owned(),
            ROW.replace("\"d\"", "\"terminated early\""),
            ROW.replace("\"d\"", "\"d\",\"error\":\"export terminated early\""),
            r#"{"error":"x","event":"A","properties":{"time":1561971600}}"#.to_owned(),
            r#"{"error":null}"#.to_owned(),
            "garbage".to_owned(),
            "data=eyJldmVudCI6 IkEi".to_owned(),
            String::new(),
        ] {
            assert_eq!(ended(&format!("{ROW}\n{last}\n")), None, "{last}");
        }
        assert_eq!(message(b"alias,distinct_id\na b,c\nwith words in it", Layout::Csv), None);
    }

    #[test]
    fn a_last_row_that_is_cut_off_and_an_array_that_is_not_closed_are_missing_rows() {
        let decoder = Decoder::new(&Sniffed::lines_of(Format::Export));
        let lines = |content: &str| {
            let last = content.trim_end().rsplit('\n').next().unwrap_or_default();
            missing(content.as_bytes(), last.as_bytes(), Layout::Lines, false, false, &decoder)
        };
        assert_eq!(lines(&format!("{ROW}\n{ROW}")), None);
        assert_eq!(lines(&format!("{ROW}\n{}\n", ROW.split_at(40).0)).as_deref(), Some("its last row is cut off"));
        assert_eq!(lines(&format!("{ROW}\ngarbage\n")), None);
        let array = |content: &str, cut| missing(content.as_bytes(), b"", Layout::Nested, true, cut, &decoder);
        assert_eq!(array(&format!("[{ROW}]\n"), false), None);
        for open in [format!("[{ROW}"), format!("[{ROW},\n")] {
            let said = array(&open, false).unwrap();
            assert_eq!(said, "its array is not closed, so it was cut off between two rows");
        }
        assert_eq!(array(&format!("[{ROW},{}", ROW.split_at(40).0), true).as_deref(), Some("its last row is cut off"));
    }
}
