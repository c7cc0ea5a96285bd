//! `journey doctor`: whether the store is whole, and what to do where it is not.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::args::{Doctor, Format};
use super::console::Console;
use super::failure::Failure;
use super::open::Named;
use super::stop::stop_flag;
use crate::report::doctor as report;
use crate::report::look::many;
use crate::store::check::{self, Health, Part, Problem};
use crate::store::{Error, ImportedFile, Stop};

pub(super) fn run(command: &Doctor, mut store: Named, console: &mut Console) -> Result<(), Failure> {
    store.argument = command.path.clone().or(store.argument);
    let path = store.existing()?;
    let stop = stop_flag()?;
    let stop: Stop = Arc::new(move || stop.load(Ordering::Relaxed));
    let bar = console.bar("{msg} {wide_bar} {human_pos}/{human_len}");
    let health = check::check(&path, &stop, &mut |part, done, total| {
        bar.set_message(match part {
            Part::Pages => "checking the pages of the file",
            Part::Rows => "checking rows",
            Part::Properties => "checking properties",
        });
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let health = match health {
        Err(Error::Cancelled) => return Err(Failure::stopped_check()),
        health => health?,
    };
    let doctor = report_of(path.display().to_string(), &health);
    match console.format {
        Format::Json => report::json(&mut console.out, &doctor)?,
        Format::Text => report::text(&mut console.out, &doctor, &console.look)?,
    }
    console.finish()?;
    if doctor.healthy { Ok(()) } else { Err(Failure::listed()) }
}

fn report_of(store: String, health: &Health) -> report::Doctor {
    let problems: Vec<_> = health.problems.iter().map(|problem| problem_of(problem, health.version)).collect();
    let without_sums = report::Problem {
        code: "without-sums",
        what: "another program has written the store, so its pages have no sums that would show damage".to_owned(),
        advice: "run any journey import into the store: it gives all pages their sums".to_owned(),
    };
    let note = |mode: u32| report::Problem {
        code: "open-to-others",
        what: format!("other users of this machine may read or write the store (its permissions are {mode:03o})"),
        advice: "chmod 600 on it, if what it holds is personal".to_owned(),
    };
    report::Doctor {
        store,
        version: health.version,
        healthy: problems.is_empty(),
        problems,
        notes: health.without_sums.then_some(without_sums).into_iter().chain(health.open_to_others.map(note)).collect(),
        counts: health.counts,
    }
}

/// What to do about a store that lost something.
const AGAIN: &str = "import the files again into a new store; to keep what can be read of this one, copy it first";

/// The text of a problem, in a store of this version.
fn problem_of(problem: &Problem, version: i64) -> report::Problem {
    let count = |number: u64, word| many(usize::try_from(number).unwrap_or(usize::MAX), word);
    let (code, what, advice) = match problem {
        Problem::Damaged { sentences, more } => {
            let more = if *more { "; and more" } else { "" };
            ("damaged", format!("the file is damaged: {}{more}", sentences.join("; ")), AGAIN.to_owned())
        }
        Problem::DamagedRows { packs, rows } => {
            let (packs, rows) = (count(*packs, "pack"), count(*rows, "row"));
            (
                "damaged-rows",
                format!("{packs} with {rows} cannot be read or changed after being written"),
                AGAIN.to_owned(),
            )
        }
        Problem::DamagedProperties { blocks, rows } => {
            let (blocks, rows) = (count(*blocks, "block"), count(*rows, "row"));
            let what = format!("{blocks} with the properties of {rows} cannot be read or changed after being written");
            ("damaged-properties", what, AGAIN.to_owned())
        }
        Problem::Disagreement { of, totals, counted } => {
            let counted: Vec<String> =
                counted.iter().map(|(table, number)| format!("`{table}` has {number}")).collect();
            let what = format!("the files of the store had {totals} {of}, but {}", counted.join(", "));
            ("totals-disagree", what, AGAIN.to_owned())
        }
        Problem::Doubled { pieces, rows } => {
            let (pieces, rows) = (count(*pieces, "piece"), count(*rows, "row"));
            let what = format!("{pieces} of files with {rows} are stored more than once, so these rows count twice");
            let advice = "run any journey import into the store: the upgrade removes the copies";
            let advice = if version < crate::store::SCHEMA_VERSION { advice } else { AGAIN };
            ("doubled-rows", what, advice.to_owned())
        }
        Problem::Log { bytes } => {
            let bytes = count(*bytes, "byte");
            let what = format!("a log of {bytes} (-wal) lies next to the store: an import is running, or was stopped");
            let advice = "keep the two files together, as the log holds rows of the store; when no import is running, \
                run the last one again: it moves the log into the store";
            ("leftover-wal", what, advice.to_owned())
        }
        Problem::Journal { bytes, in_the_way } => {
            let bytes = count(*bytes, "byte");
            let rest = if *in_the_way { "; nothing else can be checked before it is undone" } else { "" };
            let what = format!(
                "a journal of {bytes} (-journal) lies next to the store: a change is running, or was stopped{rest}"
            );
            let advice = "keep the two files together; when no import is running, run the last one again: it undoes \
                the unfinished change and goes on";
            ("leftover-journal", what, advice.to_owned())
        }
        Problem::Older { ours } => {
            let what = format!("the store has version {version}, and this program needs version {ours} to read it");
            ("older-version", what, "run any journey import into the store: it upgrades it".to_owned())
        }
        Problem::Incomplete(ImportedFile { name, rows, .. }) => {
            let what = format!(
                "{name} was not read to its end, or says itself that rows are missing; {} of it are here",
                count(*rows, "row")
            );
            ("incomplete-import", what, format!("import {name} again, from a complete copy"))
        }
    };
    report::Problem { code, what, advice }
}
