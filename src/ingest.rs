//! Files → store: unpacked, recognised, split, decoded, and committed piece by piece.
//!
//! [`import`] reads each input once, from front to back. About [`Options::chunk`] bytes of it
//! make one [`store::Chunk`]. Some chunks, [`TOGETHER`] at most, are written in one transaction, so
//! that a run that is killed leaves the store as it was after some whole chunk.
//!
//! # Reading the same again
//! A chunk is known by the hash of its content and of the chunk before it. Before anything is
//! decoded, the store is asked which chunks it has after the last one; what is known is skipped.
//! So the same content stores nothing twice (also under another name, packed or not), a killed
//! run goes on where it stopped, and a file that has grown goes on where it ended. A last line
//! without an end that cannot be read is a chunk of its own, marked in its hash: should the line
//! be whole next time, it is read again.
//!
//! # Order of arrival
//! A row that does not say when it arrived gets the latest arrival (or time, where that is all a
//! row says) of the rows before it in its file. A line of an alias table without a time counts
//! as arrived before every row: it stands for a mapping that was there.
//!
//! # Cost
//! One thread reads, some decode, sort and pack, the caller's thread writes; the store does not
//! depend on how many they are. In memory are a chunk for each thread that decodes and one more,
//! and up to sixteen packed ones.

mod crew;
mod cutting;
mod ending;
mod expand;
mod foreign;
mod making;
mod reading;
mod tally;
mod zoning;

use std::num::NonZero;
use std::path::PathBuf;
use std::thread;

use self::cutting::{Cutter, Same};
use self::ending::End;
use self::expand::Opened;
use self::making::{Carried, Maker, Prepared};
use self::reading::Stream;
use self::tally::{Kept, Reasons};
use self::zoning::{Known, Zoning};
use crate::formats::infer::clock_of;
use crate::formats::{self, Format, Sniffed, Zone};
use crate::store::{self, FileInfo, KnownChunk, Writer};

pub use self::expand::Input;
pub use self::tally::{Lacks, Reason};

/// Bytes, unpacked, that make a chunk.
///
/// Smaller chunks need less memory and report progress more often; larger ones make fewer runs
/// (assets/docs/growth.md).
pub const CHUNK: usize = 16 << 20;
/// Chunks that are written in one transaction, unless nothing comes for a while: what a killed run
/// may have to read again, two seconds' work.
///
/// Each transaction writes most pages of the indexes of ids, so few transactions write less.
pub const TOGETHER: usize = 64;
/// Bytes on disk that are still to be read when what can be written before the end of a transaction
/// is: the time that ten chunks take, so that nobody waits for it at the end.
const END: u64 = 160 << 20;
/// Bytes past which a record is cut and rejected instead of being read into memory.
pub const LONGEST_RECORD: usize = 64 << 20;
/// Threads that decode, at most: more would wait for the one that writes.
pub const THREADS: usize = 4;
/// Bytes of a reject that are kept.
pub const REJECT_KEPT: usize = 1 << 20;
/// Rejects of one file that are kept; more are counted.
pub const REJECTS_KEPT: u64 = 10_000;
/// Bytes of the rejects of one file that are kept, with their reasons.
pub const REJECT_BYTES: u64 = 16 << 20;

/// How to import.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Zone of the times of raw exports.
    pub zone: Zone,
    /// Bytes that make a chunk.
    pub chunk: usize,
    /// Bytes past which a record is cut and rejected.
    pub longest_record: usize,
    /// Chunks that are written in one transaction.
    pub together: usize,
    /// Threads that decode; the store does not depend on it.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS);
        Self { zone: Zone::Infer, chunk: CHUNK, longest_record: LONGEST_RECORD, together: TOGETHER, threads }
    }
}

/// How far an import is; told at the start of each file and after each chunk, known or new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// File being read.
    pub file: String,
    /// Bytes of it read so far, as they lie on disk.
    pub bytes_done: u64,
    /// Its size on disk, where that is known.
    pub bytes_total: Option<u64>,
    /// Rows stored by this import so far.
    pub rows: u64,
    /// Pieces rejected by this import so far.
    pub rejected: u64,
}

