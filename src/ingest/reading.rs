//! The bytes of one input, unpacked, with a look ahead.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::marks::{Handed, Placed};
use super::partition::Adding;
use super::{Error, Progress, Stop, unpacking};
use crate::formats::{Added, Sniffed};

/// Bytes asked for at once.
const STEP: usize = 1 << 20;

/// Bytes asked for at first: most files of a folder of small ones have fewer.
const FIRST: usize = 1 << 16;

/// An input that is being read.
pub(super) struct Stream {
    /// Name kept as the source of its rows.
    pub(super) name: String,
    /// Unpacked bytes that were read and not yet used, and room for more behind them.
    buffer: Vec<u8>,
    filled: usize,
    /// Nothing comes behind the buffer.
    pub(super) ended: bool,
    /// It is packed.
    pub(super) packed: bool,
    reader: Box<dyn Read + Send>,
    failure: Option<io::Error>,
    /// Unpacked bytes that left the buffer.
    gone: u64,
    done: Arc<AtomicU64>,
    total: Option<u64>,
    format: Option<&'static str>,
    /// The file that it is all of.
    path: Option<PathBuf>,
    /// The file whose rows continue those of the stream before it.
    part_of: Option<String>,
    /// Columns in each of its records, of at most so many bytes.
    added: Option<(Added, usize)>,
    /// What is known of its lines.
    handed: Option<Handed>,
    stop: Stop,
}

/// What a stream is called and where it is, while another thread reads it.
pub(super) struct Label {
    pub(super) name: String,
    format: Option<&'static str>,
    /// The file that it is one part of.
    pub(super) part_of: Option<String>,
    /// How to read it from its start once more; `None` for what can be read once.
    pub(super) again: Option<Again>,
    pub(super) position: Position,
}

impl Label {
    /// Name of its format.
    pub(super) fn format_name<'s>(&self, sniffed: &'s Sniffed) -> &'s str {
        self.format.unwrap_or(&sniffed.name)
    }
}

/// How to read a file from its start once more.
pub(super) struct Again {
    name: String,
    path: PathBuf,
    format: Option<&'static str>,
    added: Option<(Added, usize)>,
    stop: Stop,
}

impl Again {
    /// The stream, as it is now.
    pub(super) fn open(&self) -> Result<Stream, Error> {
        let Self { name, path, format, added, stop } = self;
        let open = || {
            let file = File::open(path)?;
            let size = file.metadata()?.len();
            Stream::new(name.clone(), Box::new(file), Some(size), stop)
        };
        let stream = open().map_err(|source| Error::Open { path: path.clone(), source })?;
        let stream = Stream { format: *format, path: Some(path.clone()), ..stream };
        Ok(match added.clone() {
            Some((added, longest)) => stream.with_columns(added, longest),
            None => stream,
        })
    }
}

