//! `journey import`: files into the store, with progress on a terminal.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::{Common, Format, Import};
use super::console::Console;
use super::failure::{self, Failure};
use super::open::Named;
use super::stop::{or_leave, stop_flag_with_notice};
use super::{priority, zone};
use crate::ingest::{self, Flow, Input, Options, Progress, Sources};
use crate::model::text::visible;
use crate::output::{Kept, Output, Readers};
use crate::report::look::{count, many};
use crate::report::{self, text};
use crate::store::{self, Reader, Upgrade, Writer};

/// What follows an import of everything that was asked for, before the index of values is made: the rows are in the
/// store.
pub(super) type Then<'a> = &'a mut dyn FnMut(&Path, &mut Console) -> Result<(), Failure>;

pub(super) fn run(
    command: &Import,
    common: &Common,
    store: Named,
    then: Then<'_>,
    console: &mut Console,
) -> Result<(), Failure> {
    let zone = zone::of_project(common.timezone.as_deref())?;
    if let Some(file) = &command.map_for {
        return preview::map_for(file, console);
    }
    let map = command.map.as_deref().map(preview::map).transpose()?.map(Arc::new);
    if command.dry_run {
        let inputs = command.files.iter().map(|path| input(path)).collect();
        let options = Options { zone, map, read_as: command.what, ..Options::default() };
        return preview::dry_run(inputs, &options, console);
    }
    let choice = store.choose()?.ok_or_else(|| {
        Failure::store("there is no data directory to make a store in").hint("name a store with --store FILE")
    })?;
    // Before anything is read, so that a wrong path costs no import.
    let kept = command.files.iter().filter(|path| !is_stdin(path)).fold(Kept::default(), |kept, path| kept.input(path));
    kept.check_inputs(&choice.path)?;
    let kept = kept.store(&choice.path);
    let rejects = command.rejects.as_deref();
    let rejects = rejects.map(|path| Output::begin(path, command.force, &kept, Readers::Owner)).transpose()?;
    let inputs = command.files.iter().map(|path| input(path)).collect();
    let options = Options { zone, map, read_as: command.what, ..Options::default() };
    into(&choice.path, inputs, &options, rejects, then, console)
}

mod preview;

/// Imports into the store at `path`, and tells what came of it.
pub(super) fn into(
    path: &Path,
    inputs: Vec<Input>,
    options: &Options,
    rejects: Option<Output>,
    then: Then<'_>,
    console: &mut Console,
) -> Result<(), Failure> {
    let low_priority = Mutex::new(priority::lower());
    let give_back = || low_priority.lock().unwrap_or_else(PoisonError::into_inner).take();
    let stop = stop_flag_with_notice()?;
    let options = Options { stop: Arc::clone(&stop).into(), ..options.clone() };
    // Before the store is: what holds nothing makes none.
    let sources = Sources::open(inputs, &options).map_err(|error| report_each(error, console))?;
    let (mut writer, upgraded) = writer(path, &stop, console, || drop(give_back()))?;
    let bar = Bar::new(console);
    let report = ingest::import_opened(&mut writer, sources, &mut |progress| {
        bar.tell(progress);
        if stop.load(Ordering::Relaxed) {
            // A second signal ends the program on the spot.
            drop(give_back());
            return Flow::Stop;
        }
        Flow::Continue
    });
    bar.clear();
    let doubled = if upgraded { writer.doubled_rows_removed()? } else { 0 };
    let is_made = writer.is_made();
    // Also after a failure: what was committed stays, and is left in good order.
    let finished = writer.finish();
    let ingest::Report { files, events, rejected, cancelled, mut warnings, failures } =
        report.map_err(|error| report_each(error, console))?;
    finished?;
    if doubled > 0 {
        warnings.insert(0, doubled_message(doubled));
    }
    if let Some(to) = rejects.filter(|_| is_made) {
        write_rejects(to, path, &files)?;
    }
    let lack = lack(&files);
    let report = ingest::Report { files, events, rejected, cancelled, warnings, failures };
    let (cancelled, failures) = answer(report, path, console)?;
    let is_whole = !cancelled && failures.is_empty() && lack.is_none();
    let followed = if is_whole { then(path, console) } else { Ok(()) };
    if is_made && !cancelled {
        index_values(path, &stop, console);
    }
    tell_each(failures.into_iter().map(Failure::from).collect(), console)?;
    if cancelled { Err(Failure::stopped()) } else { lack.map_or(followed, Err) }
}

