//! What an import did, as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::Import;
use super::json::SCHEMA;
use crate::model::import::FileReport;

/// Writes what an import did (`journey import`).
pub fn json(out: &mut dyn Write, import: &Import) -> io::Result<()> {
    #[derive(serde::Serialize)]
    struct Imported<'a, I: Serialize> {
        schema: u32,
        store: &'a str,
        files: I,
        events: u64,
        rejected: u64,
        incomplete: bool,
        cancelled: bool,
        warnings: &'a [String],
    }
    let Import { store, files, events, rejected, incomplete, cancelled, warnings } = import;
    let files: Vec<_> = files.iter().map(imported_file).collect();
    let answer = Imported {
        schema: SCHEMA,
        store,
        files,
        events: *events,
        rejected: *rejected,
        incomplete: *incomplete,
        cancelled: *cancelled,
        warnings,
    };
    serde_json::to_writer(&mut *out, &answer)?;
    writeln!(out)
}

fn imported_file(file: &FileReport) -> impl Serialize {
    #[derive(serde::Serialize)]
    struct Json<'a, R: Serialize> {
        file: &'a str,
        format: &'a str,
        rows: u64,
        events: u64,
        aliases: u64,
        profiles: u64,
        rejected: u64,
        skipped: u64,
        bytes: u64,
        timezone: Option<&'a str>,
        already: bool,
        resumed: bool,
        without_id: u64,
        without_name: u64,
        repaired: u64,
        odd_times: u64,
        incomplete: bool,
        missing: Option<&'a str>,
        reasons: R,
        rejected_not_kept: u64,
    }
    #[derive(serde::Serialize)]
    struct Why<'a> {
        reason: &'a str,
        count: u64,
        line: u64,
    }
    let why = file.reasons.iter().map(|why| Why { reason: &why.reason, count: why.count, line: why.line });
    let reasons: Vec<_> = why.collect();
    Json {
        file: &file.file,
        format: &file.format,
        rows: file.rows,
        events: file.events,
        aliases: file.aliases,
        profiles: file.profiles,
        rejected: file.rejected,
        skipped: file.skipped,
        bytes: file.bytes,
        timezone: (!file.timezone.is_empty()).then_some(&file.timezone),
        already: file.already,
        resumed: file.resumed,
        without_id: file.lacks.without_id,
        without_name: file.lacks.without_name,
        repaired: file.lacks.repaired,
        odd_times: file.lacks.odd_times,
        incomplete: file.incomplete.is_some(),
        missing: file.incomplete.as_deref(),
        reasons,
        rejected_not_kept: file.dropped,
    }
}