impl Stream {
    /// A stream over `raw`, unpacked if its first bytes say that it is packed.
    pub(super) fn new(name: String, raw: Box<dyn Read + Send>, total: Option<u64>, stop: &Stop) -> io::Result<Self> {
        let done = Arc::new(AtomicU64::new(0));
        let mut raw = Counted { raw, done: Arc::clone(&done) };
        let mut head = [0; unpacking::HEAD];
        let mut read = 0;
        while let Some(rest) = head.get_mut(read..).filter(|rest| !rest.is_empty()) {
            match raw.read(rest) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let head = head.get(..read).unwrap_or_default().to_vec();
        let (reader, packed) = unpacking::unpacked(&head.clone(), io::Cursor::new(head).chain(raw))?;
        Ok(Self {
            name,
            buffer: Vec::new(),
            filled: 0,
            ended: false,
            packed,
            reader,
            failure: None,
            gone: 0,
            done,
            total,
            format: None,
            path: None,
            part_of: None,
            added: None,
            handed: None,
            stop: stop.clone(),
        })
    }

    /// Calls its format `name`, whatever its bytes look like.
    pub(super) fn called(mut self, name: &'static str) -> Self {
        self.format = Some(name);
        self
    }

    /// Says which file it is all of.
    pub(super) fn of(mut self, path: &Path) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Says which file it is one part of, such as a row group of Parquet.
    pub(super) fn one_of(mut self, file: &str) -> Self {
        self.part_of = Some(file.to_owned());
        self
    }

    /// Says where to find what is known of its lines.
    pub(super) fn with_marks(mut self, handed: Handed) -> Self {
        // Of what is packed in it nothing is known.
        self.handed = Some(handed).filter(|_| !self.packed);
        self
    }

    /// Whether there is something that is known of its lines.
    pub(super) fn is_marked(&self) -> bool {
        self.handed.as_ref().is_some_and(|handed| handed.left().is_some())
    }

    /// What is known of the lines of the next so many bytes.
    pub(super) fn marks(&self, bytes: usize) -> Placed {
        let behind = self.gone + bytes as u64;
        self.handed.as_ref().map(|handed| handed.take(self.gone, behind)).unwrap_or_default()
    }

    /// The file that it is one part of.
    pub(super) fn part_of(&self) -> Option<&str> {
        self.part_of.as_deref()
    }

    /// What it is called and where it is.
    pub(super) fn label(&self) -> Label {
        Label {
            name: self.name.clone(),
            format: self.format,
            part_of: self.part_of.clone(),
            again: self.again(),
            position: self.position(),
        }
    }

    /// How to read it from its start once more; `None` for what can be read once.
    fn again(&self) -> Option<Again> {
        let path = self.path.clone()?;
        let (name, added, stop) = (self.name.clone(), self.added.clone(), self.stop.clone());
        Some(Again { name, path, format: self.format, added, stop })
    }

    /// Name of its format.
    pub(super) fn format_name<'s>(&self, sniffed: &'s Sniffed) -> &'s str {
        self.format.unwrap_or(&sniffed.name)
    }

    /// The stream, of which nothing was used, with columns in each of its records of at most `longest` bytes.
    pub(super) fn with_columns(mut self, added: Added, longest: usize) -> Self {
        let content = self.content().to_vec();
        let reader = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        let rest = Rest { reader, failure: self.failure.take() };
        self.reader = Box::new(Adding::new(io::Cursor::new(content).chain(rest), added.clone(), longest));
        (self.buffer, self.filled, self.ended) = (Vec::new(), 0, false);
        // Its lines are others now.
        self.handed = None;
        self.added = Some((added, longest));
        self
    }

    /// Unpacked bytes that were read and not yet used.
    pub(super) fn content(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }

    /// Reads until there are `wanted` bytes or nothing comes any more.
    ///
    /// An error ends the stream; [`Stream::failure`] tells it when what came before is dealt with.
    pub(super) fn fill(&mut self, wanted: usize) {
        while !self.ended && self.filled < wanted {
            if self.stop.is_set() {
                self.ended = true;
                return;
            }
            if self.filled == self.buffer.len() {
                // By steps: what is wanted may never come.
                let step = if self.buffer.is_empty() { FIRST } else { STEP };
                let room = self.filled.saturating_add(step).max(wanted.min(self.filled.saturating_mul(2)));
                self.buffer.resize(room, 0);
            }
            // As the makers do between records.
            thread::yield_now();
            let end = self.buffer.len().min(self.filled.saturating_add(STEP));
            match self.reader.read(self.buffer.get_mut(self.filled..end).unwrap_or_default()) {
                Ok(0) => self.ended = true,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    // An error after a stop is that of the stop.
                    self.failure = Some(error).filter(|_| !self.stop.is_set());
                }
            }
        }
    }

    /// Lets go of the first `bytes` of the content.
    pub(super) fn consume(&mut self, bytes: usize) {
        let bytes = bytes.min(self.filled);
        self.buffer.copy_within(bytes..self.filled, 0);
        self.filled -= bytes;
        self.gone += u64::try_from(bytes).unwrap_or(u64::MAX);
    }

    /// Gives away the buffer with the first `bytes` of the content, and goes on with what is
    /// behind them in `spare`, whose content does not matter.
    pub(super) fn cut_off(&mut self, bytes: usize, mut spare: Vec<u8>) -> Vec<u8> {
        let bytes = bytes.min(self.filled);
        let rest = self.content().get(bytes..).unwrap_or_default();
        if !self.ended && spare.capacity() < self.buffer.len() {
            // It will be filled as far: to grow step by step leaves holes in the memory.
            spare = Vec::with_capacity(self.buffer.len());
        }
        if spare.len() < rest.len() {
            spare.resize(rest.len(), 0);
        }
        if let Some(start) = spare.get_mut(..rest.len()) {
            start.copy_from_slice(rest);
        }
        self.filled = rest.len();
        self.gone += u64::try_from(bytes).unwrap_or(u64::MAX);
        std::mem::replace(&mut self.buffer, spare)
    }

    /// Reads on into a buffer that has more room, whose content does not matter. Gives the one that it does not need.
    pub(super) fn take_room(&mut self, mut buffer: Vec<u8>) -> Vec<u8> {
        // What is small has room enough.
        if self.ended || self.filled < FIRST || buffer.len() <= self.buffer.len() {
            return buffer;
        }
        if let (Some(start), Some(content)) = (buffer.get_mut(..self.filled), self.buffer.get(..self.filled)) {
            start.copy_from_slice(content);
            std::mem::swap(&mut self.buffer, &mut buffer);
        }
        buffer
    }

    /// Its buffer, once nothing in it is needed any more.
    pub(super) fn give_up(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    /// Whether it ended in an error, or by a stop.
    pub(super) fn failed(&self) -> bool {
        self.failure.is_some() || self.stop.is_set()
    }

    /// The stream, unless it ended in an error before its first byte.
    pub(super) fn with_content(mut self) -> Result<Self, Error> {
        match self.failure.take() {
            Some(source) if self.filled == 0 => Err(Error::Read { name: self.name, after: 0, source }),
            failure => {
                self.failure = failure;
                Ok(self)
            }
        }
    }

    /// The error that it ended in.
    pub(super) fn failure(self) -> Option<Error> {
        let after = self.gone + u64::try_from(self.filled).unwrap_or(u64::MAX);
        let name = self.name;
        self.failure.map(|source| Error::Read { name, after, source })
    }

    /// That its file became shorter while it was read, as a sentence without an end.
    pub(super) fn shrunk(&self) -> Option<String> {
        let (total, done) = (self.total?, self.done.load(Ordering::Relaxed));
        let shrunk = self.ended && !self.failed() && done < total;
        shrunk.then(|| format!("it shrank while it was read: of {total} bytes {done} were there"))
    }

    /// All that is still to be read of it.
    pub(super) fn into_reader(self) -> impl Read + Send {
        let content = self.content().to_vec();
        io::Cursor::new(content).chain(Rest { reader: self.reader, failure: self.failure })
    }

    /// How far it is, while another thread reads it.
    pub(super) fn position(&self) -> Position {
        Position {
            name: self.name.clone(),
            done: Arc::clone(&self.done),
            total: self.total,
            handed: self.handed.clone(),
        }
    }
}

