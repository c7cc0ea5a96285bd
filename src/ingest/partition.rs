//! Columns that the folders of a file name: a table parted by day and event lies in
//! `date=2024-01-01/event=Buy/part-0.csv`, and its files lack both columns.

use std::io::{self, Read};
use std::path::{Component, Path};

use crate::formats::{Added, Splitter};

/// What Hive calls the folder of rows without a value.
const NOTHING: &str = "__HIVE_DEFAULT_PARTITION__";

/// The columns and values that the folders of a file name, the innermost of a column counting.
pub(super) fn columns(path: &Path) -> Vec<(String, String)> {
    let mut columns: Vec<(String, String)> = Vec::new();
    let folders = path.parent().map(Path::components).into_iter().flatten();
    let named = folders.filter_map(|part| match part {
        Component::Normal(name) => name.to_str()?.split_once('='),
        _ => None,
    });
    for (column, value) in named {
        let is_column = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '$'))
                && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | ' ' | '-' | '.'))
        };
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let column = decoded(column);
        if is_column(&column) {
            columns.retain(|(known, _)| *known != column);
            if value != NOTHING {
                columns.push((column, decoded(value)));
            }
        }
    }
    columns
}

/// Bytes that are read and written at once.
const PIECE: usize = 1 << 16;

/// The content of a file with columns in each of its records.
pub(super) struct Adding<R> {
    from: R,
    added: Added,
    splitter: Splitter,
    /// Content that no whole record was found in yet.
    buffer: Vec<u8>,
    ended: bool,
    /// What ended it, reported behind all that came before.
    failure: Option<io::Error>,
    /// The next record is the rest of one that was cut for its length.
    goes_on: bool,
    out: Vec<u8>,
    given: usize,
}

impl<R: Read> Adding<R> {
    /// Adds columns to records of at most `longest` bytes.
    pub(super) fn new(from: R, added: Added, longest: usize) -> Self {
        let splitter = added.splitter(longest);
        let (buffer, out) = (Vec::new(), Vec::new());
        Self { from, added, splitter, buffer, ended: false, failure: None, goes_on: false, out, given: 0 }
    }

    /// Writes the records that are whole.
    fn write(&mut self) {
        let mut done = 0;
        while self.out.len() < PIECE
            && let Some(record) = self.splitter.next(&self.buffer, self.ended)
        {
            self.out.extend_from_slice(self.buffer.get(done..record.start).unwrap_or_default());
            let text = self.buffer.get(record.start..record.end).unwrap_or_default();
            if std::mem::replace(&mut self.goes_on, record.too_long) {
                self.out.extend_from_slice(text);
            } else {
                self.added.write(text, &mut self.out);
            }
            done = record.end;
        }
        if self.ended && self.out.is_empty() {
            self.out.extend_from_slice(self.buffer.get(done..).unwrap_or_default());
            done = self.buffer.len();
        }
        self.splitter.forget(done);
        self.buffer.drain(..done);
    }

    fn read_more(&mut self) {
        let filled = self.buffer.len();
        self.buffer.resize(filled + PIECE, 0);
        let read = self.from.read(self.buffer.get_mut(filled..).unwrap_or_default());
        self.buffer.truncate(filled + read.as_ref().copied().unwrap_or(0));
        match read {
            Ok(0) => self.ended = true,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => (self.ended, self.failure) = (true, Some(error)),
        }
    }
}

impl<R: Read> Read for Adding<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() {
            self.out.clear();
            self.given = 0;
            self.write();
            if !self.out.is_empty() {
                break;
            }
            if self.ended {
                return self.failure.take().map_or(Ok(0), Err);
            }
            self.read_more();
        }
        let rest = self.out.get(self.given..).unwrap_or_default();
        let read = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..read), rest.get(..read)) {
            to.copy_from_slice(from);
        }
        self.given += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_name_the_columns_that_a_table_is_parted_by() {
        let of = |path: &str| {
            let columns = columns(Path::new(path));
            columns.iter().map(|(column, value)| format!("{column}={value}")).collect::<Vec<_>>().join("&")
        };
        assert_eq!(of("t/date=2024-01-01/event=Sign%20Up/part-0.parquet"), "date=2024-01-01&event=Sign Up");
        assert_eq!(of("/a=1/b/a=2/x.parquet"), "a=2");
        assert_eq!(of("t/plan=__HIVE_DEFAULT_PARTITION__/x.parquet"), "");
        assert_eq!(of("t/q=a=b/x.parquet"), "q=a=b");
        assert_eq!(of("t/2024/=x/1=2/date=1.parquet"), "", "a file is no folder");
    }

    /// Gives some bytes at a time, and fails behind the last.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Self(rest, step) = self;
            if rest.is_empty() {
                return Err(io::Error::other("gone"));
            }
            let (mut part, behind) = rest.split_at(rest.len().min(*step));
            *rest = behind;
            part.read(buffer)
        }
    }

    #[test]
    fn records_come_with_their_columns_however_they_are_read_and_before_what_ended_them() {
        let columns = vec![("day".to_owned(), "1".to_owned())];
        for (file, expected) in [
            (
                "{\"a\":1}\n\n{\"a\":2}\n{\"a\":",
                "{\"day\":\"1\",\"a\":1}\n\n{\"day\":\"1\",\"a\":2}\n{\"day\":\"1\",\"a\":",
            ),
            ("[{\"a\":1},{\"a\":2}]\n", "[{\"day\":\"1\",\"a\":1},{\"day\":\"1\",\"a\":2}]\n"),
            ("a,b\n1,\"x\ny\"\n2,z", "a,b,day\n1,\"x\ny\",1\n2,z,1"),
        ] {
            let added = Added::of(&columns, file.as_bytes(), true, None).unwrap();
            for step in 1..file.len() {
                let mut adding = Adding::new(Slow(file.as_bytes(), step), added.clone(), 1000);
                let mut read = Vec::new();
                assert_eq!(adding.read_to_end(&mut read).unwrap_err().to_string(), "gone");
                assert_eq!(String::from_utf8(read).unwrap(), expected, "{step}");
            }
        }
    }

    #[test]
    fn the_rest_of_a_record_that_is_too_long_has_no_columns() {
        let columns = vec![("day".to_owned(), "1".to_owned())];
        let file = format!("{{\"a\":\"{}{{}}\"}}\n", "x".repeat(50));
        let added = Added::of(&columns, file.as_bytes(), true, None).unwrap();
        let mut read = String::new();
        Adding::new(file.as_bytes(), added, 20).read_to_string(&mut read).unwrap();
        assert_eq!(read, file.replacen('{', "{\"day\":\"1\",", 1));
    }
}
