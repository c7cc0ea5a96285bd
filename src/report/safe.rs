//! The last step of every answer: what is written does not act on a terminal.
//!
//! Each form makes its own text safe to look at; this holds for all of them together, also where
//! bytes of the data are passed on as they are (properties in JSON, cells of CSV).

use std::fmt::Write as _;
use std::io::{self, Write};

use unicode_segmentation::UnicodeSegmentation as _;

use crate::model::text::{columns, escape_in_json, is_plain, visible, width};

/// What is done with a character that would act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Nothing: the form has seen to it, or a file keeps every byte.
    Kept,
    /// The form has seen to it, and a terminal shows it: what follows letters that some terminals count
    /// together stands in its column on all of them.
    Placed,
    /// It gets the escape of JSON, so that what is read is the same. For JSON alone.
    Json,
    /// It becomes a symbol, but for tabs and line breaks.
    Shown,
}

/// Passes on what is written, made safe.
#[derive(Debug)]
pub struct Safe<W> {
    out: W,
    safety: Safety,
    /// The beginning of a character whose other bytes are to come.
    begun: Vec<u8>,
}

impl<W: Write> Safe<W> {
    /// Passes on to `out`.
    pub fn new(out: W, safety: Safety) -> Self {
        Self { out, safety, begun: Vec::new() }
    }

    /// What is passed on to.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// Whether nothing in `bytes` acts, by a look that is quick and can be wrong in one way only: what it
    /// passes is safe.
    fn is_safe(&self, bytes: &[u8]) -> bool {
        match self.safety {
            Safety::Kept => true,
            // JSON has no other control characters than those between its values. Without a way out of the
            // middle many bytes are looked at at once.
            Safety::Json => bytes.chunks(64).all(|chunk| chunk.iter().fold(0, |most, byte| *byte.max(&most)) < 0x7f),
            Safety::Placed => bytes.is_ascii(),
            Safety::Shown => is_plain(bytes),
        }
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        match self.safety {
            Safety::Kept => self.out.write_all(text.as_bytes()),
            Safety::Placed => {
                // The next piece can go on with the letter that this one ends with.
                let last = text.grapheme_indices(true).next_back();
                let whole = last.filter(|(_, cluster)| !cluster.is_ascii()).map_or(text.len(), |(at, _)| at);
                let (now, later) = text.split_at(whole);
                self.begun.extend_from_slice(later.as_bytes());
                self.out.write_all(placed(now).as_bytes())
            }
            Safety::Json => {
                let (mut from, mut rest) = (0, text);
                while let Some(before) = rest.bytes().position(|byte| byte >= 0x7f) {
                    rest = rest.get(before..).unwrap_or_default();
                    let Some(c) = rest.chars().next() else { break };
                    let at = text.len() - rest.len();
                    rest = rest.get(c.len_utf8()..).unwrap_or_default();
                    if let Some(escape) = escape_in_json(c) {
                        self.out.write_all(text.get(from..at).unwrap_or_default().as_bytes())?;
                        self.out.write_all(escape.as_bytes())?;
                        from = at + c.len_utf8();
                    }
                }
                self.out.write_all(text.get(from..).unwrap_or_default().as_bytes())
            }
            Safety::Shown => {
                for part in text.split_inclusive(['\n', '\r', '\t']) {
                    let kept = part.trim_end_matches(['\n', '\r', '\t']);
                    self.out.write_all(visible(kept).as_bytes())?;
                    self.out.write_all(part.get(kept.len()..).unwrap_or_default().as_bytes())?;
                }
                Ok(())
            }
        }
    }
}

impl<W: Write> Safe<W> {
    /// Writes letters that waited for what could belong to them.
    fn end_of_begun(&mut self) -> io::Result<()> {
        if self.safety != Safety::Placed || std::str::from_utf8(&self.begun).is_err() {
            return Ok(());
        }
        let begun = std::mem::take(&mut self.begun);
        self.out.write_all(placed(&String::from_utf8_lossy(&begun)).as_bytes())
    }
}

