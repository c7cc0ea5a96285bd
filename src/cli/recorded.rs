//! Saving what `journey listen` has received: as recorded requests, which an import reads, and as a scenario,
//! which the player plays.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::inspect::Source;
use crate::output::{self, Kept, Output, Readers};
use crate::play::{MOST_CALLS, of_session};
use crate::report::Look;
use crate::report::look::many;
use crate::session::recorded::{Recorded, Unwritten};

/// What to save a session as, and where to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Saving<'p> {
    /// Recorded requests, in JSON Lines.
    Requests(&'p Path),
    /// A scenario.
    Scenario(&'p Path),
}

/// A file that was written.
#[derive(Clone, Debug)]
pub(super) struct Saved {
    /// The file.
    pub(super) file: String,
    /// Lines of requests in it.
    pub(super) lines: Option<u64>,
    /// Calls of a scenario in it.
    pub(super) calls: Option<usize>,
}

impl<'p> Saving<'p> {
    /// By the ending of the name.
    pub(super) fn of(path: &'p Path) -> Result<Self, Failure> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            Some("jsonl" | "ndjson" | "json") => Ok(Self::Requests(path)),
            Some("toml") => Ok(Self::Scenario(path)),
            _ => Err(Failure::usage(format!("the name {} does not say what to save", path.display()))
                .hint("FILE.jsonl for journey import, or FILE.toml for journey demo")),
        }
    }

    /// Refuses a place that cannot be written, before anything is received.
    pub(super) fn check(&self, kept: &Kept) -> Result<(), Failure> {
        let (Self::Requests(path) | Self::Scenario(path)) = self;
        begin(path, false, kept).map(drop)
    }
}

/// Saves the session with this name, or all whose names begin with it; nothing where there is none.
pub(super) fn save(
    saving: &Saving<'_>,
    force: bool,
    source: &dyn Source,
    session: &str,
    kept: &Kept,
) -> Result<Vec<Saved>, Failure> {
    let recorded = Recorded::of(source, session)?;
    match saving {
        Saving::Requests(path) => {
            let vendors = recorded.vendors();
            let mut saved = Vec::new();
            for vendor in &vendors {
                // Rows of two vendors in one file would be refused by an import.
                let path = if vendors.len() == 1 { path.to_path_buf() } else { of_vendor(path, vendor) };
                let mut out = BufWriter::new(begin(&path, force, kept)?);
                let lines = recorded.write(source, vendor, &mut out).map_err(|error| match error {
                    Unwritten::Io(source) => failed(&output::Error::Io { path: path.clone(), source }),
                    Unwritten::Read(error) => Failure::from(error),
                })?;
                finish(out, &path)?;
                saved.push(Saved { file: path.display().to_string(), lines: Some(lines), calls: None });
            }
            Ok(saved)
        }
        Saving::Scenario(path) => {
            let received = recorded.received(source, MOST_CALLS.saturating_add(1))?;
            let Some(scenario) = of_session(&received, &[], session) else { return Ok(Vec::new()) };
            let mut out = BufWriter::new(begin(path, force, kept)?);
            let io = |source| failed(&output::Error::Io { path: path.to_path_buf(), source });
            out.write_all(scenario.to_toml().as_bytes()).map_err(io)?;
            finish(out, path)?;
            let calls = Some(scenario.calls.len());
            Ok(vec![Saved { file: path.display().to_string(), lines: None, calls }])
        }
    }
}

/// What is said of a file that was written.
pub(super) fn summary(file: &str, lines: Option<u64>, calls: Option<usize>, look: &Look) -> String {
    let file = look.clean(file);
    match (lines, calls) {
        (_, Some(calls)) => format!("{file}: {}; journey demo {file} plays it", many(calls, "call")),
        (lines, None) => {
            let lines = usize::try_from(lines.unwrap_or_default()).unwrap_or(usize::MAX);
            format!("{file}: {}; journey import {file} reads it", many(lines, "line"))
        }
    }
}

fn begin(path: &Path, force: bool, kept: &Kept) -> Result<Output, Failure> {
    Output::begin(path, force, kept, Readers::Owner).map_err(|error| failed(&error))
}

fn finish(out: BufWriter<Output>, path: &Path) -> Result<(), Failure> {
    let io = |source| failed(&output::Error::Io { path: path.to_owned(), source });
    out.into_inner().map_err(|error| io(error.into_error()))?.finish().map_err(|error| failed(&error))
}

fn failed(error: &output::Error) -> Failure {
    Failure::usage(error.to_string()).hint(error.advice())
}

/// The name with that of a vendor before its ending.
fn of_vendor(path: &Path, vendor: &str) -> PathBuf {
    output::before_ending(path, &vendor.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_vendor_stands_before_the_ending() {
        assert_eq!(of_vendor(Path::new("a.b/pat.jsonl"), "PostHog"), Path::new("a.b/pat-posthog.jsonl"));
        assert_eq!(of_vendor(Path::new("pat"), "Segment"), Path::new("pat-segment"));
    }
}