/// What an import is to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Stop after the last chunk that was committed.
    Stop,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    /// Its name, as it is kept as the source of its rows.
    pub file: String,
    /// Its format by name.
    pub format: String,
    /// Records read, without those that were known.
    pub rows: u64,
    /// Events stored.
    pub events: u64,
    /// Alias calls stored, those of `$create_alias` rows among them.
    pub aliases: u64,
    /// Profile updates stored.
    pub profiles: u64,
    /// Pieces that could not be read.
    pub rejected: u64,
    /// How many of them are counted and not kept ([`REJECTS_KEPT`], [`REJECT_BYTES`]).
    pub dropped: u64,
    /// Why they could not be read, the most frequent reason first.
    pub reasons: Vec<Reason>,
    /// What the rows lack.
    pub lacks: Lacks,
    /// Requests without rows, such as `/decide`.
    pub skipped: u64,
    /// Bytes of the file, unpacked, known ones among them.
    pub bytes: u64,
    /// Zone that its times were read in, and how that is known.
    pub timezone: String,
    /// Nothing in it was new.
    pub already: bool,
    /// Part of it was known, and the rest is new.
    pub resumed: bool,
    /// What says that rows of it are missing, as a sentence without an end.
    pub incomplete: Option<String>,
}

impl FileReport {
    /// Whether anything in it could be read, now or before.
    pub fn is_read(&self) -> bool {
        self.already || self.resumed || self.rows > self.rejected || self.skipped > 0
    }
}

/// What an import did.
#[derive(Debug, Default)]
pub struct Report {
    /// The files, in the order read.
    pub files: Vec<FileReport>,
    /// Events stored.
    pub events: u64,
    /// Pieces that could not be read.
    pub rejected: u64,
    /// Whether it was stopped by [`Flow::Stop`].
    pub cancelled: bool,
    /// What a person should know, as sentences.
    pub warnings: Vec<String>,
    /// Files that could not be read, or not to their end, while others could. What was read of
    /// them is stored.
    pub failures: Vec<Error>,
}

/// Why an import cannot go on, or a file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be opened.
    #[error("{} cannot be opened: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file ended in an error; what came before is stored.
    #[error("{name} could be read for {after} bytes (unpacked) only: {source}")]
    Read {
        /// The file.
        name: String,
        /// Bytes before the error, unpacked.
        after: u64,
        /// Why.
        source: std::io::Error,
    },
    /// A file is in no known format.
    #[error(transparent)]
    NotRecognised(#[from] formats::NotRecognised),
    /// A file is what a server says in place of data.
    #[error("{name} holds no rows, it is {what}: \"{said}\"")]
    Message {
        /// The file.
        name: String,
        /// What it is.
        what: &'static str,
        /// What it says, in part.
        said: String,
    },
    /// A SQLite file that is to be imported cannot be read.
    #[error("{}", foreign::told(source))]
    Foreign {
        /// Why.
        source: store::Error,
    },
    /// A SQLite file does not lie on disk as it is.
    #[error("{name} is a SQLite file inside of something else")]
    PackedSqlite {
        /// The file.
        name: String,
    },
    /// A folder holds no data file.
    #[error("{} holds no data files", path.display())]
    NothingIn {
        /// The folder.
        path: PathBuf,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    /// What to do about it, as one sentence; `None` where nothing helps.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Open { .. } => Some("check that the path is right and may be read"),
            Self::Read { .. } => Some("get the file again and repeat the import: what is stored is not stored twice"),
            Self::NotRecognised(_) => Some(formats::NotRecognised::ADVICE),
            Self::Message { .. } => Some("ask for the export again; only rows can be imported"),
            Self::Foreign { source } => foreign::advice(source),
            Self::PackedSqlite { .. } => Some("unpack it and name the file itself"),
            Self::NothingIn { .. } => Some(expand::ADVICE),
            Self::Store(error) => error.advice(),
        }
    }
}

