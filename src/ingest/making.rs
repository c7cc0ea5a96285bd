//! Making chunks of pieces of a stream.
//!
//! A chunk depends on what was before it by very little: the latest arrival, the project, the
//! zone. That is [`Carried`] from piece to piece in their order; everything else of a piece is
//! done by any thread at any time.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use std::thread;

use super::chunker::Piece;
use super::tally::{Kept, Reasons, Rejects, size};
use super::zoning::Known;
use super::{Options, REJECT_KEPT, ending};
use crate::formats::infer::{Clockwork, Evidence};
use crate::formats::{
    AliasLine, Clock, Decoder, Head, Item, Marked, MarkedColumns, Record, Sniffed, Take, Zone, excerpt,
};
use crate::model::import::Lacks;
use crate::model::view::Timing;
use crate::model::{Flags, Millis, Reject, RowView};
use crate::store::{self, Chunk, Draft, KnownChunk, Packer, TableAlias};

/// Behind the name of a zone that was asked for.
pub(super) const GIVEN: &str = " (given)";

/// Records that are decoded before others get a turn: a tenth of a millisecond.
const TURN: usize = 128;

/// Characters of the columns of a head that are quoted.
const COLUMNS: usize = 120;

/// Arrival of a line of an alias table that does not say when it was called.
const BEFORE_ALL: Millis = 0;

/// A chunk that is ready to be written, but for the number of its file.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) chunk: Chunk,
    /// Token of the project, when this chunk is the first to say it.
    pub(super) project: Option<String>,
    pub(super) records: u64,
    pub(super) skipped: u64,
    /// Zone of the times, and how that is known so far.
    pub(super) timezone: String,
    pub(super) lacks: Lacks,
    pub(super) reasons: Reasons,
    /// The first message of a server among what could not be read.
    pub(super) message: Option<(u64, String)>,
    /// What its rows say of the zone, and the clock that they were read on, where it is inferred.
    pub(super) zoning: Option<(Evidence, Clockwork)>,
}

impl Prepared {
    /// Whether it has nothing that a store would keep, what cannot be read among it.
    pub(super) fn is_empty(&self) -> bool {
        let Chunk { aliases, profiles, rejects, dropped, .. } = &self.chunk;
        self.records == 0 && *dropped == 0 && aliases.is_empty() && profiles.is_empty() && rejects.is_empty()
    }
}

/// What a chunk takes from those before it.
#[derive(Clone, Debug)]
pub(super) struct Carried {
    /// Latest time or arrival.
    latest: Option<Millis>,
    project: Option<String>,
    zone: ZoneOf,
    /// There are rows on the project's clock: by the format, or because rows of an export stand in a file
    /// of another format.
    has_clock: bool,
    /// Rejects of the file that are kept.
    kept: Kept,
    /// What earlier parts of the file have left of its clock.
    left: Option<Known>,
}

/// The zone of the times of one file.
#[derive(Clone, Debug)]
enum ZoneOf {
    Given(Zone),
    /// Will be known after the first chunk with rows on the project's clock.
    Unknown,
    /// Found out from the chunks so far, and what the first says in words.
    Inferred(Known, String),
}

impl Carried {
    pub(super) fn new(sniffed: &Sniffed, options: &Options, project: Option<String>) -> Self {
        let zone = match options.zone {
            Zone::Infer => ZoneOf::Unknown,
            zone => ZoneOf::Given(zone),
        };
        let has_clock = sniffed.clock() == Clock::Project;
        Self { latest: None, project, zone, has_clock, kept: Kept::default(), left: None }
    }

    /// Reads times in this zone from now on.
    pub(super) fn give_zone(&mut self, zone: Zone) {
        self.zone = ZoneOf::Given(zone);
    }

    /// Goes on where so many rejects of the file are kept.
    pub(super) fn keep(&mut self, kept: Kept) {
        self.kept = kept;
    }

    /// Whether the zone is still to be found out, whatever the rows are.
    pub(super) fn wants_zone(&self) -> bool {
        matches!(self.zone, ZoneOf::Unknown) && self.has_clock
    }

    /// Notes that earlier rows of the file are on the project's clock.
    pub(super) fn note_clock(&mut self) {
        self.has_clock = true;
    }

