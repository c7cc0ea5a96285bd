//! The chunker cuts a stream into pieces that become chunks, and skips the chunks that the store has.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::Options;
use super::ending::{self, Message};
use super::marks::Placed;
use super::reading::Stream;
use crate::formats::{Decoder, Head, Item, Layout, Record, Sniffed, Splitter, trim};
use crate::store::KnownChunk;

/// Mixed into the hash of a chunk whose only record is the cut end of a stream.
pub(super) const CUT: u64 = 0x9e37_79b9_7f4a_7c15;

/// Bytes that are read past the size of a chunk, so that its last record is whole.
const SLACK: usize = 1 << 20;

/// Records of a piece, at most. Rows have more than sixty bytes, so only crafted files reach it:
/// the places of their records would take many times the memory of the text.
const RECORDS: usize = 1 << 18;

/// A part of the stream, from one record to another.
#[derive(Debug)]
pub(super) struct Piece {
    /// The part, and behind it bytes that belong to no piece.
    pub(super) buffer: Vec<u8>,
    /// Bytes of the part.
    pub(super) bytes: usize,
    /// The records in it.
    pub(super) records: Vec<Record>,
    /// Its first line in the file, from 1.
    pub(super) line: u64,
    /// Number of lines.
    pub(super) lines: u64,
    /// Hash of the piece before it, 0 for the first of a stream.
    pub(super) prev: u64,
    /// Hash of its content.
    pub(super) hash: u64,
    /// The heads of tables in it.
    pub(super) heads: Heads,
    /// What is known of its lines.
    pub(super) marks: Placed,
}

/// Heads of tables in a piece: where files were put together, one stands between the rows, and what comes
/// behind that of another table is no row of this one.
#[derive(Debug, Default)]
pub(super) struct Heads {
    /// The other head that the piece begins under.
    under: Option<String>,
    /// Heads behind the first of the file, each with the place of its record.
    at: Vec<(usize, Head)>,
}

impl Heads {
    /// What stands at the record with this place, and the other head that it is under.
    pub(super) fn of(&self, place: usize) -> (Option<&Head>, Option<&str>) {
        let behind = self.at.partition_point(|(at, _)| *at <= place);
        match behind.checked_sub(1).and_then(|at| self.at.get(at)) {
            Some((at, head)) => {
                let other = match head {
                    Head::Own => None,
                    Head::Other(columns) => Some(columns.as_str()),
                };
                (Some(head).filter(|_| *at == place), other)
            }
            None => (None, self.under.as_deref()),
        }
    }
}

impl Piece {
    pub(super) fn content(&self) -> &[u8] {
        self.buffer.get(..self.bytes).unwrap_or_default()
    }
}

/// Whether a stream continues with a chunk that the store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Same {
    Yes,
    No,
    /// Yes, but its last record was cut at that time and is longer now.
    UpToItsCutEnd,
}

/// Cuts one stream into pieces.
pub(super) struct Chunker {
    decoder: Decoder,
    layout: Layout,
    /// Next line of the file.
    line: u64,
    /// Whether the stream is past its start.
    begun: bool,
    size: usize,
    longest: usize,
    /// The records are elements of an array, as far as is known.
    is_array: bool,
    /// Why rows are missing after the end, if they are.
    incomplete: Option<String>,
    /// The head of the table was there.
    has_head: bool,
    /// The head of another table that what comes next is under.
    under: Option<String>,
}

/// Records at the start of a buffer.
struct Found {
    records: Vec<Record>,
    /// Bytes that they take.
    bytes: usize,
    /// The line after them.
    line: u64,
    /// It is one record that was cut by the end of the stream.
    cut: bool,
    /// The heads of tables among them, each with its place.
    heads: Vec<(usize, Head)>,
}

impl Chunker {
    pub(super) fn new(sniffed: &Sniffed, options: &Options, stream: &Stream) -> Self {
        let decoder = Decoder::new(sniffed);
        let size = decoder.at_once(options.chunk.max(1));
        Self {
            layout: sniffed.layout,
            line: 1,
            begun: false,
            // What is known of lines, and the columns they are made of, take memory next to them.
            size: if stream.is_marked() { size - size / 4 } else { size },
            decoder,
            longest: options.longest_record.max(1),
            is_array: false,
            incomplete: None,
            has_head: false,
            under: None,
        }
    }

