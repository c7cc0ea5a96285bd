//! The inputs of an import, looked at one after the other.
//!
//! They are opened before the store is, up to the first that can be read: what holds nothing makes
//! no store.

use std::collections::VecDeque;

use super::archive::{Archive, Kind, Member};
use super::expand::{self, Input, Opened, Source};
use super::foreign::{self, Tables};
use super::reading::Stream;
use super::{Error, Options};
use crate::formats::{Format, Sniffed};
use crate::store;

/// Members of one archive that are named when they are passed over.
const NAMED: u64 = 5;

/// Inputs whose size is asked for each time when one is taken.
const LOOKED_AT: usize = 64;

/// Files and tables to read, the first of them open.
pub struct Sources {
    ready: Option<Vec<(Stream, Sniffed)>>,
    rest: VecDeque<Source>,
    /// The archive whose members come before the rest.
    archive: Option<Opening>,
    /// Those of the import; their stop is its own.
    pub(super) options: Options,
    pub(super) notes: Notes,
}

/// What there is to say of inputs that are not read, or not whole.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub(super) warnings: Vec<String>,
    pub(super) failures: Vec<Error>,
}

impl Notes {
    /// Adds what came behind.
    pub(super) fn add(&mut self, mut others: Self) {
        self.warnings.append(&mut others.warnings);
        self.failures.append(&mut others.failures);
    }
}

/// An archive whose members are opened.
struct Opening {
    archive: Archive,
    /// It was found in a folder, not named itself.
    in_folder: bool,
    /// Members that hold nothing to read.
    passed_over: u64,
    /// What the last row group of a Parquet file is.
    sniffed: Option<Sniffed>,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").field("left", &self.rest.len()).finish_non_exhaustive()
    }
}

impl Sources {
    /// Opens the first of the inputs that can be read.
    ///
    /// # Errors
    /// An input is not there, or none can be read.
    pub fn open(inputs: Vec<Input>, options: &Options) -> Result<Self, Error> {
        let mut warnings = Vec::new();
        let options = Options { stop: options.stop.below(), ..options.clone() };
        let rest = expand::expand(inputs, &options.stop, &mut warnings)?.into();
        let notes = Notes { warnings, failures: Vec::new() };
        let mut sources = Self { ready: None, rest, archive: None, options, notes };
        let mut first_refused = None;
        sources.ready = sources.next(&mut first_refused);
        match sources.ready {
            Some(_) => Ok(sources),
            None => match Error::of_all(std::mem::take(&mut sources.notes.failures)).or(first_refused) {
                Some(reason) => Err(reason),
                None => Ok(sources),
            },
        }
    }

    /// Whether there is one stream at most.
    pub(super) fn is_one(&self) -> bool {
        self.ready.as_ref().is_none_or(|streams| streams.len() == 1) && self.rest.is_empty() && self.archive.is_none()
    }

    /// Name of the first stream.
    pub(super) fn first_name(&self) -> String {
        self.ready.iter().flatten().next().map(|(stream, _)| stream.name.clone()).unwrap_or_default()
    }

    /// Bytes on disk of the inputs behind the one that was taken last; as good as without end where that is unknown
    /// or much.
    pub(super) fn rest(&self) -> u64 {
        // What is left of a Parquet file its parts say.
        let is_open = self.archive.as_ref().is_some_and(|opening| opening.archive.kind != Kind::Parquet);
        if self.ready.is_some() || is_open || self.rest.len() > LOOKED_AT {
            return u64::MAX;
        }
        self.rest.iter().map(|source| source.size().unwrap_or(u64::MAX)).fold(0, u64::saturating_add)
    }

    /// The tables of the next input that can be read.
    pub(super) fn take(&mut self) -> Option<Vec<(Stream, Sniffed)>> {
        let ready = self.ready.take();
        ready.or_else(|| self.next(&mut None))
    }