/// `text` for a terminal that counts letters in its own way: where some count several characters as one,
/// the cursor is kept before them (DECSC, DECRC) and sent on by their columns (CUF).
fn placed(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 64);
    for cluster in text.graphemes(true) {
        let first = cluster.chars().next().map_or(0, columns);
        let wide = width(cluster);
        if wide == first || cluster.is_ascii() {
            shown.push_str(cluster);
        } else {
            shown.push_str("\u{1b}7");
            shown.push_str(cluster);
            // Writing to a String cannot fail.
            let _ = write!(shown, "\u{1b}8\u{1b}[{wide}C");
        }
    }
    shown
}

impl<W: Write> Write for Safe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.begun.is_empty() && self.is_safe(bytes) {
            return self.out.write(bytes);
        }
        let mut joined = std::mem::take(&mut self.begun);
        let all = if joined.is_empty() {
            bytes
        } else {
            joined.extend_from_slice(bytes);
            &joined
        };
        let mut rest = all;
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.text(text)?;
                    break;
                }
                Err(error) => {
                    let (text, broken) = rest.split_at(error.valid_up_to());
                    self.text(std::str::from_utf8(text).unwrap_or_default())?;
                    let Some(length) = error.error_len() else {
                        self.begun.extend_from_slice(broken);
                        break;
                    };
                    self.end_of_begun()?;
                    self.text("\u{fffd}")?;
                    self.end_of_begun()?;
                    rest = broken.get(length..).unwrap_or_default();
                }
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.end_of_begun()?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(safety: Safety, parts: &[&[u8]]) -> String {
        let mut safe = Safe::new(Vec::new(), safety);
        for part in parts {
            safe.write_all(part).unwrap();
        }
        String::from_utf8(safe.out).unwrap()
    }

    #[test]
    fn json_is_the_same_value_and_does_not_act() {
        let json = "{\"a\u{202e}\":\"\u{9b}31m\u{7f}é\u{200b}\u{e0041}\"}\n";
        let safe = written(Safety::Json, &[json.as_bytes()]);
        assert_eq!(safe, "{\"a\\u202e\":\"\\u009b31m\\u007fé\\u200b\\udb40\\udc41\"}\n");
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&safe), value(json));
    }

    #[test]
    fn cells_on_a_terminal_keep_their_lines() {
        assert_eq!(written(Safety::Shown, &[b"a,\"b\x1b[2J\r\nc\"\r\n"]), "a,\"b␛[2J\r\nc\"\r\n");
        assert_eq!(written(Safety::Kept, &[b"\x1b"]), "\u{1b}");
    }

    #[test]
    fn on_a_terminal_what_follows_letters_that_belong_together_has_its_column() {
        // Alone, and with a piece that ends within a letter.
        let text = "\u{995}\u{9be} e\u{301} |";
        let expected = "\u{1b}7\u{995}\u{9be}\u{1b}8\u{1b}[2C e\u{301} |";
        for at in 0..text.len() {
            let (one, other) = text.as_bytes().split_at(at);
            assert_eq!(written(Safety::Placed, &[one, other]), expected, "{at}");
        }
        let plain = "\u{1b}[1msally\u{1b}[0m 佐藤 → لا é ● \r\n";
        assert_eq!(written(Safety::Placed, &[plain.as_bytes()]), plain);
        // What waited is written at the latest when all is to be seen.
        let mut safe = Safe::new(Vec::new(), Safety::Placed);
        safe.write_all("é".as_bytes()).unwrap();
        safe.flush().unwrap();
        assert_eq!(safe.out, "é".as_bytes());
        assert_eq!(written(Safety::Placed, &[b"\xff\xe9|"]), "\u{fffd}\u{fffd}|");
    }

    proptest! {
        #[test]
        fn no_byte_of_json_acts_and_its_value_stays(text in "[ -~\u{7f}-\u{9f}é\u{202a}-\u{202e}🚀\u{e0041}]{0,200}") {
            let json = serde_json::Value::from(text.as_str()).to_string();
            let safe = written(Safety::Json, &[json.as_bytes()]);
            prop_assert!(!safe.chars().any(|c| escape_in_json(c).is_some()));
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), serde_json::Value::from(text));
        }

        #[test]
        fn where_the_bytes_are_parted_does_not_matter(text in any::<String>(), at in any::<prop::sample::Index>()) {
            let json = serde_json::Value::from(text).to_string();
            let (one, other) = json.as_bytes().split_at(at.index(json.len()));
            prop_assert_eq!(written(Safety::Json, &[one, other]), written(Safety::Json, &[json.as_bytes()]));
        }
    }
}
