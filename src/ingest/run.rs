//! One import at work: file by file, what is known is passed over and the rest becomes chunks.

mod comparing;

use std::io;
use std::sync::Arc;
use std::thread::Scope;

use super::ahead::{Ahead, Begun, Item, One, Opened, Passed, State};
use super::chunker::Chunker;
use super::ending::{self, End};
use super::firsts::Shared;
use super::making::{Carried, Maker, Prepared};
use super::namesakes::Namesakes;
use super::pipeline::{Before, Cutting, Makers, Part, receive};
use super::reading::{Label, Position, Stream};
use super::sources::{Notes, Sources};
use super::tally::{Kept, Reasons};
use super::zoning::{Known, Zoning};
use super::{END, Error, FileReport, Flow, INLINE, LEAST, Options, Progress, Report, pipeline};
use crate::formats::{Format, Sniffed};
use crate::model::import::Lacks;
use crate::model::threads::lost;
use crate::store::{self, Chunk, FileInfo, KnownChunk, Packer, Writer};

/// One import at work.
pub(super) struct Run<'a, 's, 'e> {
    pub(super) writer: &'a mut Writer,
    options: &'a Options,
    progress: &'a mut dyn FnMut(&Progress) -> Flow,
    pub(super) report: Report,
    /// First chunks of files.
    firsts: Shared,
    /// The last chunk that is considered there.
    firsts_until: i64,
    packer: Option<Packer>,
    /// Where threads that help live.
    threads: &'s Scope<'s, 'e>,
    makers: Option<Makers>,
    /// Bytes in the open transaction, a chunk counting as [`LEAST`] of one at least.
    written: usize,
    seen: Seen,
    /// The file of which the last stream was one part, and what is known of its clock.
    left: Option<(String, Known)>,
    /// No one else may write until the first chunk is added after an import was overtaken.
    holds: bool,
    namesakes: Namesakes,
    /// Bytes of the inputs behind the stream.
    rest: u64,
    /// What can be written before the commit at the end was written.
    is_prepared: bool,
    /// The one who reads ahead waits to hear that the stream is behind.
    owes: bool,
}

/// The zone of a file none of whose times is on the project's clock.
const UTC: &str = "UTC";

/// What of the store the stream that is read was compared with.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// The last chunk then.
    then: i64,
    /// The last chunk after what this import added last.
    now: i64,
    /// Someone else has added chunks since.
    others: bool,
    /// The stream can be read from its start once more.
    can_return: bool,
    /// Someone else has added what it may go on with, so it is compared once more.
    overtaken: bool,
}

/// What came of reading a stream.
struct Read {
    place: Place,
    end: End,
}

/// How much of a stream is behind, known or new.
struct Place {
    /// Hash of the last chunk.
    prev: u64,
    /// File that the last chunk belongs to, if its next chunks belong there too.
    file: Option<store::FileId>,
    /// Bytes, unpacked.
    bytes: u64,
    /// Those of them that the store had.
    known: u64,
    /// Whose rows the stream has.
    vendor: &'static str,
    /// Zone of its times as the store has it, once there is a file.
    timezone: Option<String>,
    /// The store has its start, and goes on in another way.
    is_forked: bool,
    /// A file was begun for its rows.
    is_begun: bool,
    /// What its rows say of the zone.
    zoning: Zoning,
}

impl Place {
    /// The start of a stream.
    fn start(sniffed: &Sniffed) -> Self {
        let (vendor, zoning) = (sniffed.vendor(), Zoning::default());
        let (is_forked, is_begun) = (false, false);
        Self { prev: 0, file: None, bytes: 0, known: 0, vendor, timezone: None, zoning, is_forked, is_begun }
    }
}

/// What makes chunks of one stream.
struct Parts {
    chunker: Chunker,
    maker: Maker,
    carried: Carried,
}

impl<'a, 's, 'e> Run<'a, 's, 'e> {
    pub(super) fn new(
        writer: &'a mut Writer,
        options: &'a Options,
        progress: &'a mut dyn FnMut(&Progress) -> Flow,
        report: Report,
        threads: &'s Scope<'s, 'e>,
    ) -> Self {
        Self {
            writer,
            options,
            progress,
            report,
            firsts: Shared::default(),
            firsts_until: 0,
            packer: None,
            threads,
            makers: None,
            written: 0,
            seen: Seen::default(),
            left: None,
            holds: false,
            namesakes: Namesakes::default(),
            rest: 0,
            is_prepared: false,
            owes: false,
        }
    }

