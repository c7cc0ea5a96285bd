//! An answer on its way to disk, and whether it is whole.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use flate2::write::MultiGzDecoder as GzWatch;
use serde::de::IgnoredAny;

/// Bytes of a last line that are kept to look at; no row is longer.
const LINE: usize = 64 << 20;
/// Characters of a server's message that are shown.
const SAID: usize = 200;
/// Bytes of an answer that is read into memory, unpacked.
const DOCUMENT: u64 = 512 << 20;
/// How gzip begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file without a name that an answer is written to, as it was sent.
pub(super) struct Spool {
    file: File,
    received: u64,
    watch: Watch,
}

/// What looks at the lines of an answer while it comes.
enum Watch {
    /// Nothing came yet, or one byte.
    Waiting(Vec<u8>),
    Plain(Lines),
    Packed(Box<GzWatch<Lines>>),
    /// What is packed is damaged.
    Damaged(io::Error),
}

/// The last line of a text that has something in it, with what is behind it.
#[derive(Default)]
struct Lines(Vec<u8>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Self(last) = self;
        last.extend_from_slice(bytes);
        let filled = last.trim_ascii_end();
        match memchr::memrchr(b'\n', filled) {
            Some(end) => drop(last.drain(..=end)),
            None if filled.len() > LINE => return Err(io::Error::other("a line of it is longer than any row")),
            None => {}
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// Whether there is a line, or why the last one is no row.
    fn end(&self) -> Result<bool, String> {
        let last = self.0.trim_ascii();
        if last.is_empty() {
            return Ok(false);
        }
        match serde_json::from_slice::<IgnoredAny>(last) {
            Ok(_) if last.starts_with(b"{") => Ok(true),
            _ if last.starts_with(b"{") => Err("it ends inside a row".to_owned()),
            _ => Err(format!("its last line is \"{}\"", said(last))),
        }
    }
}

/// The start of what a server says, on one line.
pub(super) fn said(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(SAID * 4)).unwrap_or_default());
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut start: String = text.chars().take(SAID).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}

impl Spool {
    /// An empty one, in a folder.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self { file: tempfile::tempfile_in(folder)?, received: 0, watch: Watch::Waiting(Vec::new()) })
    }

    /// Takes the next bytes of the answer.
    pub(super) fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.received += bytes.len() as u64;
        let first;
        let mut bytes = bytes;
        if let Watch::Waiting(held) = &mut self.watch {
            held.extend_from_slice(bytes);
            if held.len() < GZIP.len() {
                return Ok(());
            }
            first = std::mem::take(held);
            bytes = &first;
            let is_packed = bytes.starts_with(&GZIP);
            self.watch = if is_packed {
                Watch::Packed(Box::new(GzWatch::new(Lines::default())))
            } else {
                Watch::Plain(Lines::default())
            };
        }
        let seen = match &mut self.watch {
            Watch::Plain(lines) => lines.write_all(bytes),
            Watch::Packed(packed) => packed.write_all(bytes),
            Watch::Waiting(_) | Watch::Damaged(_) => Ok(()),
        };
        if let Err(error) = seen {
            self.watch = Watch::Damaged(error);
        }
        Ok(())
    }

    /// Bytes as they were sent.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// The file, and whether it has a row; or why it is no whole answer of one row in each line.
    pub(super) fn into_lines(mut self) -> io::Result<Result<(File, bool), String>> {
        let end = match std::mem::replace(&mut self.watch, Watch::Waiting(Vec::new())) {
            Watch::Plain(lines) => lines.end(),
            Watch::Waiting(held) => Lines(held).end(),
            Watch::Packed(packed) => match packed.finish() {
                Ok(lines) => lines.end(),
                Err(_) => Err("its compressed data ends too early".to_owned()),
            },
            Watch::Damaged(error) => Err(error.to_string()),
        };
        self.file.rewind()?;
        Ok(end.map(|has_rows| (self.file, has_rows)))
    }

    /// All of the answer, unpacked; or why it is damaged.
    pub(super) fn into_document(mut self) -> io::Result<Result<Vec<u8>, String>> {
        self.file.rewind()?;
        let mut head = [0; GZIP.len()];
        let is_packed = self.file.read_exact(&mut head).is_ok() && head == GZIP;
        self.file.rewind()?;
        let mut document = Vec::new();
        if !is_packed {
            self.file.take(DOCUMENT).read_to_end(&mut document)?;
            return Ok(Ok(document));
        }
        Ok(match MultiGzDecoder::new(self.file).take(DOCUMENT).read_to_end(&mut document) {
            Ok(_) => Ok(document),
            Err(_) => Err("its compressed data ends too early".to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const ROW: &str = r#"{"event":"View","properties":{"text":"terminated early"}}"#;

    fn packed(text: &str) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    }

    /// What comes of an answer that arrives in parts of `step` bytes.
    fn end(bytes: &[u8], step: usize) -> Result<bool, String> {
        let mut spool = Spool::new(&std::env::temp_dir()).unwrap();
        for part in bytes.chunks(step) {
            spool.add(part).unwrap();
        }
        let (mut file, has_rows) = spool.into_lines().unwrap()?;
        let mut written = Vec::new();
        file.read_to_end(&mut written).unwrap();
        assert_eq!(written, bytes);
        Ok(has_rows)
    }

    #[test]
    fn whole_rows_are_whole_however_they_arrive() {
        for (text, has_rows) in [
            (format!("{ROW}\n{ROW}\n"), true),
            (format!("{ROW}\r\n{ROW}"), true),
            (format!("{ROW}\n\n \n"), true),
            (String::new(), false),
            ("\n".to_owned(), false),
        ] {
            for step in [1, 2, 3, 7, text.len().max(1)] {
                assert_eq!(end(text.as_bytes(), step), Ok(has_rows), "{text:?} by {step}");
                assert_eq!(end(&packed(&text), step), Ok(has_rows), "{text:?} packed, by {step}");
            }
        }
    }

    #[test]
    fn an_early_end_is_known_by_its_last_line() {
        for (text, why) in [
            (format!("{ROW}\nexport terminated early\n"), r#"its last line is "export terminated early""#),
            ("export terminated early".to_owned(), r#"its last line is "export terminated early""#),
            (format!("{ROW}\nterminated early\n\n"), r#"its last line is "terminated early""#),
            (format!("{ROW}\n{}", ROW.get(..20).unwrap()), "it ends inside a row"),
            (format!("{ROW}\n<html>\nBad Gateway\n"), r#"its last line is "Bad Gateway""#),
        ] {
            for step in [1, 2, 5, 11, text.len()] {
                assert_eq!(end(text.as_bytes(), step), Err(why.to_owned()), "{text:?} by {step}");
                assert_eq!(end(&packed(&text), step), Err(why.to_owned()), "{text:?} packed, by {step}");
            }
        }
    }

    #[test]
    fn what_is_packed_and_cut_anywhere_is_not_whole() {
        let whole = packed(&format!("{ROW}\n{ROW}\n"));
        for cut in 3..whole.len() {
            assert!(end(whole.get(..cut).unwrap(), 5).is_err(), "cut at {cut} of {}", whole.len());
        }
        assert_eq!(end(&whole, 5), Ok(true));
    }
}
