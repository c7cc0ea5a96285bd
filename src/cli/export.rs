//! `journey export`: a plain copy of the store.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::args::{Export, Format};
use super::console::Console;
use super::failure::Failure;
use super::open::Named;
use super::stop::stop_flag;
use crate::report::json::SCHEMA;
use crate::report::look::many;
use crate::store::{Error, Exported};

pub(super) fn run(command: &Export, store: Named, console: &mut Console) -> Result<(), Failure> {
    let mut reader = store.reader(console)?;
    let stop = stop_flag()?;
    let asked = Arc::clone(&stop);
    reader.on_progress(move || asked.load(Ordering::Relaxed))?;
    let bar = console.bar("{wide_bar} {human_pos}/{human_len} rows, {eta} left");
    let exported = reader.export(&command.sqlite, command.force, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
        !stop.load(Ordering::Relaxed)
    });
    bar.finish_and_clear();
    let Exported { events, aliases, profiles } = match exported {
        Err(Error::Cancelled) => return Err(Failure::stopped_export()),
        exported => exported?,
    };
    let file = command.sqlite.display().to_string();
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
