//! Making chunks of a stream: what is known is passed over, the rest is decoded.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::reading::Stream;
use super::{Options, REJECT_KEPT};
use crate::formats::infer::Days;
use crate::formats::{Clock, Decoder, Format, Inference, Item, Layout, Record, Sniffed, Splitter, Zone};
use crate::model::{Flags, Millis, Reject, Row};
use crate::store::{Arrived, Chunk, KnownChunk, TableAlias};

/// Behind the name of a zone that was asked for.
pub(super) const GIVEN: &str = " (given)";

/// Mixed into the hash of a chunk that is nothing but a last record that was cut.
const CUT: u64 = 0x9e37_79b9_7f4a_7c15;

/// Bytes read behind a chunk, so that its last record is whole.
const SLACK: usize = 1 << 20;

/// Arrival of a line of an alias table that does not say when it was called.
const BEFORE_ALL: Millis = 0;

/// A chunk that is ready to be written, but for the number of its file.
pub(super) struct Prepared {
    pub(super) chunk: Chunk,
    /// Token of the project, when this chunk is the first to say it.
    pub(super) project: Option<String>,
    pub(super) records: u64,
    pub(super) skipped: u64,
    /// Zone of the times, and how that is known.
    pub(super) timezone: String,
}

/// Whether a stream goes on with a chunk that the store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Same {
    Yes,
    No,
    /// Yes, but its last record was cut then and goes on now.
    UpToItsCutEnd,
}

/// Makes the chunks of one stream.
pub(super) struct Maker {
    decoder: Decoder,
    layout: Layout,
    /// Next line of the file.
    line: u64,
    /// Whether the stream is past its start.
    begun: bool,
    latest: Option<Millis>,
    zone: ZoneOf,
    project: Option<String>,
    size: usize,
    longest: usize,
}

/// The zone of the times of one file.
enum ZoneOf {
    Given(Zone),
    /// Will be known after the first chunk.
    Unknown,
    Inferred(Inference),
    /// All times are UTC by the format.
    Utc,
}

/// The decoded records of a piece of the stream.
struct Decoded {
    items: Vec<(Item, std::ops::Range<usize>)>,
    records: u64,
    /// Bytes that they take.
    bytes: usize,
    /// Next line behind them.
    line: u64,
    /// It is one record that was cut by the end of the stream.
    cut: bool,
}

impl Maker {
    pub(super) fn new(sniffed: &Sniffed, options: &Options, project: Option<String>) -> Self {
        let zone = match options.zone {
            _ if sniffed.format != Format::Export => ZoneOf::Utc,
            Zone::Infer => ZoneOf::Unknown,
            zone => ZoneOf::Given(zone),
        };
        Self {
            decoder: Decoder::new(sniffed),
            layout: sniffed.layout,
            line: 1,
            begun: false,
            latest: None,
            zone,
            project,
            size: options.chunk.max(1),
            longest: options.longest_record.max(1),
        }
    }

    /// Reads times in this zone from now on.
    pub(super) fn give_zone(&mut self, zone: Zone) {
        self.zone = ZoneOf::Given(zone);
    }

    /// Zone of the times, and how that is known.
    pub(super) fn timezone(&self) -> String {
        match &self.zone {
            ZoneOf::Given(zone) => zone.name() + GIVEN,
            ZoneOf::Inferred(inference) => inference.sentence(),
            ZoneOf::Unknown | ZoneOf::Utc => "UTC".to_owned(),
        }
    }

    /// Whether the stream goes on with `known`, which comes after a chunk with hash `prev`.
    pub(super) fn compare(&self, stream: &mut Stream, prev: u64, known: &KnownChunk) -> Same {
        let Ok(bytes) = usize::try_from(known.bytes) else { return Same::No };
        stream.fill(bytes.saturating_add(1));
        let Some(content) = stream.buffer.get(..bytes) else { return Same::No };
        if known.hash == hash(prev, content, false) {
            return Same::Yes;
        }
        if known.hash != hash(prev, content, true) {
            return Same::No;
        }
        match stream.buffer.get(bytes) {
            None => Same::Yes,
            Some(b'\n' | b'\r') if self.layout != Layout::Nested => Same::Yes,
            Some(_) => Same::UpToItsCutEnd,
        }
    }