/// Reads `inputs` into the store.
///
/// A file that cannot be read does not keep the others from being read; it is told in
/// [`Report::failures`].
///
/// # Errors
/// The store cannot be written, an input is not there, or none of the inputs could be read.
/// Chunks that were committed before stay.
pub fn import(
    writer: &mut Writer,
    inputs: Vec<Input>,
    options: &Options,
    progress: &mut dyn FnMut(&Progress) -> Flow,
) -> Result<Report, Error> {
    let mut report = Report::default();
    let sources = expand::expand(inputs, &mut report.warnings)?;
    let mut run = Run { writer, options, progress, report };
    for source in sources {
        let in_folder = source.in_folder;
        let streams = source.open().and_then(|opened| match opened {
            Opened::Stream(stream, sniffed) => Ok(vec![(stream, sniffed)]),
            Opened::Sqlite { path, name } => foreign::streams(&path, &name),
        });
        match streams {
            Ok(streams) => {
                for (stream, sniffed) in streams {
                    if !run.report.cancelled {
                        run.stream(stream, &sniffed)?;
                    }
                }
            }
            Err(reason @ (Error::NotRecognised(_) | Error::Foreign { source: store::Error::NotImportable { .. } }))
                if in_folder =>
            {
                run.report.warnings.push(format!("passed over: {reason}"));
            }
            Err(error) => run.report.failures.push(error),
        }
        if run.report.cancelled {
            break;
        }
    }
    let mut report = run.report;
    writer.commit()?;
    if report.files.is_empty() && !report.failures.is_empty() {
        return Err(report.failures.remove(0));
    }
    Ok(report)
}

/// One import at work.
struct Run<'a> {
    writer: &'a mut Writer,
    options: &'a Options,
    progress: &'a mut dyn FnMut(&Progress) -> Flow,
    report: Report,
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
}

/// What makes chunks of one stream.
struct Parts {
    cutter: Cutter,
    maker: Maker,
    carried: Carried,
}