    /// Reads all sources, and gives what there is to say of those that are not read.
    pub(super) fn all(&mut self, mut sources: Sources) -> Result<Notes, Error> {
        // What is there by now is no news from others.
        self.seen.now = self.writer.last_chunk()?;
        if sources.is_one() {
            if let Some((stream, sniffed)) = sources.take().and_then(|mut streams| streams.pop()) {
                self.stream(Opened::whole(stream, sniffed, self.firsts.age(), 0), None)?;
            }
            return Ok(sources.notes);
        }
        let name = sources.first_name();
        let no_thread = |source| no_thread(&name, source);
        let makers = self.makers().map_err(no_thread)?;
        let ahead = Ahead::start(sources, self.firsts.clone(), makers, self.threads).map_err(no_thread)?;
        let mut notes = Notes::default();
        while !self.report.cancelled {
            match ahead.next(&mut || self.idle())? {
                Item::Stream(opened, before) => {
                    if self.options.stop.is_set() {
                        break;
                    }
                    notes.add(before);
                    self.stream(*opened, Some(&ahead))?;
                }
                Item::Part(_) => {}
                Item::Nothing(rest) => {
                    notes.add(rest);
                    break;
                }
            }
        }
        ahead.end();
        Ok(notes)
    }

    /// The threads that make chunks.
    fn makers(&mut self) -> io::Result<Makers> {
        match &self.makers {
            Some(makers) => Ok(makers.clone()),
            None => Ok(self.makers.insert(Makers::start(self.options.threads, self.threads)?).clone()),
        }
    }

    /// What came of it.
    pub(super) fn into_report(self) -> Report {
        let Self { mut report, namesakes, .. } = self;
        report.warnings.extend(namesakes.said());
        report
    }

