//! What an import did, file by file.

use std::io::{self, Write};

use super::many_rows;
use crate::model::import::{FileReport, Reason};
use crate::report::Import;
use crate::report::look::{Look, count, many};

/// Writes what an import did (`journey import`).
pub fn import(out: &mut dyn Write, import: &Import, look: &Look) -> io::Result<()> {
    for file in &import.files {
        writeln!(out, "{}", look.wrap(&imported_file(file, look), 0))?;
        for line in remarks(file) {
            writeln!(out, "{}", look.wrap(&line, 2))?;
        }
    }
    for warning in &import.warnings {
        writeln!(out, "{}", look.wrap(&format!("note: {warning}"), 0))?;
    }
    let rejected = match import.rejected {
        0 => String::new(),
        number => format!("; {} could not be read, kept with the reason", many_rows(number)),
    };
    let missing = if import.incomplete { "; incomplete: rows are missing" } else { "" };
    let stopped = if import.cancelled { "; stopped before the end" } else { "" };
    let sum = format!("{} new in {}{rejected}{missing}{stopped}", many_rows(import.events), import.store);
    writeln!(out, "{}", look.wrap(&sum, 0))
}

fn imported_file(file: &FileReport, look: &Look) -> String {
    let mut parts = vec![format!("{}: {}", file.file, file.format)];
    if file.already {
        parts.push("all of it is in the store already".to_owned());
    }
    if file.resumed {
        parts.push("carried on where an earlier import stopped".to_owned());
    }
    let many = |number: u64, word| many(usize::try_from(number).unwrap_or(usize::MAX), word);
    // A request of an SDK carries any number of rows.
    let carries_more = file.events + file.profiles + file.rejected > file.rows;
    if !file.already {
        parts.push(many(file.rows, if carries_more { "record" } else { "row" }));
    }
    let events = if carries_more { many(file.events, "row") } else { count(file.events) };
    for (number, said) in [
        (file.events, format!("{events} new")),
        (file.aliases, many(file.aliases, "alias call")),
        (file.profiles, many(file.profiles, "profile update")),
        (file.skipped, format!("{} skipped", count(file.skipped))),
        (file.rejected, format!("{} not read", count(file.rejected))),
    ] {
        if number > 0 {
            parts.push(said);
        }
    }
    if !file.timezone.is_empty() {
        parts.push(format!("times {}", file.timezone));
    }
    parts.join(look.dot())
}

/// Reasons of rejects that are listed for a file.
const REASONS: usize = 4;

/// What is to be said of a file below it: what is missing, what its rows lack, why some were not read.
fn remarks(file: &FileReport) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(missing) = &file.incomplete {
        lines.push(format!("incomplete, rows are missing: {missing}"));
    }
    let lacks: Vec<String> = [
        (file.lacks.without_id, "without an id"),
        (file.lacks.without_name, "without a name"),
        (file.lacks.repaired, "repaired (damaged characters)"),
        (file.lacks.odd_times, "with an impossible time (before 2000, after 2099 or over a day after arrival)"),
    ]
    .into_iter()
    .filter(|(rows, _)| *rows > 0)
    .map(|(rows, words)| format!("{} {words}", many_rows(rows)))
    .collect();
    if !lacks.is_empty() {
        lines.push(lacks.join(", "));
    }
    for Reason { reason, count: pieces, line } in file.reasons.iter().take(REASONS) {
        let first = if *pieces == 1 { "line" } else { "first in line" };
        lines.push(format!("{} not read: {reason} ({first} {line})", count(*pieces)));
    }
    let more: u64 = file.reasons.iter().skip(REASONS).map(|why| why.count).sum();
    if more > 0 {
        lines.push(format!("{} not read for other reasons", count(more)));
    }
    if file.dropped > 0 {
        lines.push(format!("the last {} of them are counted and not kept", count(file.dropped)));
    }
    lines
}