    /// Goes behind a chunk that the store has.
    pub(super) fn pass_over(&mut self, known: &KnownChunk) {
        self.latest = known.latest.max(self.latest);
    }

    /// Zone of the times, and how that is known.
    fn timezone(&self) -> String {
        match &self.zone {
            ZoneOf::Given(zone) if self.has_clock => zone.name() + GIVEN,
            ZoneOf::Inferred(_, sentence) => sentence.clone(),
            ZoneOf::Given(_) | ZoneOf::Unknown => "UTC".to_owned(),
        }
    }

    /// Finds out the zone, so far from the first chunk.
    pub(super) fn infer(&mut self, decoded: &Decoded<'_>) {
        let inference = decoded.evidence.infer();
        let known = Known { clock: inference.read_on(), evidence: decoded.evidence.clone() };
        self.zone = ZoneOf::Inferred(known, inference.sentence());
    }

    /// Goes on behind the known part of a file, from what its last chunk left.
    pub(super) fn go_on(&mut self, left: Known) {
        match &mut self.zone {
            ZoneOf::Inferred(known, _) => *known = left,
            ZoneOf::Unknown => {
                self.has_clock = true;
                self.begin_after(&left);
            }
            ZoneOf::Given(_) => {}
        }
    }

    /// Begins behind other parts of the file, which have left this.
    pub(super) fn begin_behind(&mut self, left: Option<Known>) {
        if let Some(left) = &left {
            self.begin_after(left);
        }
        self.left = left;
    }

    /// What the first chunk of a stream takes: `self` is that of a stream that nothing is known before, and
    /// `last` comes from the stream before, which may be a part of the same file.
    pub(super) fn behind(mut self, last: Self, is_one_file: bool) -> Self {
        if is_one_file {
            self.begin_behind(last.known_clock().cloned().or(last.left));
        }
        self.project = last.project;
        self
    }

    /// Begins behind the rows of another part of the file.
    fn begin_after(&mut self, left: &Known) {
        if self.wants_zone() {
            self.zone = ZoneOf::Inferred(left.clone(), left.evidence.infer().sentence());
        }
    }

    /// What is known of the clock, where that is inferred.
    pub(super) fn known_clock(&self) -> Option<&Known> {
        match &self.zone {
            ZoneOf::Inferred(known, _) => Some(known),
            ZoneOf::Given(_) | ZoneOf::Unknown => None,
        }
    }

    /// The clock of a chunk behind the first: that of those before it, unless its own rows speak
    /// against it.
    fn clock(&mut self, own: &Evidence, is_first: bool) -> Option<Clockwork> {
        match &mut self.zone {
            ZoneOf::Given(zone) => Some(Clockwork::Zone(*zone)),
            ZoneOf::Unknown => None,
            ZoneOf::Inferred(Known { clock, evidence }, _) => {
                if !is_first {
                    evidence.add(own);
                    if !own.is_on(clock) {
                        let inference = evidence.infer();
                        if inference.used {
                            *clock = inference.clock;
                        }
                    }
                }
                Some(clock.clone())
            }
        }
    }

    /// The arrival of a row: its own, else the latest so far.
    fn arrival(&mut self, row: Timing) -> Millis {
        let arrived = row.arrival.unwrap_or_else(|| self.latest.map_or(row.time, |latest| latest.max(row.time)));
        self.latest = self.latest.max(Some(arrived));
        arrived
    }

    /// The timing of a row on the project's clock, with its time in UTC.
    fn to_utc(row: Timing, clock: Option<&Clockwork>) -> Timing {
        let Timing { mut time, arrival, mut flags } = row;
        if let Some(clock) = clock.filter(|_| !flags.has(Flags::TIME_FROM_ARRIVAL)) {
            let (moment, twice) = clock.to_utc(time, arrival);
            time = moment;
            if twice {
                flags.set(Flags::AMBIGUOUS_HOUR);
            }
        }
        Timing { time, arrival, flags }
    }