    /// Reads a stream to its end, and tells of it in the report.
    fn stream(&mut self, opened: Opened, ahead: Option<&Ahead<'_>>) -> Result<(), Error> {
        let Opened { label, sniffed, age, rest, state } = opened;
        self.rest = rest;
        let sniffed = &sniffed;
        let mut file = FileReport {
            file: label.name.clone(),
            format: label.format_name(sniffed).to_owned(),
            rows: 0,
            events: 0,
            aliases: 0,
            profiles: 0,
            rejected: 0,
            dropped: 0,
            reasons: Vec::new(),
            lacks: Lacks::default(),
            skipped: 0,
            bytes: 0,
            timezone: UTC.to_owned(),
            already: false,
            resumed: false,
            incomplete: None,
        };
        let mut reasons = Reasons::default();
        self.namesakes.look(self.writer)?;
        let Label { name, part_of, again, position, .. } = label;
        self.left.take_if(|(file, _)| Some(&*file) != part_of.as_ref());
        self.seen.can_return = again.is_some();
        self.owes = matches!(state, State::Whole(_));
        self.see()?;
        // Others may have added more of it than it had when it was opened.
        self.seen.overtaken = self.seen.can_return && age != self.firsts.age();
        let mut read = match (state, ahead) {
            (State::Begun(begun), Some(ahead)) => {
                self.read_begun(&begun, &position, sniffed, ahead, &mut file, &mut reasons)?
            }
            (State::Begun(_), None) => lost(),
            (State::Whole(_), _) if self.seen.overtaken => Read { place: Place::start(sniffed), end: End::default() },
            (State::Whole(stream), ahead) => self.read(*stream, sniffed, ahead, &mut file, &mut reasons)?,
        };
        // Bytes that this import had added before it compared the stream once more.
        let mut added = 0;
        while self.seen.overtaken
            && let Some(again) = &again
        {
            added += read.place.bytes.saturating_sub(read.place.known);
            read = match again.open() {
                Ok(stream) => self.read(stream, sniffed, ahead, &mut file, &mut reasons)?,
                Err(failure) => {
                    self.seen.overtaken = false;
                    let incomplete = "another import added some of it meanwhile, and it cannot be read again";
                    Read { end: End { failure: Some(failure), incomplete: Some(incomplete.to_owned()) }, ..read }
                }
            };
        }
        if std::mem::take(&mut self.holds) {
            self.writer.commit()?;
        }
        let Read { mut place, end } = read;
        if place.is_begun {
            self.namesakes.note(&name, part_of.as_deref().unwrap_or(&name), place.is_forked);
        }
        self.left = part_of.zip(place.zoning.left().cloned()).or(self.left.take());
        place.known = place.known.saturating_sub(added);
        let End { failure, incomplete } = end;
        self.report.cancelled |= self.options.stop.is_set();
        file.incomplete = match (file.incomplete.take(), incomplete) {
            (Some(within), Some(behind)) => Some(format!("{within}; and {behind}")),
            (within, behind) => within.or(behind),
        };
        file.reasons = reasons.into_sorted();
        file.bytes = place.bytes;
        file.already = place.bytes == place.known && place.known > 0 && !self.report.cancelled;
        file.resumed = place.bytes > place.known && place.known > 0 && !place.is_forked;
        if let Some(id) = place.file {
            if let Some(inferred) = place.zoning.inferred() {
                self.writer.set_timezone(id, &inferred.sentence())?;
                self.report.warnings.extend(place.zoning.misread(&name, &inferred));
            }
            // A stop before anything new says nothing of a file that an earlier run read to its end.
            if !self.report.cancelled || place.bytes > place.known {
                let complete = file.incomplete.is_none() && !self.report.cancelled;
                // A known file mostly stays as it was: no reason to write.
                if place.bytes > place.known || self.writer.file_state(id)?.1 != complete {
                    self.writer.finish_file(id, complete)?;
                }
            }
            file.timezone = self.writer.file_state(id)?.0;
        }
        if sniffed.format == Format::Empty {
            self.report.warnings.push(format!("{name} is empty"));
        }
        if !sniffed.left_out.is_empty() {
            let note = format!("{}: {}", sniffed.why_left_out(), sniffed.left_out.join(", "));
            // Once for all files of one tool.
            if !self.report.warnings.contains(&note) {
                self.report.warnings.push(note);
            }
        }
        self.report.events += file.events;
        self.report.rejected += file.rejected;
        self.report.files.push(file);
        self.report.failures.extend(failure);
        if let Some(ahead) = ahead.filter(|_| self.owes) {
            let mut carried = Carried::new(sniffed, self.options, self.writer.project()?);
            carried.begin_behind(self.left.as_ref().map(|(_, left)| left.clone()));
            // None reads ahead any more behind the last.
            let _ = ahead.passed.send(Passed::added(carried));
        }
        Ok(())
    }

    /// Reads a stream of which chunks are made, from its start to its end or until another import overtakes this one.
    fn read_begun(
        &mut self,
        begun: &Begun,
        position: &Position,
        sniffed: &Sniffed,
        ahead: &Ahead<'_>,
        file: &mut FileReport,
        reasons: &mut Reasons,
    ) -> Result<Read, Error> {
        let mut place = Place::start(sniffed);
        let mut carried = Carried::new(sniffed, self.options, None);
        carried.begin_behind(self.left.as_ref().map(|(_, left)| left.clone()));
        place.zoning = carried.known_clock().map(Zoning::after).unwrap_or_default();
        self.report.cancelled = !self.seen.overtaken && self.tell(position) == Flow::Stop;
        if !self.seen.overtaken && !self.report.cancelled {
            let next = &mut |run: &mut Self| match ahead.next(&mut || run.idle())? {
                Item::Part(part) => Ok(part),
                Item::Stream(..) | Item::Nothing(_) => lost(),
            };
            if let Some(end) = self.write(next, position, &mut place, file, reasons)? {
                return Ok(Read { place, end });
            }
        }
        let end = self.ended(ahead.leave(begun));
        Ok(Read { place, end })
    }

