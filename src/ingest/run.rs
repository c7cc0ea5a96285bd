//! One import at work: file by file, what is known is passed over and the rest becomes chunks.

use super::chunker::{Chunker, Same};
use super::ending::{self, End};
use super::firsts::Firsts;
use super::making::{self, Carried, Maker, Prepared};
use super::namesakes::Namesakes;
use super::pipeline::Spares;
use super::reading::Stream;
use super::tally::{Kept, Reasons};
use super::zoning::{Known, Zoning};
use super::{END, Error, FileReport, Flow, INLINE, LEAST, Options, Progress, Report, pipeline};
use crate::formats::infer::clock_of;
use crate::formats::{Clock, Format, Layout, Sniffed, Zone};
use crate::model::import::Lacks;
use crate::store::{self, Chunk, FileInfo, KnownChunk, Packer, Writer};

/// One import at work.
pub(super) struct Run<'a> {
    pub(super) writer: &'a mut Writer,
    options: &'a Options,
    progress: &'a mut dyn FnMut(&Progress) -> Flow,
    pub(super) report: Report,
    /// First chunks of files, once they are asked for.
    firsts: Option<Firsts>,
    /// The last chunk that is considered there.
    firsts_until: i64,
    packer: Option<Packer>,
    spares: Spares,
    /// Bytes in the open transaction, a chunk counting as [`LEAST`] of one at least.
    written: usize,
    seen: Seen,
    /// The file of which the last stream was one part, and what is known of its clock.
    left: Option<(String, Known)>,
    /// No one else may write until the first chunk is added after an import was overtaken.
    holds: bool,
    namesakes: Namesakes,
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
    zoning: Zoning,
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
}

