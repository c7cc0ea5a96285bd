//! The last step of every answer: what is written does not act on a terminal.
//!
//! Each form makes its own text safe to look at; this holds for all of them together, also where
//! bytes of the data are passed on as they are (properties in JSON, cells of CSV).

use std::io::{self, Write};

use crate::model::text::{escape_in_json, is_plain, visible};

/// What is done with a character that would act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Nothing: the form has seen to it, or a file keeps every byte.
    Kept,
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

    /// Whether nothing in `bytes` acts, by a look that is quick and can be wrong in one way only: what it
    /// passes is safe.
    fn is_safe(&self, bytes: &[u8]) -> bool {
        match self.safety {
            Safety::Kept => true,
            // JSON has no other control characters than those between its values. Without a way out of the
            // middle many bytes are looked at at once.
            Safety::Json => bytes.chunks(64).all(|chunk| chunk.iter().fold(0, |most, byte| *byte.max(&most)) < 0x7f),
            Safety::Shown => is_plain(bytes),
        }
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        match self.safety {
            Safety::Kept => self.out.write_all(text.as_bytes()),
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
                        self.begun = broken.to_vec();
                        break;
                    };
                    self.text("\u{fffd}")?;
                    rest = broken.get(length..).unwrap_or_default();
                }
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
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