    /// Goes behind a chunk that the store has.
    pub(super) fn pass_over(&mut self, stream: &mut Stream, known: &KnownChunk) {
        let bytes = usize::try_from(known.bytes).unwrap_or(usize::MAX);
        if matches!(self.zone, ZoneOf::Unknown) {
            // The zone follows from the first chunk, whichever run reads it.
            let content = stream.buffer.get(..bytes).unwrap_or_default();
            let decoded = self.decode(content, true, usize::MAX);
            self.infer(decoded.items.iter().map(|(item, _)| item));
        }
        stream.consume(bytes);
        self.line = known.first_line + known.lines;
        self.latest = known.latest.max(self.latest);
        self.begun = true;
    }

    /// The next chunk; `None` at the end of the stream.
    pub(super) fn next(&mut self, stream: &mut Stream, prev: u64) -> Option<Prepared> {
        // The record that fills the chunk ends somewhere behind it.
        stream.fill(self.size.saturating_add(SLACK));
        let decoded = loop {
            let decoded = self.decode(&stream.buffer, stream.ended && !stream.failed(), self.size);
            if stream.ended || decoded.bytes >= self.size {
                break decoded;
            }
            // A record longer than the slack: rare enough to begin again with twice the bytes.
            stream.fill(stream.buffer.len().saturating_mul(2));
        };
        if decoded.bytes == 0 {
            return None;
        }
        if matches!(self.zone, ZoneOf::Unknown) {
            self.infer(decoded.items.iter().map(|(item, _)| item));
        }
        let content = stream.buffer.get(..decoded.bytes).unwrap_or_default();
        let hash = hash(prev, content, decoded.cut);
        let prepared = self.prepare(decoded, content, prev, hash);
        stream.consume(content.len());
        Some(prepared)
    }

    /// Decodes the records at the start of `content`, until they take `enough` bytes.
    fn decode(&self, content: &[u8], at_end: bool, enough: usize) -> Decoded {
        let mut splitter = Splitter::new(self.layout, self.line, self.longest, self.begun);
        let mut decoded = Decoded { items: Vec::new(), records: 0, bytes: 0, line: self.line, cut: false };
        let mut items = Vec::new();
        while decoded.bytes < enough {
            let Some(record) = splitter.next(content, at_end) else {
                if at_end {
                    decoded.bytes = content.len();
                    decoded.line = splitter.line();
                }
                break;
            };
            let place = record.start..record.end;
            let text = content.get(place.clone()).unwrap_or_default();
            if record.too_long {
                items.push(self.too_long(&record, text));
            } else {
                self.decoder.decode(record.line, text, &mut items);
            }
            if at_end && self.is_cut(&record, content, &items) {
                // It comes alone, so that it can be read again should the rest of it come.
                if record.start > 0 && decoded.records > 0 {
                    decoded.bytes = record.start;
                    decoded.line = record.line;
                    break;
                }
                decoded.cut = true;
            }
            decoded.records += u64::from(!items.is_empty());
            decoded.items.extend(items.drain(..).map(|item| (item, place.clone())));
            decoded.bytes = record.next;
            decoded.line = splitter.line();
        }
        decoded
    }

    /// Whether a record stands at the end of the stream and could not be read.
    fn is_cut(&self, record: &Record, content: &[u8], items: &[Item]) -> bool {
        record.next == content.len()
            && !record.too_long
            && (self.layout == Layout::Nested || !content.ends_with(b"\n"))
            && items.iter().any(|item| matches!(item, Item::Reject(_)))
    }

    fn too_long(&self, record: &Record, text: &[u8]) -> Item {
        Item::Reject(Reject {
            line: record.line,
            reason: format!("a record longer than {}; this is a part of it", size(self.longest)),
            text: String::from_utf8_lossy(text.get(..REJECT_KEPT.saturating_add(1)).unwrap_or(text)).into_owned(),
        })
    }