    /// The layout of its records.
    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    /// Why rows are missing after the end of the stream, if they are.
    pub(super) fn incomplete(self) -> Option<String> {
        self.incomplete
    }

    /// Whether the stream continues with `known`, the chunk after the one with hash `prev`.
    pub(super) fn compare(&self, stream: &mut Stream, prev: u64, known: &KnownChunk) -> Same {
        let Ok(bytes) = usize::try_from(known.bytes) else { return Same::No };
        stream.fill(bytes.saturating_add(1));
        let Some(content) = stream.content().get(..bytes) else { return Same::No };
        if known.hash == hash(prev, content, false) {
            return Same::Yes;
        }
        if known.hash != hash(prev, content, true) {
            return Same::No;
        }
        match stream.content().get(bytes) {
            None => Same::Yes,
            Some(b'\n' | b'\r') if self.layout != Layout::Nested && !content.ends_with(b"\n") => Same::Yes,
            Some(_) => Same::UpToItsCutEnd,
        }
    }

    /// The next piece, which is the chunk `known` of the store.
    pub(super) fn known_piece(&self, stream: &Stream, prev: u64, known: &KnownChunk) -> Piece {
        let bytes = usize::try_from(known.bytes).unwrap_or(usize::MAX);
        let content = stream.content().get(..bytes).unwrap_or_default();
        let Found { records, heads, .. } = self.find(content, true, usize::MAX, usize::MAX);
        Piece {
            heads: self.heads(heads),
            buffer: content.to_vec(),
            bytes: content.len(),
            records,
            line: self.line,
            lines: known.lines,
            prev,
            hash: known.hash,
            marks: Placed::default(),
        }
    }

    /// The heads of tables in a piece, of those that were found in it: without the first of the file.
    fn heads(&self, mut at: Vec<(usize, Head)>) -> Heads {
        if !self.has_head
            && let Some(first) = at.iter().position(|(_, head)| *head == Head::Own)
        {
            at.remove(first);
        }
        Heads { under: self.under.clone(), at }
    }

    /// Goes behind a piece with these heads.
    fn pass_heads(&mut self, heads: &Heads) {
        self.has_head |= self.decoder.has_heads();
        if let (_, Some(columns)) = heads.of(usize::MAX) {
            self.under = Some(columns.to_owned());
        } else {
            self.under = None;
        }
    }

    /// Skips a chunk that the store has.
    pub(super) fn pass_over(&mut self, stream: &mut Stream, prev: u64, known: &KnownChunk) {
        let bytes = usize::try_from(known.bytes).unwrap_or(usize::MAX);
        self.look(stream);
        if self.decoder.has_heads() {
            let content = stream.content().get(..bytes).unwrap_or_default();
            let heads = self.heads(self.find(content, true, usize::MAX, usize::MAX).heads);
            self.pass_heads(&heads);
        }
        if stream.ended && !stream.failed() {
            // What follows it, if anything, is judged later.
            let content = stream.content().get(..bytes).unwrap_or_default();
            let cut = known.hash == hash(prev, content, true);
            let records = match self.layout {
                Layout::Lines => self.find(content, true, usize::MAX, usize::MAX).records,
                Layout::Nested | Layout::Csv => Vec::new(),
            };
            self.incomplete =
                ending::missing(content, last(&records, content), self.layout, self.is_array, cut, &self.decoder);
        }
        stream.consume(bytes);
        self.line = known.first_line + known.lines;
        self.begun = true;
    }