    /// Puts rows that were noted in their place in time, after what was before; `clocks` says whose clock the
    /// time of each noted row is on.
    fn settle(
        &mut self,
        draft: &mut Draft<'_>,
        clocks: &[Clock],
        noted: Range<usize>,
        clock: Option<&Clockwork>,
        lacks: &mut Lacks,
    ) {
        for at in noted {
            let Some(mut timing) = draft.timing(at) else { return };
            if clocks.get(at) != Some(&Clock::Utc) {
                timing = Self::to_utc(timing, clock);
            }
            lacks.note_time(timing);
            let arrived = self.arrival(timing);
            draft.settle(at, timing, arrived);
        }
    }

    /// Whether a token is that of the project; the first one is.
    fn is_of_project(&mut self, token: &str) -> bool {
        self.project.get_or_insert_with(|| token.to_owned()) == token
    }
}

/// The decoded records of a piece.
///
/// Most are rows that only wait for their place in time; the others wait as they are.
pub(super) struct Decoded<'p> {
    draft: Draft<'p>,
    /// Whose clock the time of each noted row is on.
    clocks: Vec<Clock>,
    others: Vec<Other<'p>>,
    /// What could not be read.
    rejects: Rejects,
    /// The first message of a server among that.
    message: Option<(u64, String)>,
    /// What the noted rows lack.
    lacks: Lacks,
    /// Records that held something.
    read: u64,
    /// What the events whose times are on the project's clock say of it.
    evidence: Evidence,
}

/// Anything but an event of whatever project the file is of.
struct Other<'p> {
    item: Item<'p>,
    /// How many rows were noted before it.
    before: usize,
    /// Where its record is among those of the piece.
    record: usize,
}

/// A decoded piece with its rows in their place in time; what is left to do depends on nothing.
pub(super) struct Settled<'p> {
    draft: Draft<'p>,
    prepared: Prepared,
}

/// Makes the chunks of one stream.
#[derive(Clone, Debug)]
pub(super) struct Maker {
    decoder: Decoder,
    longest: usize,
    /// Whether to note what rows say of their clock.
    notes_clock: bool,
}

impl Maker {
    pub(super) fn new(sniffed: &Sniffed, options: &Options) -> Self {
        let notes_clock = sniffed.clock() == Clock::Utc || options.zone == Zone::Infer;
        Self { decoder: Decoder::new(sniffed), longest: options.longest_record.max(1), notes_clock }
    }

    /// Reads the records of a piece.
    pub(super) fn decode<'p>(&self, piece: &'p Piece) -> Decoded<'p> {
        let records = piece.records.len();
        let mut taking = Taking {
            decoded: Decoded {
                draft: Draft::with_capacity(records).with_room(piece.bytes.saturating_mul(2)),
                clocks: Vec::with_capacity(records),
                others: Vec::new(),
                rejects: Rejects::default(),
                message: None,
                lacks: Lacks::default(),
                read: 0,
                evidence: Evidence::default(),
            },
            notes_clock: self.notes_clock,
            record: 0,
            held: 0,
        };
        let mut lines = piece.marks.lines();
        let mut columns: Option<(&Arc<Vec<String>>, Option<MarkedColumns>)> = None;
        for (place, record) in piece.records.iter().enumerate() {
            let text = piece.content().get(record.start..record.end).unwrap_or_default();
            if place % TURN == 0 {
                // As the packer does between blocks.
                thread::yield_now();
            }
            (taking.record, taking.held) = (place, 0);
            match piece.heads.of(place) {
                _ if record.too_long => taking.take(self.too_long(record, text)),
                (Some(Head::Own), _) => taking.take(Item::Skipped),
                (_, Some(_)) if text.trim_ascii().is_empty() => {}
                (_, Some(columns)) => taking.take(under_other(record, text, columns)),
                (_, None) => match lines.find(record.start, record.end) {
                    None => self.decoder.read_to(record.line, text, &mut taking),
                    Some((names, row)) => {
                        if columns.as_ref().is_none_or(|(known, _)| !Arc::ptr_eq(known, names)) {
                            columns = Some((names, self.decoder.marked(names)));
                        }
                        let columns = columns.as_ref().and_then(|(_, columns)| columns.as_ref());
                        self.read_marked(record.line, text, columns, &row, &mut taking);
                    }
                },
            }
            taking.decoded.read += taking.held;
        }
        taking.decoded
    }

    /// Reads a line whose fields are marked.
    fn read_marked<'p>(
        &self,
        line: u64,
        text: &'p [u8],
        columns: Option<&MarkedColumns>,
        row: &Marked<'_>,
        taking: &mut Taking<'p>,
    ) {
        let read = columns.and_then(|columns| self.decoder.read_marked(line, text, columns, row.marks, taking));
        if read.is_some() {
            return;
        }
        let is_same = columns.is_some() && row.is_object(text);
        let written = if is_same { None } else { row.written(text) };
        match written {
            Some(written) => self.decoder.read_to(line, &written, &mut Passing(taking)),
            None => self.decoder.read_to(line, text, taking),
        }
    }

    fn too_long(&self, record: &Record, text: &[u8]) -> Item<'static> {
        Item::Reject(Reject {
            line: record.line,
            reason: format!("a record longer than {}; this is a part of it", size(self.longest)),
            text: String::from_utf8_lossy(text.get(..REJECT_KEPT.saturating_add(1)).unwrap_or(text)).into_owned(),
        })
    }
}