/// What makes chunks of one stream.
struct Parts {
    chunker: Chunker,
    maker: Maker,
    carried: Carried,
    vendor: &'static str,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        writer: &'a mut Writer,
        options: &'a Options,
        progress: &'a mut dyn FnMut(&Progress) -> Flow,
        report: Report,
    ) -> Self {
        Self {
            writer,
            options,
            progress,
            report,
            firsts: None,
            firsts_until: 0,
            packer: None,
            spares: Spares::default(),
            written: 0,
            seen: Seen::default(),
            left: None,
            holds: false,
            namesakes: Namesakes::default(),
        }
    }

    /// What came of it.
    pub(super) fn into_report(self) -> Report {
        let Self { mut report, namesakes, .. } = self;
        report.warnings.extend(namesakes.said());
        report
    }

    /// Reads a stream to its end, and tells of it in the report.
    pub(super) fn stream(&mut self, stream: Stream, sniffed: &Sniffed) -> Result<(), Error> {
        let mut file = FileReport {
            file: stream.name.clone(),
            format: stream.format_name(sniffed).to_owned(),
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
        let name = stream.name.clone();
        let part_of = stream.part_of().map(str::to_owned);
        self.left.take_if(|(file, _)| Some(&*file) != part_of.as_ref());
        let again = stream.again();
        self.seen.can_return = again.is_some();
        let mut read = self.read(stream, sniffed, &mut file, &mut reasons)?;
        // Bytes that this import had added before it compared the stream once more.
        let mut added = 0;
        while self.seen.overtaken
            && let Some(again) = &again
        {
            added += read.place.bytes.saturating_sub(read.place.known);
            read = match again.open() {
                Ok(stream) => self.read(stream, sniffed, &mut file, &mut reasons)?,
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
        let Read { mut place, zoning, end } = read;
        if place.is_begun {
            self.namesakes.note(&name, part_of.as_deref().unwrap_or(&name), place.is_forked);
        }
        self.left = part_of.zip(zoning.left().cloned()).or(self.left.take());
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
            if let Some(inferred) = zoning.inferred() {
                self.writer.set_timezone(id, &inferred.sentence())?;
                self.report.warnings.extend(zoning.misread(&name, &inferred));
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
        Ok(())
    }

    /// Reads a stream, from its start to its end or until another import overtakes this one.
    fn read(
        &mut self,
        mut stream: Stream,
        sniffed: &Sniffed,
        file: &mut FileReport,
        reasons: &mut Reasons,
    ) -> Result<Read, Error> {
        self.see()?;
        stream.take_room(|| self.spares.buffer());
        let mut parts = Parts {
            chunker: Chunker::new(sniffed, self.options),
            maker: Maker::new(sniffed, self.options),
            carried: Carried::new(sniffed, self.options, self.writer.project()?),
            vendor: sniffed.vendor(),
        };
        let mut place = self.skip_known(&mut stream, &mut parts)?;
        self.settle_zone(&mut parts.carried, sniffed, place.file, &stream.name)?;
        // All parts of a file are on one clock.
        if let Some((_, left)) = &self.left {
            parts.carried.begin_after(left);
        }
        let mut zoning = parts.carried.known_clock().map(Zoning::after).unwrap_or_default();
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
            zoning = parts.carried.known_clock().map(Zoning::after).unwrap_or_default();
        }
        let end = if self.report.cancelled || sniffed.format == Format::Empty {
            End::default()
        } else {
            self.append_new(stream, parts, &mut place, file, reasons, &mut zoning)?
        };
        Ok(Read { place, zoning, end })
    }

    /// Notes what of the store a stream is compared with.
    fn see(&mut self) -> Result<(), Error> {
        let last = self.writer.last_chunk()?;
        if let Some(firsts) = &mut self.firsts
            && (self.seen.others || last != self.seen.now)
        {
            for chunk in self.writer.chunks_after_since(0, self.firsts_until)? {
                firsts.add(chunk);
            }
        }
        self.firsts_until = last;
        self.seen = Seen { then: last, now: last, others: false, overtaken: false, ..self.seen };
        Ok(())
    }

    /// Whether another import has added what the stream may go on with behind `prev` since it was
    /// compared with the store: a part of what comes next, or more of it. Asked under the lock.
    fn is_overtaken(&mut self, prev: u64) -> Result<bool, Error> {
        let last = self.writer.last_chunk()?;
        self.seen.others |= last != self.seen.now;
        self.seen.overtaken = self.seen.others
            && self.seen.can_return
            && !self.writer.chunks_after_since(prev, self.seen.then)?.is_empty();
        self.holds = self.seen.overtaken;
        Ok(self.seen.overtaken)
    }

    /// Notes that a chunk was added.
    fn note_added(&mut self) -> Result<(), Error> {
        self.seen.now = self.writer.last_chunk()?;
        if !self.seen.others {
            self.firsts_until = self.seen.now;
        }
        Ok(())
    }

    /// Passes over the chunks that the store has.
    fn skip_known(&mut self, stream: &mut Stream, parts: &mut Parts) -> Result<Place, Error> {
        let mut place = Place {
            prev: 0,
            file: None,
            bytes: 0,
            known: 0,
            vendor: parts.vendor,
            timezone: None,
            is_forked: false,
            is_begun: false,
        };
        loop {
            if self.tell(stream) == Flow::Stop {
                self.report.cancelled = true;
                return Ok(place);
            }
            let candidates = if place.prev == 0 {
                self.first_chunks(stream, parts.chunker.layout())?
            } else {
                self.writer.chunks_after(place.prev)?
            };
            let mut next: Option<KnownChunk> = None;
            // A chunk that the file goes on with elsewhere: this is another file with the same start.
            let mut other_way = false;
            for known in candidates {
                match parts.chunker.compare(stream, place.prev, &known) {
                    Same::Yes if next.as_ref().is_none_or(|best| best.bytes < known.bytes) => {
                        next = Some(known);
                    }
                    Same::Yes | Same::UpToItsCutEnd => {}
                    Same::No => other_way |= Some(known.file) == place.file,
                }
            }
            let Some(known) = next else {
                if other_way {
                    place.file = None;
                    place.is_forked = true;
                }
                return Ok(place);
            };
            if parts.carried.wants_zone() {
                let piece = parts.chunker.known_piece(stream, place.prev, &known);
                parts.carried.infer(&parts.maker.decode(&piece));
            }
            parts.chunker.pass_over(stream, place.prev, &known);
            parts.carried.pass_over(&known);
            place.prev = known.hash;
            place.file = Some(known.file);
            place.bytes += known.bytes;
            place.known += known.bytes;
        }
    }

    /// The chunks of the store that the stream may begin with.
    fn first_chunks(&mut self, stream: &mut Stream, layout: Layout) -> Result<Vec<KnownChunk>, Error> {
        let firsts = match &mut self.firsts {
            Some(firsts) => firsts,
            None => self.firsts.insert(Firsts::of(self.writer.chunks_after(0)?)),
        };
        stream.fill(firsts.longest().saturating_add(1));
        Ok(firsts.candidates(stream.content(), layout))
    }

    /// Takes the zone that a known part was read in, where none was asked for, and says so where
    /// another one was.
    fn settle_zone(
        &mut self,
        carried: &mut Carried,
        sniffed: &Sniffed,
        file: Option<store::FileId>,
        name: &str,
    ) -> Result<(), Error> {
        let Some(file) = file else { return Ok(()) };
        let (before, _) = self.writer.file_state(file)?;
        if sniffed.clock() == Clock::Utc {
            if before == UTC {
                return Ok(());
            }
            carried.note_clock();
        }
        if self.options.zone == Zone::Infer {
            if let Some(given) = before.strip_suffix(making::GIVEN)
                && let Ok(zone) = Zone::parse(given.trim())
            {
                carried.give_zone(zone);
            }
        } else if clock_of(&before) != self.options.zone.name() {
            self.report.warnings.push(format!(
                "{name} was imported before with its times in {before}; the rows stored then keep that. To read them \
                 in {}, import into a new store",
                self.options.zone.name()
            ));
        }
        Ok(())
    }

    /// Makes chunks of what is left of the stream in other threads, and writes them here.
    fn append_new(
        &mut self,
        stream: Stream,
        parts: Parts,
        place: &mut Place,
        file: &mut FileReport,
        reasons: &mut Reasons,
        zoning: &mut Zoning,
    ) -> Result<End, Error> {
        let position = stream.position();
        let Parts { chunker, maker, carried, vendor: _ } = parts;
        let mut prepared_commit = false;
        if stream.ended && stream.content().len() <= INLINE {
            let mut packer = self.packer.take();
            let is_whole = stream.content().len() <= self.options.chunk;
            let end = pipeline::alone(stream, chunker, &maker, carried, place.prev, &mut packer, |prepared| {
                // The head of a table without rows makes no store.
                if is_whole && !self.writer.is_made() && prepared.is_empty() {
                    place.bytes += prepared.chunk.bytes;
                    return Ok(true);
                }
                if !self.add(prepared, place, file, reasons, zoning)? {
                    return Ok(false);
                }
                let done = position.progress(self.report.events + file.events, self.report.rejected + file.rejected);
                self.report.cancelled = self.hear(&done) == Flow::Stop;
                Ok(!self.report.cancelled)
            });
            self.packer = packer;
            return end;
        }
        let spares = std::mem::take(&mut self.spares);
        let end =
            pipeline::run(stream, chunker, (&maker, self.options.threads), carried, place.prev, &spares, |prepared| {
                let Some(prepared) = prepared else {
                    if !self.holds {
                        self.writer.commit()?;
                    }
                    return Ok(true);
                };
                if !self.add(prepared, place, file, reasons, zoning)? {
                    return Ok(false);
                }
                if !prepared_commit && position.left().is_some_and(|left| left <= END) {
                    prepared_commit = true;
                    self.writer.prepare_commit()?;
                }
                let done = position.progress(self.report.events + file.events, self.report.rejected + file.rejected);
                self.report.cancelled = self.hear(&done) == Flow::Stop;
                Ok(!self.report.cancelled)
            });
        self.spares = spares;
        end
    }

    /// Adds a chunk; `false` where another import has overtaken this one.
    fn add(
        &mut self,
        prepared: Prepared,
        place: &mut Place,
        file: &mut FileReport,
        reasons: &mut Reasons,
        zoning: &mut Zoning,
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
                zoning.add(&evidence, clock);
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
        let id = match place.file {
            Some(id) => {
                // The first row on the project's clock, in a file whose times are UTC by the format.
                if place.timezone.as_ref().is_some_and(|before| before == UTC && *before != timezone) {
                    self.writer.set_timezone(id, &timezone)?;
                }
                id
            }
            None => {
                place.is_begun = true;
                self.writer.begin_file(&FileInfo {
                    name: file.file.clone(),
                    format: file.format.clone(),
                    vendor: place.vendor.to_owned(),
                    timezone: timezone.clone(),
                })?
            }
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
            self.writer.set_clock(id, &zoning.add(&evidence, clock))?;
        }
        if let (Some(firsts), 0) = (&mut self.firsts, chunk.prev) {
            let Chunk { file, hash, bytes, lines, latest, first_line, .. } = chunk;
            firsts.add(KnownChunk { file, hash, bytes, lines, latest, first_line });
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

    fn tell(&mut self, stream: &Stream) -> Flow {
        self.hear(&stream.position().progress(self.report.events, self.report.rejected))
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