/// Opens the store to add to it, and says whether it was brought up to date for that.
///
/// A signal ends the program where the work does not end soon, after `leave`.
pub(super) fn writer(
    path: &Path,
    stop: &Arc<AtomicBool>,
    console: &Console,
    leave: impl FnOnce() + Send,
) -> Result<(Writer, bool), Failure> {
    let bar = Bar::new(console);
    let mut upgraded = false;
    let asked = Arc::clone(stop);
    let asked = Arc::new(move || asked.load(Ordering::Relaxed));
    let format = console.format;
    let end = || {
        leave();
        bar.clear();
        failure::tell(&Failure::stopped(), format);
        process::exit(failure::Kind::Stopped.code().into());
    };
    let opened = or_leave(stop, end, || {
        Writer::open_when_needed(path, asked, &mut |upgrade| {
            upgraded = true;
            bar.upgrade(upgrade);
            !stop.load(Ordering::Relaxed)
        })
    });
    bar.clear();
    match opened {
        Err(store::Error::Cancelled) => Err(Failure::stopped()),
        opened => Ok((opened?, upgraded)),
    }
}

/// Writes the answer; gives whether a person stopped it, and what failed.
pub(super) fn answer(
    report: ingest::Report,
    path: &Path,
    console: &mut Console,
) -> Result<(bool, Vec<ingest::Error>), Failure> {
    let ingest::Report { files, events, rejected, cancelled, warnings, failures } = report;
    let answer = report::Import {
        store: path.display().to_string(),
        events,
        rejected,
        incomplete: !failures.is_empty() || files.iter().any(|file| file.incomplete.is_some()),
        cancelled,
        warnings,
        files,
    };
    match console.format {
        Format::Json => report::imported::json(&mut console.out, &answer)?,
        Format::Text => text::import(&mut console.out, &answer, &console.look)?,
    }
    console.finish()?;
    Ok((cancelled, failures))
}

/// Gives the last of several failures, and writes the others.
pub(super) fn tell_each(mut failures: Vec<Failure>, console: &Console) -> Result<(), Failure> {
    let Some(last) = failures.pop() else { return Ok(()) };
    for failure in failures {
        console.fail(&failure);
    }
    Err(last)
}

/// Makes the index of values of the store at `path`, after the answer: the rows are there, and who
/// reads on the answer need not wait for what only makes later searches faster.
pub(super) fn index_values(path: &Path, stop: &AtomicBool, console: &Console) {
    let bar = Bar::new(console);
    let made = Writer::open(path).and_then(|mut writer| {
        let made = writer.index_values(&mut |done, all| {
            bar.index(done, all);
            !stop.load(Ordering::Relaxed)
        });
        writer.finish()?;
        made
    });
    bar.clear();
    let lack = match made {
        Ok(true) => return,
        Ok(false) => "the index of values is not complete".to_owned(),
        Err(error) => format!("the index of values is not complete: {error}"),
    };
    console.note(&format!("{lack}; all rows are stored, the next import completes it, and until then a search for a value also reads the rows that are not in it"));
}

/// The last of several errors; the others have been written.
pub(super) fn report_each(error: ingest::Error, console: &Console) -> Failure {
    match error {
        ingest::Error::All(mut errors) => {
            let last = errors.pop();
            for error in errors {
                console.fail(&Failure::from(error));
            }
            last.map_or_else(|| Failure::usage("there is nothing to import"), Failure::from)
        }
        error => Failure::from(error),
    }
}