/// Takes what the records of a piece hold.
struct Taking<'p> {
    decoded: Decoded<'p>,
    notes_clock: bool,
    /// Where the record is among those of the piece.
    record: usize,
    /// 1 once it held something.
    held: u64,
}

impl Taking<'_> {
    /// Notes whose clock the time of a row is on, and what the row lacks.
    fn note(&mut self, row: &RowView<'_>, clock: Clock, is_of_file: bool) {
        self.held = 1;
        if clock == Clock::Project && self.notes_clock {
            self.decoded.evidence.note(Timing::from(row));
        }
        if is_of_file {
            self.decoded.lacks.note(row);
            self.decoded.clocks.push(clock);
        }
    }
}

impl<'p> Take<'p> for Taking<'p> {
    fn take(&mut self, item: Item<'p>) {
        self.held = 1;
        match item {
            // It belongs to whatever project the file does.
            Item::Event { row, project: None, clock } => {
                self.note(&row, clock, true);
                self.decoded.draft.note(row);
            }
            Item::Reject(mut reject) => {
                if ending::within(&reject.text) {
                    let said = || (reject.line, excerpt(&reject.text, REJECT_KEPT));
                    self.decoded.message.get_or_insert_with(said);
                    ending::IN_PLACE.clone_into(&mut reject.reason);
                }
                self.decoded.rejects.take(reject);
            }
            item => {
                if let Item::Event { row, clock, .. } = &item {
                    self.note(row, *clock, false);
                }
                let before = self.decoded.draft.len();
                self.decoded.others.push(Other { item, before, record: self.record });
            }
        }
    }

    fn pass(&mut self, row: RowView<'_>, project: Option<Cow<'_, str>>, clock: Clock) {
        if project.is_none() {
            self.note(&row, clock, true);
            self.decoded.draft.pass(&row);
        } else {
            self.take(Item::of_event(row, project, clock));
        }
    }

    fn lay(&mut self, row: RowView<'_>, properties: [&'p str; 4], clock: Clock) {
        self.note(&row, clock, true);
        self.decoded.draft.lay(&row, properties);
    }
}

/// Takes items whose texts are gone behind the call.
struct Passing<'t, 'p>(&'t mut Taking<'p>);

impl Take<'_> for Passing<'_, '_> {
    fn take(&mut self, item: Item<'_>) {
        self.0.take(item.into_owned());
    }

    fn pass(&mut self, row: RowView<'_>, project: Option<Cow<'_, str>>, clock: Clock) {
        self.0.pass(row, project, clock);
    }
}

/// A record of another table, whose head has these columns.
fn under_other(record: &Record, text: &[u8], columns: &str) -> Item<'static> {
    let columns = excerpt(columns, COLUMNS);
    let reason = format!("it is under a second head, {columns}; write each table into a file of its own");
    let text = String::from_utf8_lossy(text.get(..REJECT_KEPT.saturating_add(1)).unwrap_or(text)).trim().to_owned();
    Item::Reject(Reject { line: record.line, reason, text })
}

