//! What is on the screen written to a file: a journey or a comparison in one of the forms of a report, a repair, what
//! a session has received.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config;
use crate::identity::Journey;
use crate::identity::compare::Comparison;
use crate::identity::migration::Migration;
use crate::identity::what_if::{Change, changed};
use crate::model::Id;
use crate::output::{self, Output};
use crate::play::{MOST_CALLS, Marked, changed_scenario, of_session};
use crate::report::journey::{self as report, Form};
use crate::report::{Clock, Look, Selection, Shown, compare, migration};
use crate::session::recorded::{Recorded, Unwritten};
use crate::tui::backend::{Backend, Failure, FailureKind};
use crate::tui::when::Zone;

/// Columns of a report in text.
const WIDTH: usize = 100;

/// Names that are tried before the file is given up.
const MOST_NAMES: usize = 1_000;

/// What a report is of.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A journey, with the rows on the screen; `None` is all.
    Journey(Arc<Journey>, Option<Selection>),
    /// Two users side by side.
    Comparison(Arc<Comparison>),
    /// What mends a user, as lines for `/import`, whatever the form.
    Repair(Id),
    /// What a session with this name has received, as requests.
    Requests(String),
    /// The same as a scenario, with the moments that were marked.
    Scenario(String, Vec<Marked>),
    /// What becomes of a store, which is called this.
    Migration(Arc<Migration>, String),
    /// The rows of a user with changes, as a scenario.
    WhatIf(Id, Vec<Change>),
}

/// A report that is to be written.
#[derive(Clone, Debug)]
pub struct Reporting {
    /// Of what.
    pub subject: Subject,
    /// As what.
    pub form: Form,
    /// The zone of its times.
    pub zone: Zone,
    /// Whether only ASCII may be in a text.
    pub ascii: bool,
    /// Where to.
    pub path: String,
    /// Whether a number may be put to the name when a file of this name is there.
    pub numbered: bool,
}