/// What the files lack for the import to be what was asked for: rows, or the end of one.
pub(super) fn lack(files: &[ingest::FileReport]) -> Option<Failure> {
    let again = "get the file again and import it: rows in the store are not stored twice";
    let mut incomplete = files.iter().filter_map(|file| Some((&file.file, file.incomplete.as_ref()?)));
    if let Some((name, missing)) = incomplete.next() {
        let more = match incomplete.count() {
            0 => String::new(),
            more => format!(", and so are {} more", count(more as u64)),
        };
        return Some(Failure::usage(format!("{name} is incomplete{more}: {missing}")).hint(again));
    }
    if files.is_empty() || files.iter().any(ingest::FileReport::is_read) {
        return None;
    }
    let name = match files {
        [file] => file.file.clone(),
        _ => format!("{} files", count(files.len() as u64)),
    };
    Some(match files.iter().find_map(|file| file.reasons.first().map(|why| (file, why))) {
        Some((file, ingest::Reason { reason, line, .. })) => {
            Failure::usage(format!("not one row of {name} could be read"))
                .caused_by(format!("{} line {line}: {reason}", file.file))
                .hint("--rejects FILE writes out what could not be read")
        }
        None => Failure::usage(format!("there is no row in {name}")).hint("check that it was exported to its end"),
    })
}

/// Whether an input is the standard input.
fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

pub(super) fn input(path: &Path) -> Input {
    if is_stdin(path) { Input::Stdin(Box::new(io::stdin())) } else { Input::Path(path.to_owned()) }
}

/// The message when an older store had rows twice.
fn doubled_message(rows: u64) -> String {
    let rows = many(usize::try_from(rows).unwrap_or(usize::MAX), "row");
    format!("two imports of one file at the same time had stored {rows} more than once; the copies are removed")
}

/// Writes what could not be read of the files of this import, as JSON Lines.
fn write_rejects(to: Output, store: &Path, files: &[ingest::FileReport]) -> Result<(), Failure> {
    let reader = Reader::open(store)?;
    let mut out = BufWriter::new(to);
    let failed = |error: io::Error| Failure::usage("the rejects could not be written").because(&error);
    for reject in reader.rejects(usize::MAX)? {
        if files.iter().any(|file| file.file == reject.file) {
            let line = serde_json::json!({
                "file": reject.file,
                "line": reject.line,
                "reason": reject.reason,
                "text": reject.text,
            });
            writeln!(out, "{line}").map_err(failed)?;
        }
    }
    let to = out.into_inner().map_err(|error| failed(error.into_error()))?;
    Ok(to.finish()?)
}

/// Progress on the error output, if that is a terminal and people read it.
struct Bar(ProgressBar);

impl Bar {
    fn new(console: &Console) -> Self {
        if console.format == Format::Json || !io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(
            "{prefix:.bold} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left, {msg}",
        );
        if let Ok(style) = style {
            bar.set_style(style.progress_chars(if console.look.ascii { "=> " } else { "━╸ " }));
        }
        Self(bar)
    }

    /// The store is being brought up to date.
    fn upgrade(&self, upgrade: &Upgrade) {
        let Self(bar) = self;
        let &Upgrade { from, to, done, total } = upgrade;
        if bar.prefix().is_empty() {
            if let Ok(style) = ProgressStyle::with_template("{prefix:.bold} {wide_bar} {msg}") {
                bar.set_style(style);
            }
            bar.set_prefix(format!("the store, from version {from} to {to}"));
            bar.set_length(total);
        }
        bar.set_position(done);
        bar.set_message(format!("{} of {} rows", count(done), count(total)));
    }

    /// The index of values is being made.
    fn index(&self, done: u64, all: u64) {
        let Self(bar) = self;
        if bar.prefix().is_empty() {
            if let Ok(style) = ProgressStyle::with_template("{prefix:.bold} {wide_bar} {msg}") {
                bar.set_style(style);
            }
            bar.set_prefix("the index of values (Ctrl-C: later)");
            bar.set_length(all);
        }
        bar.set_position(done);
        bar.set_message(format!("{} of {} rows", count(done), count(all)));
    }

    fn tell(&self, progress: &Progress) {
        let Self(bar) = self;
        let file = visible(&progress.file).into_owned();
        if bar.prefix() != file {
            bar.set_prefix(file);
            bar.reset();
        }
        if let Some(total) = progress.bytes_total {
            bar.set_length(total);
        }
        bar.set_position(progress.bytes_done);
        let rejected = match progress.rejected {
            0 => String::new(),
            number => format!(", {} not read", count(number)),
        };
        bar.set_message(format!("{} rows{rejected}", count(progress.rows)));
    }

    fn clear(&self) {
        self.0.finish_and_clear();
    }
}