    /// The next piece, in a buffer of its own; `None` at the end of the stream. `spare` is a
    /// buffer to use again, which is left at the end.
    pub(super) fn next(&mut self, stream: &mut Stream, prev: u64, spare: &mut Vec<u8>) -> Option<Piece> {
        // The last record of the chunk may end past its size.
        stream.fill(self.size.saturating_add(SLACK));
        self.look(stream);
        let mut message = None;
        let found = loop {
            let at_end = stream.ended && !stream.failed();
            let mut content = stream.content();
            if at_end {
                message = ending::message(content, self.layout);
                let end = message.as_ref().map_or(content.len(), |message| message.start);
                content = content.get(..end).unwrap_or_default();
            }
            let found = self.find(content, at_end, self.size, RECORDS);
            if stream.ended || found.bytes >= self.size || found.records.len() >= RECORDS {
                if at_end && found.bytes == content.len() {
                    self.end(content, &found, message);
                }
                break found;
            }
            // A record is longer than the slack: this is rare, so start again with twice the bytes.
            stream.fill(stream.content().len().saturating_mul(2));
        };
        if found.bytes == 0 {
            return None;
        }
        let Found { records, bytes, line, cut, heads } = found;
        let hash = hash(prev, stream.content().get(..bytes).unwrap_or_default(), cut);
        let marks = stream.marks(bytes);
        let buffer = stream.cut_off(bytes, std::mem::take(spare));
        let heads = self.heads(heads);
        self.pass_heads(&heads);
        let piece =
            Piece { buffer, bytes, records, line: self.line, lines: line - self.line, prev, hash, heads, marks };
        self.line = line;
        self.begun = true;
        Some(piece)
    }

    /// Notes whether the stream begins as an array.
    fn look(&mut self, stream: &Stream) {
        if !self.begun && self.layout == Layout::Nested {
            self.is_array = trim(stream.content()).starts_with(b"[");
        }
    }

    /// Notes why rows are missing after `content`, the rest of the stream.
    fn end(&mut self, content: &[u8], found: &Found, message: Option<Message>) {
        if let Some(message) = message {
            self.incomplete = Some(message.said);
        } else if !content.trim_ascii().is_empty() {
            let Found { records, cut, .. } = found;
            self.incomplete =
                ending::missing(content, last(records, content), self.layout, self.is_array, *cut, &self.decoder);
        }
    }

    /// Finds the records at the start of `content`, until they take `enough` bytes or are `most`.
    fn find(&self, content: &[u8], at_end: bool, enough: usize, most: usize) -> Found {
        let mut splitter = Splitter::new(self.layout, self.line, self.longest, self.begun);
        let mut found = Found { records: Vec::new(), bytes: 0, line: self.line, cut: false, heads: Vec::new() };
        let has_heads = self.decoder.has_heads();
        while found.bytes < enough && found.records.len() < most {
            let Some(record) = splitter.next(content, at_end) else {
                // Blank bytes count, so that they need not be kept until the next record.
                found.bytes = if at_end { content.len() } else { splitter.passed().max(found.bytes) };
                found.line = splitter.line();
                break;
            };
            if at_end && self.is_cut(&record, content) {
                // It gets its own piece, so that it can be read again when the file has grown.
                if record.start > 0 && !found.records.is_empty() {
                    found.bytes = record.start;
                    found.line = record.line;
                    break;
                }
                found.cut = true;
            }
            found.bytes = record.next;
            found.line = splitter.line();
            // While the record is near: later it would come from memory once more.
            if has_heads
                && !record.too_long
                && let Some(head) = self.decoder.head(content.get(record.start..record.end).unwrap_or_default())
            {
                found.heads.push((found.records.len(), head));
            }
            found.records.push(record);
        }
        found
    }

    /// Whether a record ends the stream and cannot be read.
    fn is_cut(&self, record: &Record, content: &[u8]) -> bool {
        // A line break ends a record of lines, and is no part of it unless it is in quotes that are open.
        let is_ended = self.layout != Layout::Nested && content.ends_with(b"\n") && record.end < content.len();
        if record.next != content.len() || record.too_long || is_ended {
            return false;
        }
        let mut rejected = false;
        self.decoder.each(record.line, content.get(record.start..record.end).unwrap_or_default(), &mut |item| {
            rejected |= matches!(item, Item::Reject(_));
        });
        rejected
    }
}

/// The last record of `content`.
fn last<'c>(records: &[Record], content: &'c [u8]) -> &'c [u8] {
    records.last().and_then(|record| content.get(record.start..record.end)).unwrap_or_default()
}

/// Hash of a chunk; never 0, which stands for the start of a file.
pub(super) fn hash(prev: u64, content: &[u8], cut: bool) -> u64 {
    let seed = if cut { prev ^ CUT } else { prev };
    xxh3_64_with_seed(content, seed).max(1)
}
