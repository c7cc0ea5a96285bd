//! `journey export`: a plain copy of the store, or what `journey listen` has received.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::args::{Export, Format};
use super::console::Console;
use super::failure::Failure;
use super::open::{Named, kept};
use super::recorded::{self, Saved, Saving};
use super::stop::stop_flag;
use crate::report::json::SCHEMA;
use crate::report::look::many;
use crate::session::recorded::SESSIONS;
use crate::store::{Error, Exported};

pub(super) fn run(command: &Export, store: Named, console: &mut Console) -> Result<(), Failure> {
    match command {
        Export { sqlite: Some(path), force, .. } => copy(path, *force, store, console),
        Export { requests: Some(path), force, .. } => session(&Saving::Requests(path), *force, store, console),
        Export { scenario: Some(path), force, .. } => session(&Saving::Scenario(path), *force, store, console),
        Export { .. } => Err(Failure::usage("nothing to write to was named").hint("--sqlite FILE")),
    }
}

/// Writes what all sessions of the store have received.
fn session(saving: &Saving<'_>, force: bool, store: Named, console: &mut Console) -> Result<(), Failure> {
    let kept = kept(&store)?;
    let reader = store.reader(console)?;
    let saved = recorded::save(saving, force, &reader, SESSIONS, &kept)?;
    if saved.is_empty() {
        return Err(Failure::nothing("no session of journey listen is in this store")
            .hint("journey listen --store FILE makes one; --sqlite FILE writes all rows"));
    }
    for Saved { file, lines, calls } in &saved {
        match console.format {
            Format::Json => {
                let answer = serde_json::json!({ "schema": SCHEMA, "file": file, "lines": lines, "calls": calls });
                writeln!(console.out, "{answer}")?;
            }
            Format::Text => writeln!(console.out, "{}", recorded::summary(file, *lines, *calls, &console.look))?,
        }
    }
    console.finish()
}

/// Writes a plain copy.
fn copy(path: &Path, force: bool, store: Named, console: &mut Console) -> Result<(), Failure> {
    let mut reader = store.reader(console)?;
    let stop = stop_flag()?;
    let asked = Arc::clone(&stop);
    reader.on_progress(move || asked.load(Ordering::Relaxed))?;
    let bar = console.bar("{wide_bar} {human_pos}/{human_len} rows, {eta} left");
    let exported = reader.export(path, force, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        !stop.load(Ordering::Relaxed)
    });
    bar.finish_and_clear();
    let Exported { events, aliases, profiles } = match exported {
        Err(Error::Cancelled) => return Err(Failure::stopped_export()),
        exported => exported?,
    };
    let file = path.display().to_string();
    match console.format {
        Format::Json => {
            let answer = serde_json::json!({
                "schema": SCHEMA, "file": file, "events": events, "aliases": aliases, "profiles": profiles,
            });
            writeln!(console.out, "{answer}")?;
        }
        Format::Text => {
            let count = |number, one| many(usize::try_from(number).unwrap_or(usize::MAX), one);
            let (file, dot) = (console.look.clean(&file), console.look.dot());
            let (events, aliases) = (count(events, "row"), count(aliases, "alias call"));
            writeln!(console.out, "{file}: {events}{dot}{aliases}{dot}{}", count(profiles, "profile update"))?;
        }
    }
    console.finish()
}