    /// Reads a stream, from its start to its end or until another import overtakes this one.
    fn read(
        &mut self,
        mut stream: Stream,
        sniffed: &Sniffed,
        ahead: Option<&Ahead<'_>>,
        file: &mut FileReport,
        reasons: &mut Reasons,
    ) -> Result<Read, Error> {
        self.see()?;
        let mut parts = Parts {
            chunker: Chunker::new(sniffed, self.options, &stream),
            maker: Maker::new(sniffed, self.options),
            carried: Carried::new(sniffed, self.options, self.writer.project()?),
        };
        let mut place = self.skip_known(&mut stream, sniffed, &mut parts)?;
        self.settle_zone(&mut parts.carried, sniffed, place.file, &stream.name)?;
        // All parts of a file are on one clock.
        parts.carried.begin_behind(self.left.as_ref().map(|(_, left)| left.clone()));
        place.zoning = parts.carried.known_clock().map(Zoning::after).unwrap_or_default();
        if let Some(id) = place.file {
            place.timezone = Some(self.writer.file_state(id)?.0);
            let (pieces, bytes) = self.writer.kept_rejects(id)?;
            parts.carried.keep(Kept { pieces, bytes });
            if pieces > 0 {
                let message = self.writer.kept_reject(id, ending::IN_PLACE)?;
                file.incomplete = message.map(|(line, text)| ending::said_within(line, &text));
            }
            // A store of an earlier version has left nothing but its first chunk.
            if let Some(left) = self.writer.clock(id)?.as_deref().and_then(Known::from_text) {
                parts.carried.go_on(left);
            }
            place.zoning = parts.carried.known_clock().map(Zoning::after).unwrap_or_default();
        }
        let end = if self.report.cancelled || sniffed.format == Format::Empty {
            End::default()
        } else {
            self.append_new(stream, parts, ahead, &mut place, file, reasons)?
        };
        Ok(Read { place, end })
    }

    /// Makes chunks of what is left of the stream in other threads, and writes them here.
    fn append_new(
        &mut self,
        stream: Stream,
        parts: Parts,
        ahead: Option<&Ahead<'_>>,
        place: &mut Place,
        file: &mut FileReport,
        reasons: &mut Reasons,
    ) -> Result<End, Error> {
        let position = stream.position();
        let Parts { chunker, maker, carried } = parts;
        if stream.ended && stream.content().len() <= INLINE {
            let mut packer = self.packer.take();
            let is_whole = stream.content().len() <= self.options.chunk;
            let end = pipeline::alone(stream, chunker, &maker, carried, place.prev, &mut packer, |prepared| {
                // The head of a table without rows makes no store.
                if is_whole && !self.writer.is_made() && prepared.is_empty() {
                    place.bytes += prepared.chunk.bytes;
                    return Ok(true);
                }
                Ok(self.add(prepared, place, file, reasons)? && self.go_on(&position, place, file))
            });
            self.packer = packer;
            return end;
        }
        let name = stream.name.clone();
        let cutting =
            Cutting { stream, chunker, maker: Arc::new(maker), before: Before::known(carried), prev: place.prev };
        let reading = self.makers().and_then(|makers| One::start(cutting, makers, ahead, self.threads));
        let one = reading.map_err(|source| no_thread(&name, source))?;
        let next = &mut |run: &mut Self| one.next(&mut || run.idle());
        let end = match self.write(next, &position, place, file, reasons)? {
            Some(end) => {
                self.owes = false;
                end
            }
            None => self.ended(one.leave()),
        };
        one.end();
        Ok(end)
    }

    /// How a stream ended whose chunks are not all to be written.
    fn ended(&mut self, last: Part) -> End {
        match last {
            Part::End { end, is_read } => {
                self.owes = !is_read;
                end
            }
            Part::Chunk(_) => End::default(),
        }
    }

    /// Writes the chunks that are made of a stream, and gives how it ended; `None` when they are not all to be written.
    fn write(
        &mut self,
        next: &mut dyn FnMut(&mut Self) -> Result<Part, Error>,
        position: &Position,
        place: &mut Place,
        file: &mut FileReport,
        reasons: &mut Reasons,
    ) -> Result<Option<End>, Error> {
        loop {
            let done = match next(self)? {
                Part::End { end, .. } => return Ok(Some(end)),
                Part::Chunk(done) => done,
            };
            let prepared = receive(&done, &mut || self.idle())?.unwrap_or_else(|| lost());
            if !self.add(prepared?, place, file, reasons)? {
                return Ok(None);
            }
            if !self.is_prepared && position.left().is_some_and(|left| left.saturating_add(self.rest) <= END) {
                self.is_prepared = true;
                self.writer.prepare_commit()?;
            }
            if !self.go_on(position, place, file) {
                return Ok(None);
            }
        }
    }

    /// Keeps what was added while no chunk comes.
    fn idle(&mut self) -> Result<(), Error> {
        if self.holds { Ok(()) } else { Ok(self.writer.commit()?) }
    }