impl<'p> Decoded<'p> {
    /// Puts the rows in their place in time, after what was before.
    pub(super) fn settle(self, piece: &Piece, carried: &mut Carried) -> Settled<'p> {
        let mut chunk = Chunk {
            file: 0,
            prev: piece.prev,
            hash: piece.hash,
            bytes: u64::try_from(piece.bytes).unwrap_or(u64::MAX),
            first_line: piece.line,
            lines: piece.lines,
            ..Chunk::default()
        };
        carried.has_clock |= !self.evidence.is_empty();
        let is_first = carried.wants_zone();
        if is_first {
            carried.infer(&self);
        }
        let clock = carried.clock(&self.evidence, is_first);
        let project_was_known = carried.project.is_some();
        let mut skipped = 0;
        let Decoded { mut draft, clocks, others, mut rejects, message, mut lacks, read, evidence } = self;
        let noted = draft.len();
        let mut settled = 0;
        for Other { item, before, record } in others {
            carried.settle(&mut draft, &clocks, settled..before, clock.as_ref(), &mut lacks);
            settled = before;
            let token = match &item {
                Item::Event { row, project, .. } => project.as_deref().map(|token| (token, row.line)),
                Item::Profile { profile, project, .. } => project.as_deref().map(|token| (token, profile.line)),
                Item::Alias(_) | Item::Skipped | Item::Reject(_) => None,
            };
            if let Some((token, line)) = token
                && !carried.is_of_project(token)
            {
                let place = piece.records.get(record).map_or(0..0, |record| record.start..record.end);
                let text = piece.content().get(place).unwrap_or_default();
                let text = String::from_utf8_lossy(text.get(..REJECT_KEPT + 1).unwrap_or(text)).trim().to_owned();
                let reason = format!("belongs to another project (token {token}); import it into a store of its own");
                rejects.take(Reject { line, reason, text });
                continue;
            }
            match item {
                Item::Event { mut row, clock: of, .. } => {
                    let mut timing = Timing::from(&row);
                    if of == Clock::Project {
                        timing = Carried::to_utc(timing, clock.as_ref());
                    }
                    (row.time, row.flags) = (timing.time, timing.flags);
                    lacks.note(&row);
                    lacks.note_time(timing);
                    draft.push(row, carried.arrival(timing));
                }
                Item::Profile { profile, repaired, .. } => {
                    lacks.repaired += u64::from(repaired);
                    chunk.profiles.push(profile);
                }
                Item::Alias(alias) => {
                    lacks.repaired += u64::from(alias.repaired);
                    chunk.aliases.push(called(alias));
                }
                Item::Reject(reject) => rejects.take(reject),
                Item::Skipped => skipped += 1,
            }
        }
        carried.settle(&mut draft, &clocks, settled..noted, clock.as_ref(), &mut lacks);
        chunk.latest = carried.latest;
        let Rejects { mut pieces, count, reasons, .. } = rejects;
        // Rows of another project come behind what could not be read at all.
        pieces.sort_by_key(|reject| reject.line);
        pieces.retain(|reject| carried.kept.takes(reject));
        chunk.dropped = count - pieces.len() as u64;
        chunk.rejects = pieces;
        let project = if project_was_known { None } else { carried.project.clone() };
        let timezone = carried.timezone();
        let zoning = carried.known_clock().and(clock).map(|clock| (evidence, clock));
        let prepared = Prepared { chunk, project, records: read, skipped, timezone, lacks, reasons, message, zoning };
        Settled { draft, prepared }
    }
}

impl Settled<'_> {
    /// Makes the rows ready for the store.
    pub(super) fn seal(self, packer: &mut Packer) -> Result<Prepared, store::Error> {
        let Self { draft, mut prepared } = self;
        prepared.chunk.segment = draft.seal(packer)?;
        Ok(prepared)
    }
}

/// A line of a table of aliases as an alias call.
fn called(line: AliasLine) -> TableAlias {
    let mut flags = if line.time.is_some() { Flags::default() } else { Flags::ARRIVAL_UNKNOWN };
    if line.repaired {
        flags.set(Flags::REPAIRED);
    }
    let arrived = line.time.unwrap_or(BEFORE_ALL);
    TableAlias { alias: line.alias, target: line.target, time: line.time, arrived, line: line.line, flags }
}
