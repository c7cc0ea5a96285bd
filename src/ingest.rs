//! Files → store: unpacked, recognised, split, decoded, and committed piece by piece.
//!
//! [`import`] reads each input once, from front to back. About [`Options::chunk`] bytes of it
//! make one [`store::Chunk`]. Some chunks, [`CHUNKS_PER_TRANSACTION`] at most, are written in one transaction, so
//! that a run that is killed leaves the store as it was after some whole chunk.
//!
//! # Reading the same again
//! A chunk is known by the hash of its content and of the chunk before it. Before anything is
//! decoded, the store is asked which chunks it has after the last one; what is known is skipped.
//! So the same content stores nothing twice (also under another name, packed or not), a killed
//! run resumes where it stopped, and a file that has grown continues where it ended. A last line
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
//! depend on how many they are. Of several inputs the next is read and made while the chunks of those before
//! are written, unless the store may have some of it. In memory are a chunk for each thread that decodes and one more,
//! and up to sixteen packed ones.

mod ahead;
mod archive;
mod chunker;
mod ending;
mod expand;
mod feed;
mod firsts;
mod foreign;
mod making;
mod marks;
mod namesakes;
mod partition;
mod pipeline;
mod preview;
mod reading;
mod run;
mod sources;
mod tally;
mod unpacking;
mod waiting;
mod zoning;

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use self::run::Run;
use self::sources::Notes;
use crate::formats::{self, Format, Map, Zone};
use crate::model::text::count;
use crate::store::{self, Writer};

pub use self::expand::Input;
pub use self::feed::{Feed, Place};
pub use self::preview::{Preview, PreviewRow, map_for, preview};
pub use self::sources::Sources;
pub use self::waiting::Stop;
pub use crate::model::import::{FileReport, Lacks, Reason};

/// Bytes, unpacked, that make a chunk.
///
/// Smaller chunks need less memory and report progress more often; larger ones make fewer runs
/// (assets/docs/growth.md).
pub const CHUNK: usize = 16 << 20;
/// Chunks of one transaction, at most: a killed run reads these again, two seconds' work. A
/// transaction ends earlier when no chunk comes for a while.
///
/// Each transaction writes most pages of the indexes of ids, so few transactions write less.
pub const CHUNKS_PER_TRANSACTION: usize = 64;
/// This many of the smallest chunks, those of files of a few rows, count as one of
/// [`CHUNKS_PER_TRANSACTION`].
const LEAST: usize = 32;
/// Bytes up to which this thread alone imports a file: to start threads would take longer.
const INLINE: usize = 256 << 10;
/// When fewer bytes than this remain to be read, everything that can be written before the commit is
/// written: ten chunks take that time, and the end of the import needs no wait.
const END: u64 = 160 << 20;
/// Bytes past which a record is cut and rejected instead of being read into memory.
pub const LONGEST_RECORD: usize = 64 << 20;
/// Threads that decode, at most: more would wait for the writing thread.
pub const THREADS: usize = 4;
/// Bytes of a reject that are kept.
pub const REJECT_KEPT: usize = 1 << 20;
/// Rejects of one file that are kept; more are counted.
pub const REJECTS_KEPT: u64 = 10_000;
/// Bytes of the rejects of one file that are kept, with their reasons.
pub const REJECT_BYTES: u64 = 16 << 20;

/// How to import.
#[derive(Clone, Debug)]
pub struct Options {
    /// Zone of the times of raw exports.
    pub zone: Zone,
    /// Bytes that make a chunk.
    pub chunk: usize,
    /// Bytes past which a record is cut and rejected.
    pub longest_record: usize,
    /// Chunks that are written in one transaction.
    pub chunks_per_transaction: usize,
    /// Threads that decode; the store does not depend on it.
    pub threads: usize,
    /// Stops the import as [`Flow::Stop`] does, also while an input sends nothing.
    pub stop: Stop,
    /// What files are, also those that do not say so themselves.
    pub read_as: Option<Format>,
    /// What the columns of the files are, where a person says it.
    pub map: Option<Arc<Map>>,
}

impl Default for Options {
    fn default() -> Self {
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS);
        Self {
            zone: Zone::Infer,
            chunk: CHUNK,
            longest_record: LONGEST_RECORD,
            chunks_per_transaction: CHUNKS_PER_TRANSACTION,
            threads,
            stop: Stop::default(),
            read_as: None,
            map: None,
        }
    }
}