    fn next(&mut self, first_refused: &mut Option<Error>) -> Option<Vec<(Stream, Sniffed)>> {
        loop {
            if self.options.stop.is_set() {
                return None;
            }
            let source = if self.archive.is_some() { self.member() } else { self.rest.pop_front().map(Ok) };
            let source = match source {
                Some(Ok(source)) => source,
                Some(Err(error)) => {
                    self.notes.failures.push(error);
                    continue;
                }
                None if self.archive.is_some() => {
                    self.close();
                    continue;
                }
                None => return None,
            };
            let kind = self.archive.as_ref().map(|opening| opening.archive.kind);
            let in_folder = source.in_folder;
            // All row groups of a Parquet file have the same columns, though one may have nothing in some.
            let before = self.archive.as_ref().and_then(|opening| opening.sniffed.as_ref());
            let opened = source.open(&self.options, before).and_then(|opened| match opened {
                Opened::Stream(mut stream, mut sniffed) => {
                    if let Some(opening) = self.archive.as_mut().filter(|_| kind == Some(Kind::Parquet)) {
                        sniffed.name = sniffed.name.replace("JSON Lines", "Parquet");
                        *stream = stream.one_of(&opening.archive.name);
                        if sniffed.format != Format::Empty {
                            opening.sniffed = Some(sniffed.clone());
                        }
                    }
                    Ok(Some(vec![(*stream, sniffed)]))
                }
                Opened::Sqlite { path, name } => {
                    let Tables { streams, notes } = foreign::tables(&path, &name, &self.options)?;
                    self.notes.warnings.extend(notes);
                    Ok(Some(streams))
                }
                Opened::Archive(archive) => {
                    self.archive = Some(Opening { archive, in_folder, passed_over: 0, sniffed: None });
                    Ok(None)
                }
            });
            if self.options.stop.is_set() {
                return None;
            }
            match opened {
                Ok(Some(streams)) => return Some(streams),
                Ok(None) => {}
                Err(
                    reason @ (Error::NotRecognised(_) | Error::Foreign { source: store::Error::NotImportable { .. } }),
                ) if in_folder => {
                    self.pass_over(&reason);
                    first_refused.get_or_insert(reason);
                    self.leave_columns(kind);
                }
                Err(error) => {
                    self.notes.failures.push(error);
                    self.leave_columns(kind);
                }
            }
        }
    }

    /// The next member of the open archive; `None` behind its last.
    fn member(&mut self) -> Option<Result<Source, Error>> {
        let Opening { archive, in_folder, .. } = self.archive.as_mut()?;
        // A Parquet file is no folder: what is wrong with its rows is wrong with the file that was named.
        let is_found = *in_folder || archive.kind != Kind::Parquet;
        loop {
            let Member { name, content } = match archive.next()? {
                Ok(member) => member,
                Err(source) => return Some(Err(Error::Archive { name: archive.name.clone(), source })),
            };
            // As in a folder; what macOS packs next to each file is none of its content.
            if name.split('/').any(|part| part.starts_with('.') && part != "." && part != ".." || part == "__MACOSX") {
                continue;
            }
            let name = if name.is_empty() { archive.name.clone() } else { format!("{}:{name}", archive.name) };
            return Some(match content {
                Ok(content) => Ok(Source::member(name, content, is_found)),
                Err(why) => Err(Error::Member { name, why }),
            });
        }
    }

    /// Ends an open Parquet file: all of its row groups have the same columns.
    fn leave_columns(&mut self, kind: Option<Kind>) {
        if kind == Some(Kind::Parquet) {
            self.archive = None;
        }
    }

    /// Ends the open archive.
    fn close(&mut self) {
        let Some(Opening { archive, in_folder, passed_over, .. }) = self.archive.take() else { return };
        if passed_over > NAMED {
            self.notes.warnings.push(format!("passed over: {} more files in {}", passed_over - NAMED, archive.name));
        }
        if archive.members() == 0 && !self.options.stop.is_set() {
            let error = Error::NothingInArchive { name: archive.name };
            if in_folder {
                self.notes.warnings.push(format!("passed over: {error}"));
            } else {
                self.notes.failures.push(error);
            }
        }
    }

    /// Notes a file that holds nothing to read.
    fn pass_over(&mut self, reason: &Error) {
        if let Some(Opening { passed_over, .. }) = &mut self.archive {
            *passed_over += 1;
            if *passed_over > NAMED {
                return;
            }
        }
        self.notes.warnings.push(format!("passed over: {reason}"));
    }
}