impl PartialEq for Reporting {
    fn eq(&self, other: &Self) -> bool {
        let same = match (&self.subject, &other.subject) {
            (Subject::Journey(one, _), Subject::Journey(other, _)) => Arc::ptr_eq(one, other),
            (Subject::Comparison(one), Subject::Comparison(other)) => Arc::ptr_eq(one, other),
            (Subject::Repair(one), Subject::Repair(other)) => one == other,
            (Subject::Requests(one), Subject::Requests(other)) => one == other,
            (Subject::Scenario(one, marks), Subject::Scenario(other, others)) => (one, marks) == (other, others),
            (Subject::Migration(one, _), Subject::Migration(other, _)) => Arc::ptr_eq(one, other),
            (Subject::WhatIf(one, changes), Subject::WhatIf(other, others)) => one == other && changes == others,
            _ => false,
        };
        same && (self.form, &self.path) == (other.form, &other.path)
    }
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reported {
    /// It is written: the whole path, and its bytes.
    Written(PathBuf, u64),
    /// Nothing was written: a file of this name is there. The other path has none.
    IsThere(String, String),
}

/// The clock of a report whose times are in a zone of the screen.
pub(super) fn clock(zone: Zone) -> Clock {
    match zone {
        Zone::Utc => Clock::Utc,
        Zone::Local => Clock::Local,
        Zone::Named(zone) => Clock::Zone(zone),
    }
}

/// Writes it. A file that is there stays as it is.
pub(super) fn write(backend: &mut dyn Backend, wanted: &Reporting) -> Result<Reported, Failure> {
    let Subject::Requests(session) = &wanted.subject else { return write_one(backend, wanted, None) };
    // Rows of two vendors in one file would be refused by an import.
    let vendors = session_of(backend, session)?.vendors();
    let mut reported = None;
    for vendor in &vendors {
        let path = match vendors.as_slice() {
            [_] => wanted.path.clone(),
            _ => before_ending(&wanted.path, &vendor.to_lowercase()),
        };
        let wanted = Reporting { path, ..wanted.clone() };
        match write_one(backend, &wanted, Some(vendor))? {
            Reported::Written(path, bytes) => {
                let before = match reported {
                    Some(Reported::Written(_, before)) => before,
                    _ => 0,
                };
                reported = Some(Reported::Written(path, before + bytes));
            }
            there @ Reported::IsThere(..) => return Ok(there),
        }
    }
    reported.ok_or_else(nothing_received)
}

/// The files of a session.
fn session_of(backend: &dyn Backend, session: &str) -> Result<Recorded, Failure> {
    let inspector = backend.inspector().ok_or_else(nothing_received)?;
    Recorded::of(inspector.source(), session)
}

fn nothing_received() -> Failure {
    Failure::new(FailureKind::Usage, "nothing was received that could be saved")
}

/// Writes one file; of the requests of a session those of a vendor.
fn write_one(backend: &mut dyn Backend, wanted: &Reporting, vendor: Option<&str>) -> Result<Reported, Failure> {
    let mut path = wanted.path.clone();
    let mut number = 1;
    let output = loop {
        if let Some(output) = backend.begin(&path, false)? {
            break output;
        }
        number += 1;
        path = with_number(&wanted.path, number);
        if !wanted.numbered && fs::symlink_metadata(config::at_home(&path)).is_err() {
            return Ok(Reported::IsThere(wanted.path.clone(), path));
        }
        if number > MOST_NAMES {
            let what = format!("{} and {MOST_NAMES} names like it exist", wanted.path);
            return Err(Failure::new(FailureKind::Usage, what).hint("another name"));
        }
    };
    let whole = output.place().to_owned();
    let mut out = Counted { out: BufWriter::new(output), bytes: 0 };
    let look = Look { width: WIDTH, ascii: wanted.ascii, colour: false, clock: clock(wanted.zone) };
    let failed = |source: io::Error| {
        let error = output::Error::Io { path: whole.clone(), source };
        Failure::new(FailureKind::Usage, error.to_string()).hint(error.advice())
    };
    // What is half written goes when it is not finished.
    match (&wanted.subject, wanted.form) {
        (Subject::Journey(journey, selection), form) => {
            let shown = Shown { journey, selection: selection.as_ref() };
            let mut fetch = |rows: &[i64]| backend.properties_of(rows);
            report::write(&mut out, form, shown, &look, &mut fetch).map_err(|error| match error {
                report::Error::Io(error) => failed(error),
                report::Error::Read(failure) => failure,
            })?;
        }
        (Subject::Repair(id), _) => {
            backend.repair_lines(id, &mut |line| writeln!(out, "{line}").map_err(failed))?;
        }
        (Subject::Comparison(compared), Form::Json) => compare::json(&mut out, compared).map_err(failed)?,
        (Subject::Comparison(compared), Form::Markdown) => {
            compare::markdown(&mut out, compared, &look).map_err(failed)?;
        }
        (Subject::Comparison(compared), Form::Html) => compare::html(&mut out, compared, &look).map_err(failed)?,
        (Subject::Comparison(compared), _) => compare::text(&mut out, compared, &look).map_err(failed)?,
        (Subject::Requests(session), _) => {
            let recorded = session_of(backend, session)?;
            let inspector = backend.inspector().ok_or_else(nothing_received)?;
            recorded.write(inspector.source(), vendor.unwrap_or_default(), &mut out).map_err(|error| match error {
                Unwritten::Io(error) => failed(error),
                Unwritten::Read(failure) => failure,
            })?;
        }
        (Subject::Scenario(session, marks), _) => {
            let recorded = session_of(backend, session)?;
            let inspector = backend.inspector().ok_or_else(nothing_received)?;
            let received = recorded.received(inspector.source(), MOST_CALLS.saturating_add(1))?;
            let scenario = of_session(&received, marks, session).ok_or_else(nothing_received)?;
            out.write_all(scenario.to_toml().as_bytes()).map_err(failed)?;
        }
        (Subject::Migration(found, store), Form::Html) => migration::html(&mut out, store, found).map_err(failed)?,
        (Subject::Migration(found, _), Form::Csv) => migration::csv(&mut out, found).map_err(failed)?,
        (Subject::Migration(found, store), Form::Json) => migration::json(&mut out, store, found).map_err(failed)?,
        (Subject::Migration(found, store), _) => migration::text(&mut out, store, found, &look).map_err(failed)?,
        (Subject::WhatIf(id, changes), _) => {
            let text = scenario(backend, id, changes)?;
            out.write_all(text.as_bytes()).map_err(failed)?;
        }
    }
    let Counted { out, bytes } = out;
    let output = out.into_inner().map_err(|error| failed(error.into_error()))?;
    match output.finish() {
        Ok(()) => Ok(Reported::Written(whole, bytes)),
        // It came there while this was written.
        Err(output::Error::Exists { .. }) => Ok(Reported::IsThere(path, with_number(&wanted.path, number + 1))),
        Err(error) => Err(Failure::new(FailureKind::Usage, error.to_string()).hint(error.advice())),
    }
}

/// The rows of a user with changes, as the text of a scenario.
fn scenario(backend: &dyn Backend, id: &Id, changes: &[Change]) -> Result<String, Failure> {
    let unfit = || Failure::new(FailureKind::Usage, "the rows of these changes are not there any more");
    let Some(inspector) = backend.inspector() else { return Err(unfit()) };
    let (facts, query) = inspector.reached(id)?;
    let facts = changed(&facts, changes).map_err(|_| unfit())?;
    Ok(changed_scenario(&facts, &query, changes.len()).to_toml())
}

/// The path with a number before its ending: `sally-2.html`.
fn with_number(path: &str, number: usize) -> String {
    before_ending(path, &number.to_string())
}

/// The path with a word before its ending: `sally-segment.jsonl`.
fn before_ending(path: &str, word: &str) -> String {
    output::before_ending(Path::new(path), word).to_string_lossy().into_owned()
}

/// Counts what goes through.
struct Counted {
    out: BufWriter<Output>,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_before_the_ending_of_a_name() {
        assert_eq!(with_number("sally.html", 2), "sally-2.html");
        assert_eq!(with_number("~/a.b/sally.doe.csv", 3), "~/a.b/sally.doe-3.csv");
        assert_eq!(with_number("a.b/sally", 2), "a.b/sally-2");
    }
}