    /// Tells how far it is, and hears whether to go on.
    fn go_on(&mut self, position: &Position, place: &Place, file: &FileReport) -> bool {
        let mut done = position.progress(self.report.events + file.events, self.report.rejected + file.rejected);
        // It may have been read to its end before its first rows are stored.
        done.bytes_done = done.bytes_done.min(place.bytes);
        self.report.cancelled = self.hear(&done) == Flow::Stop;
        !self.report.cancelled
    }

    /// Adds a chunk; `false` where another import has overtaken this one.
    fn add(
        &mut self,
        prepared: Prepared,
        place: &mut Place,
        file: &mut FileReport,
        reasons: &mut Reasons,
    ) -> Result<bool, Error> {
        let Prepared { mut chunk, project, records, skipped, timezone, lacks, reasons: found, message, zoning: said } =
            prepared;
        // Another import may have read the same since this one looked.
        if let Some(known) = self.writer.find_chunk(chunk.prev, chunk.hash)? {
            place.file = Some(known);
            place.prev = chunk.hash;
            place.bytes += chunk.bytes;
            place.known += chunk.bytes;
            if let Some((evidence, clock)) = said {
                // What comes next is read by all rows before it.
                place.zoning.add(&evidence, clock);
            }
            if self.writer.waiting_chunks() == 0 {
                // Nothing of ours waits, and the other one may go on.
                self.writer.commit()?;
                self.holds = false;
            }
            return Ok(true);
        }
        if self.is_overtaken(chunk.prev)? {
            return Ok(false);
        }
        let id = if let Some(id) = place.file {
            // The first row on the project's clock, in a file whose times are UTC by the format.
            if place.timezone.as_ref().is_some_and(|before| before == UTC && *before != timezone) {
                self.writer.set_timezone(id, &timezone)?;
            }
            id
        } else {
            place.is_begun = true;
            self.writer.begin_file(&FileInfo {
                name: file.file.clone(),
                format: file.format.clone(),
                vendor: place.vendor.to_owned(),
                timezone: timezone.clone(),
            })?
        };
        place.timezone = Some(timezone);
        if let Some(token) = project {
            self.writer.set_project(&token)?;
        }
        chunk.file = id;
        place.file = Some(id);
        place.prev = chunk.hash;
        place.bytes += chunk.bytes;
        let added = self.writer.add(&chunk)?;
        self.note_added()?;
        // In the transaction of its chunk.
        if let Some((evidence, clock)) = said {
            self.writer.set_clock(id, &place.zoning.add(&evidence, clock))?;
        }
        if chunk.prev == 0 {
            let Chunk { file, hash, bytes, lines, latest, first_line, .. } = chunk;
            self.firsts.add(KnownChunk { file, hash, bytes, lines, latest, first_line });
        }
        let size = self.options.chunk.max(1);
        let bytes = usize::try_from(chunk.bytes).unwrap_or(usize::MAX);
        self.written = self.written.saturating_add(bytes.clamp((size / LEAST).max(1), size));
        if self.written >= self.options.chunks_per_transaction.saturating_mul(size) {
            self.writer.commit()?;
            self.written = 0;
        }
        file.rows += records;
        file.skipped += skipped;
        file.events += added.events;
        file.aliases += added.aliases;
        file.profiles += added.profiles;
        file.rejected += added.rejected;
        file.dropped += chunk.dropped;
        file.lacks += lacks;
        if let Some((line, text)) = message.filter(|_| file.incomplete.is_none()) {
            file.incomplete = Some(ending::said_within(line, &text));
        }
        reasons.add(&found);
        Ok(true)
    }

    fn tell(&mut self, position: &Position) -> Flow {
        self.hear(&position.progress(self.report.events, self.report.rejected))
    }

    /// Tells how far it is, and hears whether to stop; then the threads that read do.
    fn hear(&mut self, progress: &Progress) -> Flow {
        let flow = (self.progress)(progress);
        if flow == Flow::Stop || self.options.stop.is_set() {
            self.options.stop.set();
            return Flow::Stop;
        }
        flow
    }
}

/// That a thread cannot be started to read an input.
fn no_thread(name: &str, source: io::Error) -> Error {
    Error::Read { name: name.to_owned(), after: 0, source }
}