/// How far a stream is, for any thread.
pub(super) struct Position {
    name: String,
    done: Arc<AtomicU64>,
    total: Option<u64>,
    handed: Option<Handed>,
}

impl Position {
    /// Bytes on disk that are still to be read, where its size is known; of a file whose rows are written as lines,
    /// about how many bytes of lines.
    pub(super) fn left(&self) -> Option<u64> {
        if let Some(left) = self.handed.as_ref().and_then(Handed::left) {
            return Some(left);
        }
        Some(self.total?.saturating_sub(self.done.load(Ordering::Relaxed)))
    }

    pub(super) fn progress(&self, rows: u64, rejected: u64) -> Progress {
        Progress {
            file: self.name.clone(),
            bytes_done: self.done.load(Ordering::Relaxed),
            bytes_total: self.total,
            rows,
            rejected,
        }
    }
}

/// What was not yet read of a stream.
struct Rest {
    reader: Box<dyn Read + Send>,
    failure: Option<io::Error>,
}

impl Read for Rest {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => self.reader.read(buffer),
        }
    }
}

/// Counts what is read from disk.
struct Counted {
    raw: Box<dyn Read + Send>,
    done: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.raw.read(buffer)?;
        self.done.fetch_add(u64::try_from(read).unwrap_or(0), Ordering::Relaxed);
        Ok(read)
    }
}