impl Run<'_> {
    fn stream(&mut self, mut stream: Stream, sniffed: &Sniffed) -> Result<(), Error> {
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
            timezone: "UTC".to_owned(),
            already: false,
            resumed: false,
            incomplete: None,
        };
        let mut reasons = Reasons::default();
        let mut parts = Parts {
            cutter: Cutter::new(sniffed, self.options),
            maker: Maker::new(sniffed, self.options),
            carried: Carried::new(sniffed, self.options, self.writer.project()?),
        };
        let mut place = self.skip_known(&mut stream, &mut parts)?;
        self.settle_zone(&mut parts.carried, sniffed, place.file, &stream.name)?;
        if let Some(id) = place.file {
            let (pieces, bytes) = self.writer.kept_rejects(id)?;
            parts.carried.keep(Kept { pieces, bytes });
        }

        let name = stream.name.clone();
        let mut zoning = Zoning::default();
        if let Some(id) = place.file {
            // A store of an earlier version has left nothing but its first chunk.
            if let Some(left) = self.writer.clock(id)?.as_deref().and_then(Known::from_text) {
                parts.carried.go_on(left);
            }
            zoning = parts.carried.known_clock().map(Zoning::after).unwrap_or_default();
        }
        let end = if self.report.cancelled {
            End::default()
        } else {
            self.append_new(stream, parts, &mut place, &mut file, &mut reasons, &mut zoning)?
        };
        let End { failure, incomplete } = end;
        file.incomplete = incomplete;
        file.reasons = reasons.into_sorted();
        file.bytes = place.bytes;
        file.already = place.bytes == place.known && place.known > 0 && !self.report.cancelled;
        file.resumed = place.bytes > place.known && place.known > 0;
        if let Some(id) = place.file {
            if let Some(inferred) = zoning.inferred() {
                self.writer.set_timezone(id, &inferred.sentence())?;
                self.report.warnings.extend(zoning.misread(&name, &inferred));
            }
            // A stop before anything new says nothing of a file that an earlier run read to its end.
            if !self.report.cancelled || place.bytes > place.known {
                self.writer.finish_file(id, file.incomplete.is_none() && !self.report.cancelled)?;
            }
            file.timezone = self.writer.file_totals(id)?.timezone;
        }
        if sniffed.format == Format::Empty {
            self.report.warnings.push(format!("{name} is empty"));
        }
        self.report.events += file.events;
        self.report.rejected += file.rejected;
        self.report.files.push(file);
        self.report.failures.extend(failure);
        Ok(())
    }

    /// Passes over the chunks that the store has.
    fn skip_known(&mut self, stream: &mut Stream, parts: &mut Parts) -> Result<Place, Error> {
        let mut place = Place { prev: 0, file: None, bytes: 0, known: 0 };
        loop {
            if self.tell(stream) == Flow::Stop {
                self.report.cancelled = true;
                return Ok(place);
            }
            let candidates = self.writer.chunks_after(place.prev)?;
            let mut next: Option<KnownChunk> = None;
            // A chunk that the file goes on with elsewhere: this is another file with the same start.
            let mut other_way = false;
            for known in candidates {
                match parts.cutter.compare(stream, place.prev, &known) {
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
                }
                return Ok(place);
            };
            if parts.carried.wants_zone() {
                let piece = parts.cutter.known_piece(stream, place.prev, &known);
                parts.carried.infer(&parts.maker.decode(&piece));
            }
            parts.cutter.pass_over(stream, place.prev, &known);
            parts.carried.pass_over(&known);
            place.prev = known.hash;
            place.file = Some(known.file);
            place.bytes += known.bytes;
            place.known += known.bytes;
        }
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
        let Some(file) = file.filter(|_| sniffed.format == Format::Export) else { return Ok(()) };
        let before = self.writer.file_totals(file)?.timezone;
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
        let told = stream.told();
        let Parts { cutter, maker, carried } = parts;
        let mut prepared_commit = false;
        crew::run(stream, cutter, &maker, carried, place.prev, self.options.threads, |prepared| {
            let Some(prepared) = prepared else {
                self.writer.commit()?;
                return Ok(true);
            };
            self.add(prepared, place, file, reasons, zoning)?;
            if !prepared_commit && told.left().is_some_and(|left| left <= END) {
                prepared_commit = true;
                self.writer.prepare_commit()?;
            }
            let done = told.progress(self.report.events + file.events, self.report.rejected + file.rejected);
            self.report.cancelled = (self.progress)(&done) == Flow::Stop;
            Ok(!self.report.cancelled)
        })
    }

    fn add(
        &mut self,
        prepared: Prepared,
        place: &mut Place,
        file: &mut FileReport,
        reasons: &mut Reasons,
        zoning: &mut Zoning,
    ) -> Result<(), Error> {
        let Prepared { mut chunk, project, records, skipped, timezone, lacks, reasons: found, zoning: said } = prepared;
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
            }
            return Ok(());
        }
        let id = match place.file {
            Some(id) => id,
            None => {
                self.writer.begin_file(&FileInfo { name: file.file.clone(), format: file.format.clone(), timezone })?
            }
        };
        if let Some(token) = project {
            self.writer.set_project(&token)?;
        }
        chunk.file = id;
        place.file = Some(id);
        place.prev = chunk.hash;
        place.bytes += chunk.bytes;
        let added = self.writer.add(&chunk)?;
        if self.writer.waiting_chunks() >= self.options.together {
            self.writer.commit()?;
        }
        if let Some((evidence, clock)) = said {
            self.writer.set_clock(id, &zoning.add(&evidence, clock))?;
        }
        file.rows += records;
        file.skipped += skipped;
        file.events += added.events;
        file.aliases += added.aliases;
        file.profiles += added.profiles;
        file.rejected += added.rejected;
        file.dropped += chunk.dropped;
        file.lacks += lacks;
        reasons.add(&found);
        Ok(())
    }

    fn tell(&mut self, stream: &Stream) -> Flow {
        (self.progress)(&stream.told().progress(self.report.events, self.report.rejected))
    }
}