    fn infer<'a>(&mut self, items: impl Iterator<Item = &'a Item>) {
        self.zone = ZoneOf::Inferred(Inference::of(items.filter_map(on_project_clock)));
    }

    fn prepare(&mut self, decoded: Decoded, content: &[u8], prev: u64, hash: u64) -> Prepared {
        let mut chunk = Chunk {
            file: 0,
            prev,
            hash,
            bytes: u64::try_from(content.len()).unwrap_or(u64::MAX),
            first_line: self.line,
            lines: decoded.line - self.line,
            ..Chunk::default()
        };
        let days = match &self.zone {
            ZoneOf::Inferred(inference) if inference.sure => {
                let rows = decoded.items.iter().filter_map(|(item, _)| on_project_clock(item));
                Some(Days::of(inference.shift(), rows))
            }
            _ => None,
        };
        let known_project = self.project.clone();
        let mut skipped = 0;
        for (item, place) in decoded.items {
            if let Item::Event { project: Some(token), .. } | Item::Profile { project: Some(token), .. } = &item
                && self.project.get_or_insert_with(|| token.clone()) != token
            {
                let line = match &item {
                    Item::Event { row, .. } => row.line,
                    Item::Profile { profile, .. } => profile.line,
                    Item::Alias(_) | Item::Skipped | Item::Reject(_) => self.line,
                };
                let text = String::from_utf8_lossy(content.get(place).unwrap_or_default()).trim().to_owned();
                let reason = format!("belongs to another project (token {token}); import it into a store of its own");
                chunk.rejects.push(shortened(Reject { line, reason, text }));
                continue;
            }
            match item {
                Item::Event { mut row, clock, .. } => {
                    if clock == Clock::Project && !row.flags.has(Flags::TIME_FROM_ARRIVAL) {
                        self.to_utc(&mut row, days.as_ref());
                    }
                    chunk.rows.push(self.arrived(row));
                }
                Item::Profile { profile, .. } => chunk.profiles.push(profile),
                Item::Alias(alias) => chunk.aliases.push(TableAlias {
                    alias: alias.alias,
                    target: alias.target,
                    time: alias.time,
                    arrived: alias.time.unwrap_or(BEFORE_ALL),
                    line: alias.line,
                    flags: if alias.time.is_some() { Flags::default() } else { Flags::ARRIVAL_UNKNOWN },
                }),
                Item::Skipped => skipped += 1,
                Item::Reject(reject) => chunk.rejects.push(shortened(reject)),
            }
        }
        chunk.latest = self.latest;
        self.line = decoded.line;
        self.begun = true;
        let project = if known_project.is_none() { self.project.clone() } else { None };
        Prepared { chunk, project, records: decoded.records, skipped, timezone: self.timezone() }
    }

    fn to_utc(&self, row: &mut Row, days: Option<&Days>) {
        match (&self.zone, days) {
            (ZoneOf::Given(zone), _) => {
                let (time, twice) = zone.to_utc(row.time, row.arrival);
                row.time = time;
                if twice {
                    row.flags.set(Flags::AMBIGUOUS_HOUR);
                }
            }
            (_, Some(days)) => row.time = row.time.saturating_add(days.shift(row.time)),
            _ => {}
        }
    }

    /// The row with an arrival: its own, else the latest so far.
    fn arrived(&mut self, row: Row) -> Arrived {
        let arrived = row.arrival.unwrap_or_else(|| self.latest.map_or(row.time, |latest| latest.max(row.time)));
        self.latest = self.latest.max(Some(arrived));
        Arrived { row, arrived }
    }
}

/// The row of an event whose time is on the project's clock.
fn on_project_clock(item: &Item) -> Option<&Row> {
    match item {
        Item::Event { row, clock: Clock::Project, .. } => Some(row),
        _ => None,
    }
}

/// Hash of a chunk; never 0, which stands for the start of a file.
fn hash(prev: u64, content: &[u8], cut: bool) -> u64 {
    let seed = if cut { prev ^ CUT } else { prev };
    xxh3_64_with_seed(content, seed).max(1)
}

/// The reject with no more text than is kept.
fn shortened(mut reject: Reject) -> Reject {
    if reject.text.len() > REJECT_KEPT {
        let kept = (0..=REJECT_KEPT).rev().find(|end| reject.text.is_char_boundary(*end));
        reject.text.truncate(kept.unwrap_or(0));
        reject.reason = format!("{} (only the first {} of it are kept)", reject.reason, size(REJECT_KEPT));
    }
    reject
}

/// A number of bytes for people.
fn size(bytes: usize) -> String {
    if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) {
        format!("{} MiB", bytes >> 20)
    } else {
        format!("{bytes} bytes")
    }
}
