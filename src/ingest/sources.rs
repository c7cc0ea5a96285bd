//! The inputs of an import, looked at one after the other.
//!
//! They are opened before the store is, up to the first that can be read: what holds nothing makes
//! no store.

use std::vec;

use super::expand::{self, Input, Opened, Source};
use super::foreign::{self, Tables};
use super::reading::Stream;
use super::{Error, Options};
use crate::formats::Sniffed;
use crate::store;

/// Files and tables to read, the first of them open.
pub struct Sources {
    ready: Option<Vec<(Stream, Sniffed)>>,
    rest: vec::IntoIter<Source>,
    /// Those of the import; their stop is its own.
    pub(super) options: Options,
    pub(super) warnings: Vec<String>,
    pub(super) failures: Vec<Error>,
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
        let rest = expand::expand(inputs, &options.stop, &mut warnings)?.into_iter();
        let mut sources = Self { ready: None, rest, options, warnings, failures: Vec::new() };
        let mut first_refused = None;
        sources.ready = sources.next(&mut first_refused);
        match sources.ready {
            Some(_) => Ok(sources),
            None => match Error::of_all(std::mem::take(&mut sources.failures)).or(first_refused) {
                Some(reason) => Err(reason),
                None => Ok(sources),
            },
        }
    }

    /// The tables of the next input that can be read.
    pub(super) fn take(&mut self) -> Option<Vec<(Stream, Sniffed)>> {
        let ready = self.ready.take();
        ready.or_else(|| self.next(&mut None))
    }

    fn next(&mut self, first_refused: &mut Option<Error>) -> Option<Vec<(Stream, Sniffed)>> {
        loop {
            let source = self.rest.next().filter(|_| !self.options.stop.is_set())?;
            let in_folder = source.in_folder;
            let opened = source.open(&self.options).and_then(|opened| match opened {
                Opened::Stream(stream, sniffed) => Ok(vec![(*stream, sniffed)]),
                Opened::Sqlite { path, name } => {
                    let Tables { streams, notes } = foreign::tables(&path, &name, &self.options)?;
                    self.warnings.extend(notes);
                    Ok(streams)
                }
            });
            if self.options.stop.is_set() {
                return None;
            }
            match opened {
                Ok(streams) => return Some(streams),
                Err(
                    reason @ (Error::NotRecognised(_) | Error::Foreign { source: store::Error::NotImportable { .. } }),
                ) if in_folder => {
                    self.warnings.push(format!("passed over: {reason}"));
                    first_refused.get_or_insert(reason);
                }
                Err(error) => self.failures.push(error),
            }
        }
    }
}