/// How far an import is: reported at the start of each file and after each chunk, known or new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// File being read.
    pub file: String,
    /// Bytes of it read so far, as they lie on disk; no more than those whose rows are stored.
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
    #[error("{}", foreign::reason(source))]
    Foreign {
        /// Why.
        source: store::Error,
    },
    /// A SQLite file does not lie on disk as it is.
    #[error("{name} is a SQLite file inside of something else or from a pipe")]
    PackedSqlite {
        /// The file.
        name: String,
    },
    /// An archive inside of an archive.
    #[error("{name} is an archive inside of an archive")]
    Nested {
        /// The inner one.
        name: String,
    },
    /// A zip archive or a Parquet file that does not lie on disk as it is.
    #[error("{name} is a {what} inside another file or from a pipe, and its list of contents is at its end")]
    ListedAtEnd {
        /// The archive.
        name: String,
        /// What it is.
        what: &'static str,
    },
    /// An archive cannot be read, or not to its end.
    #[error("{name} cannot be read, or not to its end: {source}")]
    Archive {
        /// The archive.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// A member of an archive is not read.
    #[error("{name} is not read: {why}")]
    Member {
        /// The member.
        name: String,
        /// Why.
        why: &'static str,
    },
    /// An archive has no files.
    #[error("{name} is an archive without files")]
    NothingInArchive {
        /// The archive.
        name: String,
    },
    /// A folder holds no data file.
    #[error("{} holds no data files", path.display())]
    NothingIn {
        /// The folder.
        path: PathBuf,
    },
    /// None of several inputs can be read.
    #[error("none of {} files can be read: {}", count(.0.len() as u64), .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    All(Vec<Error>),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Error {
    /// The error of some inputs, of which none can be read; `None` without one.
    fn of_all(mut errors: Vec<Self>) -> Option<Self> {
        let first = errors.pop()?;
        if errors.is_empty() {
            return Some(first);
        }
        errors.push(first);
        Some(Self::All(errors))
    }

    /// What to do about it, as one sentence; `None` where nothing helps.
    pub fn advice(&self) -> Option<&'static str> {
        match self {
            Self::Open { source, .. } | Self::Read { source, .. } if store::error::is_out_of_descriptors(source) => {
                Some(store::error::MORE_DESCRIPTORS)
            }
            // What is wrong says what to do.
            Self::Read { source, .. } | Self::Archive { source, .. }
                if source.kind() == std::io::ErrorKind::Unsupported =>
            {
                None
            }
            Self::Open { .. } => Some("check that the path is right and may be read"),
            Self::Read { .. } | Self::Archive { .. } => {
                Some("get the file again and repeat the import: rows in the store are not stored twice")
            }
            Self::NotRecognised(_) => Some(formats::NotRecognised::advice()),
            Self::Message { .. } => Some("ask for the export again; only rows can be imported"),
            Self::Foreign { source } => foreign::advice(source),
            Self::PackedSqlite { .. } => Some("save it as a file of its own and import that"),
            Self::Nested { .. } => Some("unpack the outer archive and name the inner one"),
            Self::ListedAtEnd { .. } => Some("save it uncompressed, and import the file itself"),
            Self::Member { .. } | Self::NothingInArchive { .. } => None,
            Self::NothingIn { .. } => Some(expand::ADVICE),
            Self::All(errors) => errors.iter().find_map(Self::advice),
            Self::Store(error) => error.advice(),
        }
    }
}

/// Reads `inputs` into the store.
///
/// A file that cannot be read does not keep the others from being read; it is reported in
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
    import_opened(writer, Sources::open(inputs, options)?, progress)
}

/// [`import`], of inputs that were looked at before, with the options of that look.
///
/// # Errors
/// The store cannot be written, or none of the inputs could be read.
pub fn import_opened(
    writer: &mut Writer,
    sources: Sources,
    progress: &mut dyn FnMut(&Progress) -> Flow,
) -> Result<Report, Error> {
    let options = sources.options.clone();
    let mut report = thread::scope(|threads| {
        // However this ends, an input that sends nothing is waited for no longer.
        let _ending = Ending(&options.stop);
        let mut run = Run::new(writer, &options, progress, Report::default(), threads);
        let mut notes = run.all(sources)?;
        let mut report = run.into_report();
        report.cancelled |= options.stop.is_set();
        notes.add(Notes { warnings: report.warnings, failures: report.failures });
        (report.warnings, report.failures) = (notes.warnings, notes.failures);
        Ok::<_, Error>(report)
    })?;
    writer.commit()?;
    if report.files.is_empty()
        && let Some(error) = Error::of_all(std::mem::take(&mut report.failures))
    {
        return Err(error);
    }
    Ok(report)
}

/// Stops the threads of an import at its end.
struct Ending<'a>(&'a Stop);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.set();
    }
}
