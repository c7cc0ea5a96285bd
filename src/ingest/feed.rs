//! Rows that come one by one, from no file: what a collector receives.
//!
//! A [`Feed`] is a file that grows: each piece of lines becomes a chunk behind the last one, made as an
//! import makes it, so that the rows are those of an import of the same lines.

use super::chunker::{Heads, Piece, hash};
use super::making::{Carried, Maker, Prepared};
use super::marks::Placed;
use super::tally::Kept;
use super::{Error, Options};
use crate::formats::{Sniffed, Splitter};
use crate::store::{Added, FileId, FileInfo, Packer, Writer};

/// A file of the store that grows with what is received.
pub struct Feed {
    file: FileId,
    sniffed: Sniffed,
    maker: Maker,
    carried: Carried,
    packer: Packer,
    /// Hash of the last chunk.
    prev: u64,
    /// The next line.
    line: u64,
}

impl Feed {
    /// Begins a file with this name, whose lines are what `sniffed` says.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn begin(writer: &mut Writer, name: &str, sniffed: &Sniffed) -> Result<Self, Error> {
        let options = Options::default();
        let file = writer.begin_file(&FileInfo {
            name: name.to_owned(),
            format: sniffed.name.clone(),
            vendor: sniffed.vendor().to_owned(),
            timezone: "UTC".to_owned(),
        })?;
        let mut carried = Carried::new(sniffed, &options, None);
        carried.keep(Kept::default());
        let maker = Maker::new(sniffed, &options);
        Ok(Self { file, sniffed: sniffed.clone(), maker, carried, packer: Packer::new()?, prev: 0, line: 1 })
    }

    /// The next line to be written.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Adds whole lines. They wait for [`Writer::commit`].
    ///
    /// # Errors
    /// The store cannot be written; then it is as it was after the last commit, and [`Feed::return_to`]
    /// brings the feed there too.
    pub fn add(&mut self, writer: &mut Writer, lines: &str) -> Result<Added, Error> {
        let content = lines.as_bytes();
        let mut splitter = Splitter::new(self.sniffed.layout, self.line, usize::MAX, self.line > 1);
        let mut records = Vec::new();
        while let Some(record) = splitter.next(content, true) {
            records.push(record);
        }
        let next = splitter.line();
        let piece = Piece {
            buffer: content.to_vec(),
            bytes: content.len(),
            records,
            line: self.line,
            lines: next - self.line,
            prev: self.prev,
            hash: hash(self.prev, content, false),
            heads: Heads::default(),
            marks: Placed::default(),
        };
        let settled = self.maker.decode(&piece).settle(&piece, &mut self.carried);
        let Prepared { mut chunk, .. } = settled.seal(&mut self.packer)?;
        chunk.file = self.file;
        let added = writer.add(&chunk)?;
        (self.prev, self.line) = (chunk.hash, next);
        Ok(added)
    }

    /// Where the feed is, to return to when a commit fails.
    pub fn place(&self) -> Place {
        Place { prev: self.prev, line: self.line, carried: self.carried.clone() }
    }

    /// Goes on from an earlier place.
    pub fn return_to(&mut self, place: Place) {
        let Place { prev, line, carried } = place;
        (self.prev, self.line, self.carried) = (prev, line, carried);
    }

    /// Notes that nothing more comes.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn finish(self, writer: &mut Writer) -> Result<(), Error> {
        Ok(writer.finish_file(self.file, true)?)
    }
}

/// Where a [`Feed`] is.
pub struct Place {
    prev: u64,
    line: u64,
    carried: Carried,
}
